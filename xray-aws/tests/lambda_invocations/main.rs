//! Functions on `lambda_runtime`, each a process of its own, invoked through a Runtime API of ours.
//!
//! `S` and a number is a row of the other SDKs' tests, `P` one of the Python SDK's.

#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

#[path = "../support/archive.rs"]
#[allow(unreachable_pub)] // it is part of other tests' support, too
mod archive;
mod cargo_lambda;
mod function;
mod ministack;
mod runtime_api;

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use function::{Function, become_function};
use futures::{StreamExt as _, stream};
use lambda_runtime::{
    Diagnostic, FunctionResponse, IntoFunctionResponse as _, LambdaEvent, Service as _, StreamResponse, service_fn,
};
use runtime_api::RuntimeApi;
use serde_json::{Value, json};
use test_support::{Elsewhere, Fixture};
use tokio::sync::Notify;
use xray_aws::lambda::handler;
use xray_core::testing::Documents;
use xray_core::{XRayFutureExt as _, begin_subsegment, current_trace_header};

const ROOT: &str = "1-57ff426a-80c11c39b0c928905eb0828d";
const PARENT: &str = "53995c3f42cd8ad8";
const HEADER: &str = "Root=1-57ff426a-80c11c39b0c928905eb0828d;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=10:1234abcd:3";

/// Name, trace and parent of each document.
fn summary<'a>(documents: impl IntoIterator<Item = &'a Value>) -> Vec<[String; 3]> {
    let text = |document: &Value, key: &str| document[key].as_str().unwrap_or_default().to_owned();
    let one = |document: &Value| {
        assert_eq!(document["type"], "subsegment");
        ["name", "trace_id", "parent_id"].map(|key| text(document, key))
    };
    documents.into_iter().map(one).collect()
}

/// S96, S98, S99, S100: every invocation has the trace of its own header, and what came with it goes on.
#[test]
fn each_invocation_has_the_trace_of_its_header() {
    become_function();
    invocations(|mut api, daemon| async move {
        let _function = start("each_invocation_has_the_trace_of_its_header", "sequential", &api, &daemon);
        let other = "Root=1-58406520-a006649127e371903a2de979;Parent=4c721bf33e3caf8f;Sampled=1";
        let root_only = format!("Root={ROOT}");
        let lineage = format!("Root={ROOT};Lineage=10:1234abcd:3");
        let unsampled = HEADER.replace("Sampled=1", "Sampled=0");
        let partial = format!("Root={ROOT};Parent={PARENT}");
        // The same trace with another parent: a retry, or a loop through the same sandbox.
        let again = HEADER.replace(PARENT, "70de5b6f19ff9a0a");
        let cases: [(Option<&str>, Option<&str>); 11] = [
            (Some(HEADER), Some(PARENT)),
            (Some(&unsampled), None),
            (Some(other), Some("4c721bf33e3caf8f")),
            (Some(&partial), None),
            (Some(&root_only), None),
            (Some(&again), Some("70de5b6f19ff9a0a")),
            (Some(&lineage), None),
            (None, None),
            (Some("garbage;;=;Root=1-2;Parent=x;Sampled=1"), None),
            (Some(""), None),
            (Some(HEADER), Some(PARENT)),
        ];
        let mut before = 0;
        for (number, (header, parent)) in cases.into_iter().enumerate() {
            api.invoke(&number.to_string(), header, json!({ "name": number.to_string() }));
            let answer = api.answer().await;
            assert_eq!((answer.request_id, &*answer.kind), (number.to_string(), "response"));
            // They are there as soon as the answer is.
            let documents = daemon.sent_by_now();
            let new = summary(documents.iter()).split_off(before);
            before = documents.len();
            let header = header.filter(|header| header.starts_with("Root=1-5")).map(str::to_owned);
            assert_eq!(answer.body["of_function"], json!(header), "{number}");
            let Some(parent) = parent else {
                assert_eq!((new, &answer.body["of_subsegment"]), (vec![], &json!(header)), "{number}");
                continue;
            };
            let header = header.unwrap();
            let document = documents.iter().last().unwrap();
            let of_subsegment = header.replace(parent, document["id"].as_str().unwrap());
            assert_eq!(answer.body["of_subsegment"], of_subsegment);
            let root = header[5..40].to_owned();
            assert_eq!(new, [["price".to_owned(), root, parent.to_owned()]]);
            assert_eq!(document["annotations"], json!({ "event": number.to_string() }));
        }
    });
}

/// The variable is nobody's then, and is not looked at.
#[test]
fn a_hundred_invocations_at_a_time_have_their_own_traces() {
    become_function();
    const INVOCATIONS: usize = 100;
    invocations(|mut api, daemon| async move {
        let variables = [("AWS_LAMBDA_MAX_CONCURRENCY", "100"), ("_X_AMZN_TRACE_ID", HEADER)];
        let test = "a_hundred_invocations_at_a_time_have_their_own_traces";
        let _function = Function::start(test, "concurrent", &api.address(), &daemon, &variables);
        let root = |number: usize| format!("1-58406520-{number:024x}");
        let parent = |number: usize| format!("{:016x}", number + 1);
        for number in 0..INVOCATIONS {
            let sampled = u8::from(number % 4 != 0);
            let header = format!("Root={};Parent={};Sampled={sampled}", root(number), parent(number));
            let header = (number % 10 != 9).then_some(header);
            let event = json!({ "do": "together", "of": INVOCATIONS, "name": number.to_string() });
            api.invoke(&number.to_string(), header.as_deref(), event);
        }
        for _ in 0..INVOCATIONS {
            let answer = api.answer().await;
            assert_eq!(answer.kind, "response");
            let number: usize = answer.request_id.parse().unwrap();
            let of_function = answer.body["of_function"].as_str().unwrap_or_default();
            assert!((number % 10 == 9) == of_function.is_empty());
            assert!(of_function.is_empty() || of_function.contains(&root(number)), "{number}: {of_function}");
        }
        let sampled: Vec<_> = (0..INVOCATIONS).filter(|number| number % 4 != 0 && number % 10 != 9).collect();
        let documents = daemon.wait_until(|documents| documents.len() >= sampled.len() * 4);
        let found: BTreeSet<_> = summary(documents.iter()).into_iter().collect();
        let parts = |number: usize| {
            ["left", "price", "right", "spawned"].map(|name| [name.to_owned(), root(number), parent(number)])
        };
        assert_eq!(found, sampled.into_iter().flat_map(parts).collect());
        assert_eq!(daemon.sent_by_now().len(), found.len());
    });
}

#[test]
fn errors_and_panics_are_on_subsegments() {
    become_function();
    invocations(|mut api, daemon| async move {
        let test = "errors_and_panics_are_on_subsegments";
        let cases = [
            ("fail", "disk full", "## handler"),
            ("fail in a subsegment", "no such order", "load"),
            ("panic", "out of stock", "## handler"),
            ("panic in a subsegment", "out of stock", "load"),
        ];
        let function = start(test, "sequential", &api, &daemon);
        let mut before = 0;
        for (number, (what, message, carrier)) in cases.into_iter().enumerate() {
            api.invoke(&number.to_string(), Some(HEADER), json!({ "do": what }));
            let answer = api.answer().await;
            assert_eq!(answer.kind, "error");
            assert!(answer.body["errorMessage"].as_str().unwrap().contains(message), "{answer:?}");
            let documents = daemon.sent_by_now();
            let new: Vec<_> = documents.iter().skip(before).collect();
            before = documents.len();
            assert_eq!(new.len(), 1, "{what}: {new:?}");
            assert_eq!(
                (&new[0]["name"], &new[0]["parent_id"], &new[0]["fault"]),
                (&json!(carrier), &json!(PARENT), &json!(true))
            );
            assert_eq!(new[0]["cause"]["exceptions"][0]["message"], message);
        }
        drop(function);
        // With a subsegment for the whole invocation, that one carries it, and what is put on what is current.
        let _function = start(test, "in a subsegment", &api, &daemon);
        for (number, (what, message, _)) in cases.into_iter().enumerate() {
            api.invoke(&number.to_string(), Some(HEADER), json!({ "do": what }));
            assert_eq!(api.answer().await.kind, "error");
            let documents = daemon.sent_by_now();
            let new: Vec<_> = documents.iter().skip(before).collect();
            before = documents.len();
            let whole = new.last().unwrap();
            assert_eq!(
                (&whole["name"], &whole["parent_id"], &whole["fault"]),
                (&json!("## order"), &json!(PARENT), &json!(true))
            );
            assert_eq!(whole["annotations"]["on"], "handler");
            match &new[..] {
                [_] => assert_eq!(whole["cause"]["exceptions"][0]["message"], message),
                [load, _] => {
                    assert_eq!((&load["name"], &load["parent_id"]), (&json!("load"), &whole["id"]));
                    assert_eq!(whole["cause"], load["cause"]["exceptions"][0]["id"]);
                }
                _ => panic!("{what}: {new:?}"),
            }
        }
    });
}

/// So many milliseconds from now, as the Runtime API says it.
fn in_milliseconds(milliseconds: u64) -> u64 {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + Duration::from_millis(milliseconds);
    u64::try_from(time.as_millis()).unwrap()
}

/// Lambda ends it at its deadline, whatever it does, and nothing of the program runs then.
#[test]
fn a_function_that_runs_into_its_time_limit_sends_what_is_open() {
    become_function();
    invocations(|mut api, daemon| async move {
        let test = "a_function_that_runs_into_its_time_limit_sends_what_is_open";
        let mut before = 0;
        for what in ["wait", "block"] {
            let _function = start(test, "in a subsegment", &api, &daemon);
            api.invoke("0", Some(HEADER), json!({ "name": "0" }));
            assert_eq!(api.answer().await.kind, "response");
            api.invoke_until(in_milliseconds(200), "1", Some(HEADER), json!({ "do": what }));
            // Two of the invocation before, which had its time.
            let documents = daemon.wait_until(|documents| documents.len() >= before + 4);
            let new: Vec<_> = documents.iter().skip(before + 2).collect();
            before = documents.len();
            let [whole, load] = new[..] else { panic!("{what}: {new:?}") };
            assert_eq!((&whole["name"], &whole["parent_id"]), (&json!("## order"), &json!(PARENT)), "{what}");
            assert_eq!(whole["annotations"], json!({ "ColdStart": false, "on": "handler" }), "{what}");
            assert_eq!((&load["name"], &load["parent_id"]), (&json!("load"), &whole["id"]), "{what}");
            for document in new {
                assert_eq!((&document["in_progress"], document.get("end_time")), (&json!(true), None), "{what}");
                assert_eq!((&document["trace_id"], &document["type"]), (&json!(ROOT), &json!("subsegment")), "{what}");
            }
            // Another process takes the invocations from here.
        }
    });
}

#[tokio::test]
async fn what_ends_after_it_was_sent_in_progress_is_sent_once_more() {
    let fixture = Fixture::start();
    let released = Arc::new(Notify::new());
    let work = |event: LambdaEvent<u32>| {
        let released = Arc::clone(&released);
        async move {
            begin_subsegment("over").end();
            let failed = begin_subsegment("failed");
            failed.set_fault();
            for number in 0..event.payload {
                begin_subsegment(&format!("open {number}")).put_annotation("number", number);
            }
            let open: Vec<_> = (0..event.payload).map(|number| begin_subsegment(&format!("left {number}"))).collect();
            released.notified().in_subsegment("waits").await;
            drop(open);
            Ok::<_, Infallible>(())
        }
    };
    let invoke = |header: &str, deadline| {
        let mut context = lambda_runtime::Context::default();
        (context.xray_trace_id, context.deadline) = (Some(header.to_owned()), deadline);
        let function = handler(service_fn(work)).recorder(fixture.recorder.clone());
        function.subsegment("## order").call(LambdaEvent::new(3, context))
    };
    // One has time, one is not sampled, one has none left, and one does not know.
    let others = [
        (HEADER, in_milliseconds(3_600_000)),
        (&*HEADER.replace("Sampled=1", "Sampled=0"), in_milliseconds(100)),
        (HEADER, in_milliseconds(0) - 1),
        (HEADER, 0),
    ];
    for (header, deadline) in others {
        let mut invocation = Box::pin(invoke(header, deadline));
        assert!(futures::poll!(&mut invocation).is_pending());
        released.notify_waiters();
        let _ = invocation.await.unwrap();
    }
    let before = fixture.documents();
    assert!(before.iter().all(|document| document.get("in_progress").is_none()), "{before:?}");
    let mut invocation = Box::pin(invoke(HEADER, in_milliseconds(100)));
    assert!(futures::poll!(&mut invocation).is_pending());
    let pending = |documents: &Documents| {
        let pending = documents.iter().filter(|document| document["in_progress"] == true);
        pending.map(|document| document["name"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    let open = ["## order", "failed", "left 0", "left 1", "left 2", "waits"].map(str::to_owned);
    fixture.wait_until(|documents| pending(documents) == BTreeSet::from(open.clone()));
    released.notify_waiters();
    let _ = invocation.await.unwrap();
    let after: Vec<_> = fixture.documents().iter().skip(before.len()).cloned().collect();
    let of = |name: &str| after.iter().filter(|document| document["name"] == name).collect::<Vec<_>>();
    for name in open {
        let [pending, ended] = of(&name)[..] else { panic!("{name}: {after:?}") };
        assert_eq!((&pending["in_progress"], pending.get("end_time")), (&json!(true), None), "{name}");
        assert_eq!((ended.get("in_progress"), ended["end_time"].is_number()), (None, true), "{name}");
        assert_eq!((&pending["id"], &pending["start_time"]), (&ended["id"], &ended["start_time"]), "{name}");
        assert_eq!(pending["parent_id"], ended["parent_id"], "{name}");
    }
    for name in ["over", "open 0", "open 1", "open 2"] {
        assert_eq!(of(name).len(), 1, "{name}: {after:?}");
    }
}

#[test]
fn a_batch_of_messages_is_worked_on_in_the_traces_of_its_senders() {
    become_function();
    invocations(|mut api, daemon| async move {
        let test = "a_batch_of_messages_is_worked_on_in_the_traces_of_its_senders";
        let _function = start(test, "sequential", &api, &daemon);
        let sender =
            |sampled| format!("Root=1-58406520-a006649127e371903a2de979;Parent=4c721bf33e3caf8f;Sampled={sampled}");
        let record = |body: &str, attributes: Value| json!({ "body": body, "attributes": attributes });
        let records = json!({ "Records": [
            record("sampled", json!({ "AWSTraceHeader": sender(1), "SentTimestamp": "1" })),
            record("unsampled", json!({ "AWSTraceHeader": sender(0) })),
            record("without", json!({ "SentTimestamp": "1" })),
        ]});
        api.invoke("1", Some(HEADER), json!({ "do": "messages", "batch": records }));
        assert_eq!(api.answer().await.kind, "response");
        let documents = daemon.sent_by_now();
        let names: Vec<_> = documents.iter().map(|document| document["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["sampled there", "sampled here", "without there", "without here", "price"]);
        let ours = [ROOT, PARENT];
        let theirs = ["1-58406520-a006649127e371903a2de979", "4c721bf33e3caf8f"];
        for (document, place) in documents.iter().zip([theirs, ours, ours, ours, ours]) {
            assert_eq!([&document["trace_id"], &document["parent_id"]], place, "{document}");
        }
        let link = json!([{ "trace_id": theirs[0], "id": theirs[1] }]);
        let links: Vec<_> = documents.iter().filter_map(|document| document.get("links")).collect();
        assert_eq!(links, [&link]);
        let here: Vec<_> = documents.iter().filter_map(|document| document["annotations"].get("sampled")).collect();
        assert_eq!(here, [true, false]);
    });
}

#[test]
fn work_that_outlives_the_answer_is_sent_when_it_ends() {
    become_function();
    invocations(|mut api, daemon| async move {
        let test = "work_that_outlives_the_answer_is_sent_when_it_ends";
        let _function = start(test, "sequential", &api, &daemon);
        api.invoke("1", Some(HEADER), json!({ "do": "leave work" }));
        assert_eq!(api.answer().await.kind, "response");
        let documents = daemon.wait_until(|documents| documents.len() >= 2);
        let found: BTreeSet<_> =
            summary(documents.iter()).into_iter().map(|[name, _, parent]| [name, parent]).collect();
        assert_eq!(found, BTreeSet::from(["late", "price"].map(|name| [name.to_owned(), PARENT.to_owned()])));
    });
}

#[test]
fn a_function_restored_from_a_snapshot_is_traced() {
    become_function();
    invocations(|mut api, daemon| async move {
        let variables = [("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")];
        let test = "a_function_restored_from_a_snapshot_is_traced";
        let _function = Function::start(test, "sequential", &api.address(), &daemon, &variables);
        api.invoke("1", Some(HEADER), json!({}));
        assert_eq!(api.answer().await.kind, "response");
        assert_eq!((api.restores(), daemon.sent_by_now().len()), (1, 1));
    });
}

#[test]
fn in_lambda_the_marker_of_the_sdks_is_there() {
    become_function();
    const MARKER: &str = "/tmp/.aws-xray/initialized";
    invocations(|mut api, daemon| async move {
        // An earlier run has left it. Other tests' functions may write it again meanwhile, by the same code.
        match std::fs::remove_file(MARKER) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{MARKER} cannot be removed: {error}"),
            _ => {}
        }
        let _function = start("in_lambda_the_marker_of_the_sdks_is_there", "sequential", &api, &daemon);
        api.invoke("1", Some(HEADER), json!({}));
        assert_eq!(api.answer().await.kind, "response");
        assert!(std::path::Path::new(MARKER).exists());
        assert_eq!(daemon.sent_by_now().len(), 1);
    });
}

/// An invocation that is given up, as by a timeout of the program's own, ends what it began, and is not at fault.
#[tokio::test]
async fn an_invocation_that_is_dropped_ends_its_subsegments() {
    let fixture = Fixture::start();
    let work =
        async |_: LambdaEvent<()>| -> Result<(), Infallible> { std::future::pending().in_subsegment("open").await };
    let mut function = handler(service_fn(work)).recorder(fixture.recorder.clone());
    let mut invocation = Box::pin(function.call(event()));
    assert!(futures::poll!(&mut invocation).is_pending());
    fixture.assert_nothing_sent();
    assert_eq!(current_trace_header(), None);
    drop(invocation);
    let documents = fixture.wait_for(1);
    let document = &documents[0];
    assert_eq!((&document["name"], &document["parent_id"]), (&json!("open"), &json!(PARENT)));
    assert!(document.get("fault").is_none() && document.get("in_progress").is_none());
}

#[tokio::test]
async fn what_lambda_is_told_is_recorded() {
    function::errors();
    let fixture = Fixture::start();
    let work = async |_: LambdaEvent<()>| {
        Err::<(), _>(Diagnostic { error_type: "OutOfStock".to_owned(), error_message: "no teapots".to_owned() })
    };
    let mut function = handler(service_fn(work)).recorder(fixture.recorder.clone());
    assert_eq!(function.call(event()).await.unwrap_err().error_type, "OutOfStock");
    let documents = fixture.wait_for(1);
    let exception = documents.iter().next().unwrap()["cause"]["exceptions"][0].clone();
    assert_eq!((&exception["type"], &exception["message"]), (&json!("OutOfStock"), &json!("no teapots")));
}

/// A service that panics before it has made a future.
#[tokio::test]
async fn a_panic_of_the_service_itself_is_sent() {
    let fixture = Fixture::start();
    #[expect(unreachable_code, reason = "the type of the future is needed")]
    let work = |_: LambdaEvent<()>| {
        panic!("no configuration");
        std::future::ready(Ok::<(), Infallible>(()))
    };
    let mut function = handler(service_fn(work)).recorder(fixture.recorder.clone());
    let call = std::panic::AssertUnwindSafe(|| drop(function.call(event())));
    assert!(std::panic::catch_unwind(call).is_err());
    let documents = fixture.wait_for(1);
    let document = documents.iter().next().unwrap();
    assert_eq!(document["cause"]["exceptions"][0]["message"], "no configuration");
}

/// Each piece is made after the handler is done: it is in the trace all the same, and so is what goes wrong.
#[test]
fn a_response_that_is_streamed_is_part_of_the_invocation() {
    become_function();
    invocations(|mut api, daemon| async move {
        let test = "a_response_that_is_streamed_is_part_of_the_invocation";
        let function = start(test, "streaming in a subsegment", &api, &daemon);
        let mut before = 0;
        for (number, (pieces, error)) in [
            (vec!["a", "b"], None),
            (vec![], None),
            (vec!["a", "fail", "b"], Some("disk full")),
            (vec!["a", "panic"], Some("out of stock")),
        ]
        .into_iter()
        .enumerate()
        {
            let what = format!("{pieces:?}");
            api.invoke(&number.to_string(), Some(HEADER), json!({ "pieces": pieces }));
            assert_eq!(api.answer().await.kind, "response", "{what}");
            // The last piece may be on its way when the answer has arrived.
            let documents = daemon.wait_until(|documents| documents.len() >= before + pieces.len() + 2);
            let new: Vec<_> = documents.iter().skip(before).collect();
            before = documents.len();
            let whole = new.last().unwrap();
            assert_eq!((&whole["name"], &whole["parent_id"]), (&json!("## order"), &json!(PARENT)), "{what}");
            let names = pieces.iter().map(|piece| format!("piece {piece}"));
            let names: Vec<_> = std::iter::once("before".to_owned()).chain(names).collect();
            let parts: Vec<_> = summary(new[..new.len() - 1].iter().copied());
            let id = whole["id"].as_str().unwrap().to_owned();
            assert_eq!(
                parts,
                names.into_iter().map(|name| [name, ROOT.to_owned(), id.clone()]).collect::<Vec<_>>(),
                "{what}"
            );
            for part in &new[..new.len() - 1] {
                assert!(part["end_time"].as_f64() <= whole["end_time"].as_f64(), "{what}: {whole}");
            }
            let expected = json!({ "ColdStart": number == 0, "last": pieces.last() });
            let annotations = whole["annotations"].as_object().unwrap();
            let expected: serde_json::Map<_, _> =
                expected.as_object().unwrap().clone().into_iter().filter(|(_, value)| !value.is_null()).collect();
            assert_eq!(annotations, &expected, "{what}");
            assert_eq!(whole["cause"]["exceptions"][0]["message"].as_str(), error, "{what}");
            assert_eq!(whole.get("fault"), error.map(|_| &json!(true)), "{what}");
        }
        drop(function);
        // Without a subsegment for the whole, what goes wrong is in one of its own.
        let _function = start(test, "streaming", &api, &daemon);
        for (number, (piece, error)) in
            [("a", None), ("fail", Some("disk full")), ("panic", Some("out of stock"))].into_iter().enumerate()
        {
            api.invoke(&number.to_string(), Some(HEADER), json!({ "pieces": [piece] }));
            assert_eq!(api.answer().await.kind, "response", "{piece}");
            let documents = daemon.wait_until(|documents| documents.len() >= before + 2 + error.iter().count());
            let new: Vec<_> = documents.iter().skip(before).collect();
            before = documents.len();
            let mut names = vec!["before".to_owned(), format!("piece {piece}")];
            names.extend(error.map(|_| "## handler".to_owned()));
            let expected: Vec<_> = names.into_iter().map(|name| [name, ROOT.to_owned(), PARENT.to_owned()]).collect();
            assert_eq!(summary(new.iter().copied()), expected, "{piece}");
            assert_eq!(new.last().unwrap()["cause"]["exceptions"][0]["message"].as_str(), error, "{piece}");
        }
    });
}

/// The client has gone.
#[tokio::test]
async fn a_response_whose_stream_is_dropped_is_cancelled_and_one_that_nobody_takes_is_not() {
    let fixture = Fixture::start();
    let work = async |_: LambdaEvent<()>| {
        let end = Noticed;
        let pieces = stream::iter(["a", "b"]).map(move |piece| {
            let _moved = &end;
            Ok::<_, Infallible>(piece)
        });
        Ok::<_, Infallible>(StreamResponse::from(pieces))
    };
    let function = handler(service_fn(work)).recorder(fixture.recorder.clone());
    let mut function = function.subsegment("## order");
    let FunctionResponse::StreamingResponse(response) = function.call(event()).await.unwrap().into_response() else {
        panic!("it is a stream")
    };
    let mut pieces = response.stream;
    assert_eq!(pieces.next().await.unwrap().unwrap(), "a");
    fixture.assert_nothing_sent();
    drop(pieces);
    let documents = fixture.documents();
    // What the stream does when it is dropped is in the trace.
    let names: Vec<_> = documents.iter().map(|document| document["name"].clone()).collect();
    assert_eq!(names, ["dropped", "## order"]);
    assert_eq!(documents[1]["annotations"], json!({ "ColdStart": true, "cancelled": true }));
    drop(function.call(event()).await.unwrap().into_inner());
    let documents = fixture.documents();
    assert_eq!(documents[2]["annotations"], json!({ "ColdStart": false }));
    assert_eq!((documents[2]["name"].as_str(), documents.len()), (Some("## order"), 3));
}

/// Begins a subsegment where it is dropped in a trace.
struct Noticed;

impl Drop for Noticed {
    fn drop(&mut self) {
        if xray_core::current_trace_id().is_some() {
            begin_subsegment("dropped").end();
        }
    }
}

fn event() -> LambdaEvent<()> {
    let mut context = lambda_runtime::Context::default();
    context.xray_trace_id = Some(HEADER.to_owned());
    LambdaEvent::new((), context)
}

fn start(test: &str, kind: &str, api: &RuntimeApi, daemon: &Elsewhere) -> Function {
    Function::start(test, kind, &api.address(), daemon, &[])
}

/// Runs a test that invokes a function. What hangs has failed.
fn invocations<F: Future<Output = ()>>(test: impl FnOnce(RuntimeApi, Elsewhere) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let work = test(RuntimeApi::start().await, Elsewhere::start());
        tokio::time::timeout(Duration::from_secs(60), work).await.expect("the function should have answered");
    });
}
