//! The segment that Lambda makes: it is never sent, and everything below it is, at once and on its own.
//!
//! `P` and a number is a row of the Python SDK's tests, `S` one of the other SDKs'.

use std::net::UdpSocket;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use serde_json::json;
use test_support::{Fixture, builder};
use xray_core::sampling::{Sampler, SamplingDecision, SamplingRequest};
use xray_core::testing::Documents;
use xray_core::{
    ContextMissing, Environment, HttpResponse, Segment, TraceHeader, begin_subsegment, begin_subsegment_in_trace,
    begin_subsegment_without_sampling, current_segment, current_subsegment, current_trace_header, put_annotation,
};

const ROOT: &str = "1-57ff426a-80c11c39b0c928905eb0828d";
const PARENT: &str = "53995c3f42cd8ad8";
const HEADER: &str = "Root=1-57ff426a-80c11c39b0c928905eb0828d;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=10:1234abcd:3";

/// A recorder in Lambda, whose sampler is not to be asked.
fn in_lambda(variables: &[(&str, &str)]) -> Fixture {
    let variables = [&[("LAMBDA_TASK_ROOT", "/var/task")], variables].concat();
    Fixture::with(|builder| builder.environment(Environment::from_iter(variables)).sampler(Forbidden))
}

#[derive(Debug)]
struct Forbidden;

impl Sampler for Forbidden {
    fn should_sample(&self, _request: &SamplingRequest<'_>) -> SamplingDecision {
        panic!("Lambda decides about sampling")
    }
}

/// Name and parent of each document, in the order of arrival.
fn names_and_parents(documents: &Documents) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let all = documents.iter().inspect(|document| {
        assert_eq!((&document["type"], &document["trace_id"]), (&json!("subsegment"), &json!(ROOT)))
    });
    all.map(|document| (text(&document["name"]), text(&document["parent_id"]))).collect()
}

/// S96, P113, P114.
#[test]
fn each_subsegment_is_sent_as_soon_as_it_ends() {
    // However many a segment would hold.
    for threshold in [0, 30] {
        let traced = Fixture::with(|builder| builder.streaming_threshold(threshold).sampler(Forbidden));
        let function = traced.recorder.facade_segment(TraceHeader::parse(HEADER)).entered();
        assert_eq!((function.id().unwrap().to_string(), function.is_recording()), (PARENT.to_owned(), true));
        let order = begin_subsegment("order").entered();
        let id = order.id().unwrap().to_string();
        begin_subsegment("stock").end();
        assert_eq!(names_and_parents(&traced.documents()), [("stock".to_owned(), id.clone())]);
        let open = begin_subsegment("open");
        order.end();
        open.end();
        function.end();
        let sent = names_and_parents(&traced.documents());
        let expected = [("stock", &*id), ("order", PARENT), ("open", &id)];
        assert_eq!(sent, expected.map(|(name, parent)| (name.to_owned(), parent.to_owned())));
        assert!(traced.documents().iter().all(|document| document.get("subsegments").is_none()));
    }
}

/// S98, P115, P116: what is missing in the header, is not recorded; what is there, goes on.
#[test]
fn the_header_goes_on_as_it_came() {
    let root = format!("Root={ROOT}");
    let cases = [
        // Header, what goes on from the function and what from a subsegment of it (@ is its id), documents.
        (
            HEADER.to_owned(),
            Some(HEADER.to_owned()),
            Some(format!("{root};Parent=@;Sampled=1;Lineage=10:1234abcd:3")),
            1,
        ),
        (format!("{root};Parent={PARENT};Sampled=0;Lineage=a:1"), None, None, 0),
        (format!("{root};Parent={PARENT};Sampled=0"), None, None, 0),
        (root.clone(), None, None, 0),
        (format!("{root};Lineage=10:1234abcd:3;Other=x"), None, None, 0),
        (format!("{root};Parent={PARENT}"), None, None, 0),
        (format!("{root};Sampled=1"), None, None, 0),
        (format!("{root};Parent={PARENT};Sampled=?"), None, None, 0),
        (
            format!("{root};Parent=fake;Sampled=1"),
            Some(format!("{root};Sampled=1")),
            Some(format!("{root};Sampled=1")),
            0,
        ),
        (String::new(), Some(String::new()), Some(String::new()), 0),
        (format!("Root=fake;Parent={PARENT};Sampled=1"), Some(String::new()), Some(String::new()), 0),
        ("=;;garbage".to_owned(), Some(String::new()), Some(String::new()), 0),
    ];
    for (header, of_function, of_subsegment, documents) in cases {
        // Where there is nothing to record nobody is to blame.
        let traced = Fixture::with(|builder| builder.context_missing(ContextMissing::RuntimeError).sampler(Forbidden));
        let _scope = traced.recorder.scope();
        let going_on = || current_trace_header().map(|header| header.to_string()).unwrap_or_default();
        let function = traced.recorder.facade_segment(TraceHeader::parse(&header)).entered();
        assert_eq!(going_on(), of_function.unwrap_or_else(|| header.clone()), "{header}");
        let call = begin_subsegment("call").entered();
        put_annotation("key", 1);
        let id = call.id().map(|id| id.to_string()).unwrap_or_default();
        assert_eq!(going_on(), of_subsegment.unwrap_or_else(|| header.clone()).replace('@', &id), "{header}");
        drop((call, function));
        assert_eq!(traced.documents().len(), documents, "{header}");
    }
}

/// P66: there it is an exception.
#[test]
fn nothing_is_put_on_the_function() {
    let traced = Fixture::start();
    let function = traced.recorder.facade_segment(TraceHeader::parse(HEADER)).entered();
    put_annotation("key", 1);
    current_segment().put_metadata("key", 1);
    function.put_aws("key", 1);
    function.set_user("c-17");
    function.set_origin("AWS::Lambda::Function");
    function.set_http_response(HttpResponse::new(500));
    function.set_fault();
    function.set_name("other");
    function.record_exception(xray_core::Exception::new("Type", "text"));
    assert!(!current_subsegment().is_recording());
    let part = begin_subsegment("part");
    part.put_annotation("key", 1);
    part.end();
    function.end();
    assert_eq!(traced.recorder.stats().rejected_values, 9);
    assert_eq!(traced.only_trace().render(), "part {key=1} (parent not captured)\n");
}

#[test]
fn an_error_of_the_function_is_sent_once() {
    let traced = Fixture::start();
    let function = || traced.recorder.facade_segment(TraceHeader::parse(HEADER));
    // Nobody else carries it.
    let alone = function();
    begin_subsegment("no context").end();
    alone.begin_subsegment("before").end();
    alone.record_error("disk full");
    // A subsegment does.
    let carried = function();
    let part = carried.begin_subsegment("part");
    part.record_error("no such order");
    part.end();
    carried.record_error("no such order");
    // As a cause.
    let caused = std::io::Error::other(std::fmt::Error);
    let part = carried.begin_subsegment("other part");
    part.record_error(&std::fmt::Error);
    part.end();
    carried.record_error(&caused);
    let documents = traced.documents();
    let faults: Vec<_> = documents.iter().filter(|document| document["fault"] == true).collect();
    let names: Vec<_> = faults.iter().map(|document| document["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["## handler", "part", "other part"]);
    assert_eq!(faults[0]["parent_id"], PARENT);
    assert_eq!(faults[0]["cause"]["exceptions"][0]["message"], "disk full");
    let before = documents.iter().find(|document| document["name"] == "before").unwrap();
    assert!(faults[0]["start_time"].as_f64() <= before["start_time"].as_f64(), "it is as long as the invocation");
}

#[test]
fn a_panic_is_on_what_it_unwinds_through() {
    use xray_core::XRayFutureExt as _;
    for (inner, expected) in [(true, "part"), (false, "## handler")] {
        let traced = Fixture::start();
        let function = traced.recorder.facade_segment(TraceHeader::parse(HEADER));
        let work = async move {
            let _part = inner.then(|| begin_subsegment("part").entered());
            panic!("out of stock")
        };
        let work = work.in_segment(function);
        let caught = catch_unwind(AssertUnwindSafe(|| futures::executor::block_on(work)));
        assert!(caught.is_err());
        let documents = traced.documents();
        assert_eq!(documents.len(), 1);
        assert_eq!((&documents[0]["name"], &documents[0]["fault"]), (&json!(expected), &json!(true)));
        assert_eq!(documents[0]["cause"]["exceptions"][0]["message"], "out of stock");
    }
}

/// P141: what begins as a segment is a subsegment, whoever begins it.
#[test]
fn in_lambda_a_segment_is_a_subsegment() {
    let other = "Root=1-58406520-a006649127e371903a2de979;Parent=4c721bf33e3caf8f;Sampled=1";
    let begin = |traced: &Fixture, header: &str| {
        let segment = traced.recorder.segment("GET /").trace_header(TraceHeader::parse(header)).begin();
        let going_on = segment.trace_header().map(|header| header.root().unwrap().to_string());
        segment.set_http_response(HttpResponse::new(200));
        segment.end();
        let documents = traced.documents();
        let last = documents.iter().last().map(|document| {
            assert_eq!(
                (&document["type"], &document["http"]["response"]["status"]),
                (&json!("subsegment"), &json!(200))
            );
            (document["trace_id"].as_str().unwrap().to_owned(), document["parent_id"].as_str().unwrap().to_owned())
        });
        (going_on, last)
    };
    let root = |text: &str| Some(text.to_owned());
    let below = |root: &str, parent: &str| Some((root.to_owned(), parent.to_owned()));
    // The header of the request, as behind an HTTP adapter.
    assert_eq!(begin(&in_lambda(&[]), HEADER), (root(ROOT), below(ROOT, PARENT)));
    // That of the environment, whatever the request has.
    let variables = [("_X_AMZN_TRACE_ID", HEADER)];
    assert_eq!(begin(&in_lambda(&variables), ""), (root(ROOT), below(ROOT, PARENT)));
    assert_eq!(begin(&in_lambda(&variables), other), (root(ROOT), below(ROOT, PARENT)));
    assert_eq!(begin(&in_lambda(&variables), "Self=1-2-3"), (root(ROOT), below(ROOT, PARENT)));
    // Not somebody else's, where there are several invocations at a time.
    let variables = [("_X_AMZN_TRACE_ID", HEADER), ("AWS_LAMBDA_MAX_CONCURRENCY", "8")];
    assert_eq!(begin(&in_lambda(&variables), ""), (None, None));
    assert_eq!(begin(&in_lambda(&variables), other).0, root("1-58406520-a006649127e371903a2de979"));
    // Not sampled.
    assert_eq!(begin(&in_lambda(&[]), &HEADER.replace("Sampled=1", "Sampled=0")), (root(ROOT), None));
    // What is current in the function, also where nothing but the function tells that this is Lambda.
    for traced in [in_lambda(&[]), Fixture::with(|builder| builder.sampler(Forbidden))] {
        let _function = traced.recorder.facade_segment(TraceHeader::parse(HEADER)).entered();
        let order = begin_subsegment("order").entered();
        let order_id = order.id().unwrap().to_string();
        assert_eq!(begin(&traced, HEADER), (root(ROOT), below(ROOT, &order_id)));
        assert_eq!(begin(&traced, ""), (root(ROOT), below(ROOT, &order_id)));
        // What comes from somebody else is work of the function, too, with a link to that one.
        for (header, is_linked) in [
            (other.to_owned(), true),
            (other.replace(";Sampled=1", ""), true),
            (other.replace("Sampled=1", "Sampled=0"), false),
            (other.replace("Parent=4c721bf33e3caf8f;", ""), false),
            (HEADER.to_owned(), false),
        ] {
            assert_eq!(begin(&traced, &header), (root(ROOT), below(ROOT, &order_id)), "{header}");
            let documents = traced.documents();
            let links = documents.iter().last().unwrap().get("links");
            let link = json!([{ "trace_id": "1-58406520-a006649127e371903a2de979", "id": "4c721bf33e3caf8f" }]);
            assert_eq!(links, is_linked.then_some(&link), "{header}");
        }
        assert!(!traced.recorder.segment("").sampled(false).begin().is_recording());
        drop(order);
        assert_eq!(traced.documents().iter().last().unwrap()["name"], "order");
    }
    // A function that is not sampled is none of the sampler's business either.
    let traced = Fixture::with(|builder| builder.sampler(Forbidden));
    let _function = traced.recorder.facade_segment(TraceHeader::parse(&format!("Root={ROOT}"))).entered();
    assert_eq!(begin(&traced, ""), (root(ROOT), None));
}

#[test]
fn the_environment_tells_whether_this_is_lambda() {
    assert!(in_lambda(&[]).recorder.is_in_lambda());
    assert!(!Fixture::start().recorder.is_in_lambda());
}

/// The test LambdaMix of the SDK for Go.
#[test]
fn subsegments_without_sampling_are_left_out() {
    let traced = Fixture::start();
    let function = traced.recorder.facade_segment(TraceHeader::parse(HEADER)).entered();
    for turn in 0..4 {
        let part = begin_subsegment("recorded");
        part.put_annotation("turn", turn);
        part.end();
        let silent = begin_subsegment_without_sampling("silent").entered();
        let going_on = format!("Root={ROOT};Parent={PARENT};Sampled=0;Lineage=10:1234abcd:3");
        assert_eq!(current_trace_header().unwrap().to_string(), going_on);
        begin_subsegment("below").end();
        traced.recorder.begin_segment("segment").end();
        put_annotation("key", 1);
        silent.end();
    }
    function.end();
    assert_eq!(names_and_parents(&traced.documents()), vec![("recorded".to_owned(), PARENT.to_owned()); 4]);
    // The same elsewhere.
    let traced = Fixture::start();
    let segment = traced.recorder.segment("shop").begin().entered();
    let id = segment.id().unwrap();
    let silent = begin_subsegment_without_sampling("silent").entered();
    assert_eq!(silent.trace_header().unwrap().parent(), Some(id));
    begin_subsegment("below").end();
    drop(silent);
    begin_subsegment("recorded").end();
    segment.end();
    assert_eq!(traced.only_trace().render(), "shop\n└─ recorded\n");
}

/// S102: spawned work may go on after the answer.
#[test]
fn what_is_still_running_is_sent_when_it_ends() {
    let traced = Fixture::start();
    let function = traced.recorder.facade_segment(TraceHeader::parse(HEADER)).entered();
    let part = begin_subsegment("part");
    function.end();
    traced.assert_nothing_sent();
    let thread = std::thread::spawn(move || part.begin_subsegment("late").end());
    thread.join().unwrap();
    let documents = traced.documents();
    let late = documents.iter().map(|document| document["name"].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(late, ["late", "part"]);
}

#[test]
fn disabled_nothing_is_begun() {
    let traced = Fixture::with(|builder| builder.enabled(false));
    let _scope = traced.recorder.scope();
    let function = traced.recorder.facade_segment(TraceHeader::parse(HEADER)).entered();
    assert_eq!((function.trace_id(), current_trace_header()), (None, None));
    begin_subsegment("part").end();
    function.end();
    traced.assert_nothing_sent();
}

#[test]
fn work_for_others_is_in_their_traces_or_linked_to_them() {
    let sender = "Root=1-58406520-a006649127e371903a2de979;Parent=4c721bf33e3caf8f;Sampled=1";
    let sender = TraceHeader::parse(sender);
    let link = json!({ "trace_id": "1-58406520-a006649127e371903a2de979", "id": "4c721bf33e3caf8f" });
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop").entered();
    let there = begin_subsegment_in_trace(sender.clone(), "there").entered();
    begin_subsegment("below").end();
    there.end();
    let silent = TraceHeader::parse("Root=1-58406520-a006649127e371903a2de979;Sampled=0");
    assert!(!begin_subsegment_in_trace(silent.clone(), "silent").is_recording());
    let here = begin_subsegment("here");
    here.put_link(&sender);
    here.put_link(&sender);
    // It names nobody.
    here.put_link(&silent);
    for number in 0..30 {
        let other = TraceHeader::parse(&format!("Root=1-58406520-{number:024x};Parent=4c721bf33e3caf8f"));
        segment.put_link(&other);
    }
    here.end();
    segment.end();
    assert_eq!(traced.recorder.stats().rejected_values, 11);
    let documents = traced.documents();
    let there: Vec<_> = documents.iter().filter(|document| document["trace_id"] == link["trace_id"]).collect();
    let of = |document: &serde_json::Value| (document["name"].clone(), document["parent_id"].clone());
    assert_eq!(there.len(), 2);
    assert_eq!((of(there[0]).0, of(there[0]).1), (json!("below"), there[1]["id"].clone()));
    assert_eq!(of(there[1]), (json!("there"), link["id"].clone()));
    let ours = documents.iter().find(|document| document["name"] == "shop").unwrap();
    assert_eq!(ours["subsegments"][0]["links"], json!([link]));
    assert_eq!(ours["links"].as_array().unwrap().len(), 20);
}

/// A header with a root, `Sampled=1` and no parent was taken for one that is not sampled.
#[test]
fn work_in_a_trace_of_which_no_entity_is_known_is_a_segment_of_it() {
    let theirs = "1-58406520-a006649127e371903a2de979";
    let header = TraceHeader::parse(&format!("Root={theirs};Sampled=1;Lineage=a:1"));
    let traced = in_lambda(&[]);
    let function = traced.recorder.facade_segment(TraceHeader::parse(HEADER)).entered();
    let work = begin_subsegment_in_trace(header, "order").entered();
    assert_eq!(current_subsegment().id(), work.id());
    current_subsegment().put_annotation("order", 17);
    begin_subsegment("below").end();
    // In Lambda nobody begins segments: what wants to be one is a part of what is current.
    traced.recorder.begin_segment("served").end();
    let outgoing = format!("Root={theirs};Parent={};Sampled=1;Lineage=a:1", work.id().unwrap());
    assert_eq!(current_trace_header().unwrap().to_string(), outgoing);
    work.end();
    begin_subsegment("ours").end();
    drop(function);
    let documents = traced.documents();
    assert_eq!(documents.trace(theirs).render(), "order {order=17}\n├─ below\n└─ served\n");
    let ours: Vec<_> = documents.iter().filter(|document| document["trace_id"] == ROOT).collect();
    assert!(ours.len() == 1 && ours[0]["name"] == "ours", "{ours:?}");
}

/// Lambda takes the snapshot before the first invocation, and restores it as often as it likes. A program that is told of
/// it says so. One test, because restores are the whole process's.
#[test]
fn after_a_snapshot_there_is_another_socket() {
    let daemon = UdpSocket::bind("127.0.0.1:0").unwrap();
    daemon.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    for (kind, changes) in [("on-demand", false), ("snap-start", true)] {
        let environment = Environment::from_iter([("AWS_LAMBDA_INITIALIZATION_TYPE", kind)]);
        let of_daemon = builder().daemon_address(daemon.local_addr().unwrap().into()).environment(environment);
        let recorder = of_daemon.build().unwrap();
        let sender = |segment: Segment| {
            let id = segment.begin_subsegment("part").id().unwrap();
            drop(segment);
            let mut document = [0; 65_536];
            loop {
                let (length, sender) = daemon.recv_from(&mut document).unwrap();
                if String::from_utf8_lossy(&document[..length]).contains(&id.to_string()) {
                    return sender;
                }
            }
        };
        let before = sender(recorder.begin_segment("initialisation"));
        let first = sender(recorder.facade_segment(TraceHeader::parse(HEADER)));
        assert_eq!(first != before, changes, "{kind}");
        assert_eq!(sender(recorder.facade_segment(TraceHeader::parse(HEADER))), first, "{kind}");
        xray_core::reseed();
        assert_ne!(sender(recorder.begin_segment("told")), first, "{kind}");
    }
}
