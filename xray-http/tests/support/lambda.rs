//! What a server in a Lambda function does, whatever it is written with.

// Every test program compiles this file, and none needs all of it.
#![allow(unreachable_pub)]

use serde_json::{Value, json};
use xray_core::Environment;

use crate::server::{Asked, get_with, send, trace_header};
use crate::support::Fixture;

pub const ROOT: &str = "1-57ff426a-80c11c39b0c928905eb0828d";
pub const PARENT: &str = "53995c3f42cd8ad8";

/// A recorder that finds itself in Lambda.
pub fn fixture_in_a_function(sampler: &Asked) -> Fixture {
    let environment = Environment::from_iter([("LAMBDA_TASK_ROOT", "/var/task")]);
    Fixture::with(|builder| builder.environment(environment).sampler(sampler.clone()))
}

/// As behind the Lambda web adapter, which calls a server in the function by HTTP.
///
/// `serve` starts a server named `shop` and gives its URL. At `/cart` it begins and ends a subsegment named `handler`, and
/// answers with the trace header that a call from there would have.
pub async fn assert_goes_on_with_the_functions_segment(serve: impl AsyncFn(Fixture) -> (Fixture, String)) {
    let both = format!("Root={ROOT};Parent={PARENT}");
    for (header, recorded, answered) in [
        (format!("{both};Sampled=1;Lineage=a:1"), true, format!("Root={ROOT}")),
        (format!("{both};Sampled=0"), false, String::new()),
        (format!("Root={ROOT};Lineage=a:1"), false, String::new()),
    ] {
        let sampler = Asked::answering(true);
        let (fixture, url) = serve(fixture_in_a_function(&sampler)).await;
        let (response, seen) = send(get_with(&format!("{url}/cart"), &[("x-amzn-trace-id", &header)])).await;
        assert_eq!(sampler.questions(), [""; 0], "Lambda decides about sampling");
        assert_eq!(trace_header(response.headers()), answered, "{header}");
        if recorded {
            let documents = fixture.wait_for(2);
            let request = documents.iter().find(|document| document["name"] == "shop").unwrap();
            assert_eq!((&request["type"], &request["parent_id"]), (&json!("subsegment"), &json!(PARENT)));
            assert_eq!((&request["trace_id"], &request["namespace"]), (&json!(ROOT), &Value::Null));
            assert_eq!(request["http"]["response"], json!({"status": 200, "content_length": seen.len()}));
            assert_eq!(seen, format!("Root={ROOT};Parent={};Sampled=1;Lineage=a:1", request["id"].as_str().unwrap()));
            let handler = documents.iter().find(|document| document["name"] == "handler").unwrap();
            assert_eq!(handler["parent_id"], request["id"]);
        } else {
            assert_eq!(seen, header, "it goes on as it came");
            fixture.assert_nothing_sent();
        }
    }
}
