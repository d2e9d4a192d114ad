//! The function of this package, in a process of its own, invoked by API Gateway through a Runtime API of ours.

#[path = "../../../xray-aws/tests/lambda_invocations/runtime_api.rs"]
#[allow(dead_code)] // it is part of other tests, too
mod runtime_api;

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::process::{Child, Command};
use std::time::Duration;

use hyper::Response;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use runtime_api::RuntimeApi;
use serde_json::{Value, json};
use test_support::Elsewhere;
use tokio::net::TcpListener;
use xray_core::testing::Documents;

const ROOT: &str = "1-57ff426a-80c11c39b0c928905eb0828d";
const PARENT: &str = "53995c3f42cd8ad8";
const PATIENCE: Duration = Duration::from_secs(20);

/// Without and with the layer for servers around the service.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_request_and_what_it_calls_are_in_the_trace_of_the_invocation() {
    let called = serve_echo().await;
    for (layer, tree) in [
        (false, "price (parent not captured)\n└─ 127.0.0.1 GET 200\n"),
        (true, "shop GET 200 (parent not captured)\n└─ price\n   └─ 127.0.0.1 GET 200\n"),
    ] {
        let (mut api, daemon) = (RuntimeApi::start().await, Elsewhere::start());
        let _function = Function::start(&api, &daemon, &called, layer);

        let header = format!("Root={ROOT};Parent={PARENT};Sampled=0;Lineage=10:1234abcd:3");
        let answer = invoke(&mut api, "unsampled", &header).await;
        assert_eq!(answer, json!({ "path": "/orders/17", "incoming": header, "outgoing": header }), "all goes on");

        let header = header.replace("Sampled=0", "Sampled=1");
        let answer = invoke(&mut api, "sampled", &header).await;
        assert_eq!((&answer["path"], &answer["incoming"]), (&json!("/orders/17"), &json!(header)));
        let all_there = |documents: &Documents| documents.iter().map(entities).sum::<usize>() >= tree.lines().count();
        let trace = daemon.wait_until(all_there).only_trace();
        assert_eq!((trace.id(), trace.render().as_str()), (ROOT, tree), "in one tree, without what was unsampled");
        let top = trace.root();
        assert_eq!((top.get("/type"), top.get("/parent_id")), (&json!("subsegment"), &json!(PARENT)));
        let nodes = trace.nodes();
        let call = nodes.iter().find(|node| node.name() == "127.0.0.1").unwrap();
        let outgoing = header.replace(PARENT, call.json()["id"].as_str().unwrap());
        assert_eq!(answer["outgoing"], json!(outgoing));
    }
}

/// How many segments and subsegments are in a document.
fn entities(document: &Value) -> usize {
    1 + document["subsegments"].as_array().map_or(0, |subsegments| subsegments.iter().map(entities).sum())
}

/// The function's answer to an invocation by API Gateway, whose own trace header is not that of the invocation.
async fn invoke(api: &mut RuntimeApi, id: &str, header: &str) -> Value {
    let event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/orders/17",
        "rawQueryString": "token=secret",
        "headers": {
            "accept": "*/*",
            "host": "abcdefghij.execute-api.eu-central-1.amazonaws.com",
            "x-amzn-trace-id": "Root=1-58406520-a006649127e371903a2de979",
            "x-forwarded-for": "192.0.2.7",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abcdefghij",
            "domainName": "abcdefghij.execute-api.eu-central-1.amazonaws.com",
            "domainPrefix": "abcdefghij",
            "http": {
                "method": "GET",
                "path": "/orders/17",
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.7",
                "userAgent": "curl/8.5.0",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": "$default",
            "time": "10/Mar/2026:03:39:43 +0000",
            "timeEpoch": 1773113983310_u64,
        },
        "isBase64Encoded": false,
    });
    api.invoke(id, Some(header), event);
    let answer = tokio::time::timeout(PATIENCE, api.answer()).await.unwrap();
    assert_eq!(
        (&*answer.request_id, &*answer.kind, &answer.body["statusCode"]),
        (id, "response", &json!(200)),
        "{answer:?}"
    );
    serde_json::from_str(answer.body["body"].as_str().unwrap()).unwrap()
}

/// A service that answers with the trace header that it was called with.
async fn serve_echo() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let echo = service_fn(async |request: hyper::Request<Incoming>| {
        let header = request.headers().get("x-amzn-trace-id").map_or("", |header| header.to_str().unwrap());
        Ok::<_, Infallible>(Response::new(header.to_owned()))
    });
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), echo));
        }
    });
    url
}

/// The function in a process of its own, which is stopped when this is dropped.
struct Function(Child);

impl Function {
    fn start(api: &RuntimeApi, daemon: &Elsewhere, called: &str, layer: bool) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lambda-http"));
        command.env("AWS_LAMBDA_RUNTIME_API", api.address()).env("LAMBDA_TASK_ROOT", "/var/task");
        command.env("AWS_LAMBDA_FUNCTION_NAME", "order").env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128");
        command.env("AWS_LAMBDA_FUNCTION_VERSION", "1");
        command.env("AWS_XRAY_DAEMON_ADDRESS", daemon.address().to_string()).env("XRAY_TEST_CALLED_URL", called);
        if layer {
            command.env("XRAY_TEST_LAYER", "1");
        }
        Self(command.spawn().unwrap())
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
