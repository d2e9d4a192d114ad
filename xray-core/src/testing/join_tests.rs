use serde_json::{Value, json};

use super::super::{Documents, Trace};

#[test]
fn nested_independent_and_remote_entities_form_one_tree() {
    // The order of arrival is that of the ends, and a server's segment may come from another process at any time.
    let trace = trace([
        json!({"name": "late", "id": "3", "parent_id": "1", "type": "subsegment", "start_time": 8.0, "end_time": 9.0}),
        json!({"name": "server", "id": "4", "parent_id": "2", "start_time": 3.0, "end_time": 4.0, "http": {"request": {"method": "GET"}, "response": {"status": 200}}}),
        json!({"name": "client", "id": "1", "start_time": 1.0, "end_time": 9.0, "fault": true, "annotations": {"b": 1, "a": "x"}, "subsegments": [
            {"name": "call", "id": "2", "start_time": 2.0, "end_time": 5.0, "throttle": true, "error": true},
            {"name": "first", "id": "5", "start_time": 1.5, "end_time": 1.6, "aws": {"operation": "PutObject"}},
        ]}),
    ]);
    assert_eq!(
        trace.render(),
        "client [fault] {a=\"x\", b=1}\n\
         ├─ first PutObject\n\
         ├─ call [error, throttle]\n\
         │  └─ server GET 200\n\
         └─ late\n"
    );
    assert_eq!(trace.id(), "t");
    assert!(trace.find("server").is_document());
    assert!(!trace.find("call").is_document());
    assert_eq!(trace.root().child("call").child("server").id(), "4");
    assert_eq!(trace.root().find("server").get("/http/response/status"), 200);
    assert_eq!(trace.root().get("/nowhere"), &Value::Null);
    assert_eq!(trace.nodes().len(), 5);
}

#[test]
fn equal_starts_keep_the_order_of_arrival() {
    let child = |name: &str| json!({"name": name, "id": name, "parent_id": "1", "start_time": 2.0, "end_time": 2.0});
    let parent = json!({"name": "parent", "id": "1", "start_time": 1.0, "end_time": 3.0});
    let names = ["d", "a", "c", "b"];
    let rendered = trace(names.map(child).into_iter().chain([parent])).render();
    assert_eq!(rendered, "parent\n├─ d\n├─ a\n├─ c\n└─ b\n");

    let nested =
        json!({"name": "parent", "id": "1", "subsegments": names.map(|name| json!({"name": name, "id": name}))});
    assert_eq!(trace([nested]).render(), rendered);
}

#[test]
fn a_finished_document_replaces_one_in_progress() {
    let pending = json!({"name": "work", "id": "1", "start_time": 1.0, "in_progress": true, "subsegments": [{"name": "part", "id": "2", "start_time": 1.0, "in_progress": true}]});
    let finished = json!({"name": "work", "id": "1", "start_time": 1.0, "end_time": 2.0});
    let part = json!({"name": "part", "id": "2", "parent_id": "1", "start_time": 1.0, "end_time": 2.0});
    assert_eq!(trace([pending.clone()]).render(), "work [in_progress]\n└─ part [in_progress]\n");
    assert_eq!(trace([pending.clone(), part.clone(), finished.clone()]).render(), "work\n└─ part\n");
    assert_eq!(trace([finished, part, pending]).render(), "work\n└─ part\n", "in any order");
}

#[test]
fn oddities_are_marked_and_nothing_is_lost() {
    let entity = |name: &str, parent: Option<&str>| json!({"name": name, "id": name, "parent_id": parent, "start_time": 1.0, "end_time": 2.0});
    for (documents, expected) in [
        (vec![entity("a", Some("x")), entity("b", Some("a"))], "a (parent not captured)\n└─ b\n"),
        (vec![entity("a", None), entity("a", None)], "a\na (sent twice)\n"),
        (vec![entity("a", Some("b")), entity("b", Some("a")), entity("c", None)], "a (its own ancestor)\n└─ b\nc\n"),
        (vec![entity("a", Some("a"))], "a (its own ancestor)\n"),
        (vec![json!({}), json!(7), json!(null)], "(no name)\n(no name)\n(no name)\n"),
        (vec![json!({"name": "a\n\u{1b}[31m\u{202e}"})], "a\\n\\u{1b}[31m\\u{202e}\n"),
    ] {
        let documents: Documents = documents.into_iter().collect();
        assert_eq!(documents.only_trace().render(), expected);
    }
}

#[test]
fn the_first_of_several_is_found_each_before_its_children() {
    let entity = |name: &str, id: &str, subsegments: &[Value]| json!({"name": name, "id": id, "start_time": 1.0, "end_time": 2.0, "subsegments": subsegments});
    let below = entity(
        "root",
        "0",
        &[entity("a", "1", &[entity("x", "2", &[])]), entity("b", "3", &[]), entity("x", "4", &[])],
    );
    let trace = trace([below, entity("other", "5", &[]), entity("b", "6", &[])]);
    let ids: Vec<_> = trace.nodes().iter().map(|node| node.id().to_owned()).collect();
    assert_eq!(ids, ["0", "1", "2", "3", "4", "5", "6"]);
    assert_eq!(trace.find("x").id(), "2");
    assert_eq!(trace.find("b").id(), "3");
    assert_eq!(trace.roots()[0].find("x").id(), "2");
    assert_eq!(trace.roots()[0].child("x").id(), "4");
}

#[test]
fn traces_are_told_apart() {
    let document = |trace: &str, name: &str| json!({"trace_id": trace, "name": name, "id": name, "start_time": 1.0});
    let documents: Documents = [document("t2", "a"), document("t1", "b"), document("t2", "c")].into_iter().collect();
    let ids: Vec<_> = documents.traces().iter().map(|trace| trace.id().to_owned()).collect();
    assert_eq!(ids, ["t2", "t1"]);
    assert_eq!(documents.trace("t1").render(), "b\n");
    assert_eq!(documents.trace("t2").roots().len(), 2);
}

#[test]
#[should_panic(expected = "\"work\" has no child \"rest\" in:\nwork\n└─ part\n")]
fn a_missing_child_shows_the_tree() {
    let document = json!({"name": "work", "id": "1", "subsegments": [{"name": "part", "id": "2"}]});
    trace([document]).root().child("rest");
}

#[test]
#[should_panic(expected = "there is not exactly one trace: 2 documents came:\ntrace a\nx\ntrace b\ny\n")]
fn several_traces_are_not_the_only_one() {
    let documents: Documents =
        [json!({"trace_id": "a", "name": "x"}), json!({"trace_id": "b", "name": "y"})].into_iter().collect();
    documents.only_trace();
}

#[test]
fn a_deep_chain_of_documents_does_not_overflow_the_stack() {
    let chain = (0..2_000).map(|level: u32| {
        let parent = level.checked_sub(1).map(|parent| parent.to_string());
        json!({"trace_id": "t", "name": "n", "id": level.to_string(), "parent_id": parent, "start_time": level})
    });
    let documents: Documents = chain.collect();
    let walk = move || documents.only_trace().render().lines().count();
    let small = std::thread::Builder::new().stack_size(128 * 1024);
    assert_eq!(small.spawn(walk).unwrap().join().unwrap(), 2_000);
}

fn trace(documents: impl IntoIterator<Item = Value>) -> Trace {
    let of_one_trace = |mut document: Value| {
        document["trace_id"] = json!("t");
        document
    };
    documents.into_iter().map(of_one_trace).collect::<Documents>().only_trace()
}
