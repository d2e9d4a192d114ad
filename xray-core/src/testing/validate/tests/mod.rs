//! What the validator says of entities; blocks and valid documents have files of their own.

mod blocks;
mod valid;

use serde_json::{Value, json};

use self::valid::{minimal, segment, subsegment};
use super::{validate, validate_references};

#[test]
fn fields_of_any_entity_are_refused() {
    refuses(
        segment,
        &[
            ("/surprise", json!(1), "unknown field"),
            ("/name", Value::Null, "not a string"),
            ("/name", json!(""), "empty"),
            ("/name", json!("n".repeat(201)), "201 characters"),
            ("/name", json!("a*b"), "'*' is not allowed"),
            ("/name", json!("🦀"), "is not allowed"),
            ("/name", json!("हिन्दी"), "'\u{93f}' is not allowed"),
            ("/name", json!("สินค้า"), "is not allowed"),
            ("/name", json!("a\tb"), "is not allowed"),
            ("/name", json!("a\nb"), "is not allowed"),
            ("/name", json!("a\\b"), "is not allowed"),
            ("/name", json!("𠮷"), "is not allowed"),
            ("/id", json!("70DE5B6F19FF9A0A"), "in lower case"),
            ("/id", json!("0000000000000000"), "nothing but zeros"),
            ("/trace_id", json!("1-581CF771-A006649127E371903A2DE979"), "in lower case"),
            ("/trace_id", json!("1-00000000-000000000000000000000000"), "not all zero"),
            ("/id", json!("70de5b6f19ff9a0"), "16 hexadecimal"),
            ("/id", json!("70de5b6f19ff9a0aa"), "16 hexadecimal"),
            ("/id", json!("70de5b6f19ff9a0g"), "16 hexadecimal"),
            ("/id", json!(7), "not a string"),
            ("/trace_id", json!("581cf771a006649127e371903a2de979"), "not of the form"),
            ("/trace_id", json!("1"), "not of the form"),
            ("/trace_id", json!("1-581cf771"), "not of the form"),
            ("/trace_id", json!("2-581cf771-a006649127e371903a2de979"), "not of the form"),
            ("/trace_id", json!("1-581cf771-a006649127e371903a2de97"), "not of the form"),
            ("/trace_id", json!("1-581cf771-a006649127e371903a2de97x"), "not of the form"),
            ("/trace_id", json!("1-581cf771-a006649127e371903a2de979-"), "not of the form"),
            ("/parent_id", json!("parent"), "16 hexadecimal"),
            ("/parent_id", json!("70de5b6f19ff9a0a"), "own id"),
            ("/start_time", json!("1478293361.25"), "not a number"),
            ("/start_time", json!(1478293361271u64), "plausible"),
            ("/start_time", json!(12.5), "plausible"),
            ("/start_time", json!(1478293361.1234567), "7 decimals"),
            ("/end_time", json!(1478293361.0), "before start_time"),
            ("/end_time", json!(null), "not a number"),
            ("/in_progress", json!(true), "not together"),
            ("/in_progress", json!(false), "false is left out"),
            ("/error", json!(false), "false is left out"),
            ("/throttle", json!(false), "false is left out"),
            ("/fault", json!(false), "false is left out"),
            ("/fault", json!(1), "not a boolean"),
            ("/subsegments", json!([]), "an empty array"),
            ("/subsegments", json!({}), "not an array"),
            ("/links", json!([]), "an empty array"),
            ("/links/0/id", json!("x"), "16 hexadecimal"),
            ("/links/0/attributes", json!(1), "not an object"),
            ("/links/0/surprise", json!(1), "unknown field"),
        ],
    );
    for (pointer, path) in [
        ("/name", "/name"),
        ("/id", "/id"),
        ("/trace_id", "/trace_id"),
        ("/start_time", "/start_time"),
        ("/end_time", "/end_time"),
        ("/subsegments/0/name", "/subsegments/0/name"),
        ("/subsegments/0/end_time", "/subsegments/0/end_time"),
        ("/links/0/trace_id", "/links/0/trace_id"),
    ] {
        assert_refused(&without(segment(), pointer), path, "missing");
    }
    for (document, message) in
        [(json!([]), "not an object"), (json!({}), "an empty object"), (json!(null), "not an object")]
    {
        assert_refused(&document, "", message);
    }
    assert_refused(&with(segment(), "/annotations/a~1b", json!(1)), "/annotations/a~1b", "the key");
}

#[test]
fn flags_that_contradict_the_rest_are_refused() {
    assert_refused(&without(segment(), "/error"), "/throttle", "without error");
    let no_cause = without(segment(), "/cause");
    assert_eq!(validate(&no_cause), Ok(()));
    assert_refused(&with(no_cause.clone(), "/http/response/status", json!(499)), "/fault", "without a cause");
    assert_refused(&without(no_cause, "/http"), "/fault", "without a cause");
}

#[test]
fn fields_of_another_kind_of_entity_are_refused() {
    refuses(
        segment,
        &[
            ("/namespace", json!("remote"), "only for a subsegment"),
            ("/traced", json!(true), "only for a subsegment"),
            ("/sql", json!({"user": "app"}), "only for a subsegment"),
            ("/precursor_ids", json!(["53995c3f42cd8ad8"]), "only for a subsegment"),
            ("/http/request/traced", json!(true), "only for a subsegment"),
            ("/aws/operation", json!("PutObject"), "belongs on a subsegment"),
            ("/aws/queue_url", json!("https://sqs/1/q"), "belongs on a subsegment"),
            ("/subsegments/0/trace_id", json!("1-581cf771-a006649127e371903a2de979"), "only for a document of its own"),
            ("/subsegments/0/parent_id", json!("70de5b6f19ff9a0a"), "only for a document of its own"),
            ("/subsegments/0/type", json!("subsegment"), "only for a document of its own"),
            ("/subsegments/0/user", json!("bob"), "only for a segment"),
        ],
    );
    refuses(
        subsegment,
        &[
            ("/origin", json!("AWS::EC2::Instance"), "only for a segment"),
            ("/resource_arn", json!("arn:aws:ecs"), "only for a segment"),
            ("/user", json!("bob"), "only for a segment"),
            ("/service", json!({"version": "1"}), "only for a segment"),
            ("/aws/ec2", json!({"instance_id": "i-1"}), "belongs on a segment"),
            ("/aws/cloudwatch_logs", json!([{"log_group": "g"}]), "belongs on a segment"),
            ("/type", json!("segment"), "not subsegment"),
            ("/inferred", json!(true), "unknown field"),
        ],
    );
    for key in ["trace_id", "parent_id"] {
        assert_refused(&without(subsegment(), &format!("/{key}")), &format!("/{key}"), "missing");
    }
    assert_refused(&without(subsegment(), "/type"), "/namespace", "only for a subsegment");
}

#[test]
fn a_child_begins_no_earlier_than_its_parent() {
    let document = with(segment(), "/subsegments/0/start_time", json!(1478293361.271));
    assert_refused(&document, "/subsegments/0/start_time", "before the start_time of its parent");
    let equal = with(segment(), "/subsegments/0/start_time", json!(1478293361.271001));
    assert_eq!(validate(&equal), Ok(()));
}

#[test]
fn causes_refer_to_exceptions_that_came() {
    let referring = |id: &str| with(segment(), "/subsegments/0/cause", json!(id));
    let chained = |id: &str| with(segment(), "/cause/exceptions/1/cause", json!(id));
    let elsewhere = with(subsegment(), "/cause", json!({"exceptions": [{"id": "cccccccccccccccc"}]}));
    for document in [referring, chained] as [fn(&str) -> Value; 2] {
        assert_eq!(validate_references([&document("aaaaaaaaaaaaaaaa")]), Ok(()));
        assert_eq!(validate_references([&document("cccccccccccccccc"), &elsewhere]), Ok(()));
        let violations = validate_references([&elsewhere, &document("dddddddddddddddd")]).unwrap_err();
        assert_eq!(violations.len(), 1, "{violations:?}");
        assert_eq!(violations[0].message(), "the exception dddddddddddddddd is in none of the documents");
    }
}

#[test]
fn an_id_is_used_once() {
    let document = with(segment(), "/subsegments/0/id", json!("70de5b6f19ff9a0a"));
    assert_refused(&document, "/subsegments/0/id", "also the id of the document");
    let document = with(
        segment(),
        "/subsegments/1",
        json!({"name": "b", "id": "c96a2e2e5b5f1a2b", "start_time": 1478293361, "in_progress": true}),
    );
    assert_refused(&document, "/subsegments/1/id", "also the id of /subsegments/0");
}

#[test]
fn length_is_that_of_the_compact_json() {
    let of_length = |length: usize| {
        let document = with(minimal(), "/metadata", json!({"default": {"k": "\n", "filler": ""}}));
        let filler = "f".repeat(length - document.to_string().len());
        with(document, "/metadata/default/filler", json!(filler))
    };
    assert_eq!(validate(&of_length(64_000)), Ok(()));
    assert_refused(&of_length(64_001), "", "64001 bytes, more than 64000");
}

#[test]
fn depth_does_not_overflow_the_stack() {
    let mut document = json!({"surprise": 1});
    for level in 0..DEPTH {
        let id = format!("{level:016x}");
        let subsegments = Value::Array(vec![document]);
        let fields =
            [("name", json!("n")), ("id", json!(id)), ("start_time", json!(1478293361)), ("in_progress", json!(true))];
        let fields = fields.into_iter().chain([("subsegments", subsegments)]);
        document = Value::Object(fields.map(|(key, value)| (key.to_owned(), value)).collect());
    }
    // A stack that recursion would use up long before the last level.
    let small = std::thread::Builder::new().stack_size(128 * 1024);
    let walk = move || {
        let violations = validate(&document).unwrap_err();
        // `serde_json` recurses to drop it.
        std::mem::forget(document);
        violations
    };
    let violations = small.spawn(walk).unwrap().join().unwrap();
    let deepest = violations.iter().find(|violation| violation.message() == "unknown field").unwrap();
    assert_eq!(deepest.path(), format!("{}/surprise", "/subsegments/0".repeat(DEPTH)));
}

fn refuses(valid: fn() -> Value, cases: &[(&str, Value, &str)]) {
    for (pointer, value, message) in cases {
        assert_refused(&with(valid(), pointer, value.clone()), pointer, message);
    }
}

#[track_caller]
fn assert_refused(document: &Value, path: &str, message: &str) {
    let violations = validate(document).expect_err(&document.to_string());
    let is_there = violations.iter().any(|found| found.path() == path && found.message().contains(message));
    assert!(is_there, "{path} {message}: {violations:?}");
}

fn with(mut document: Value, pointer: &str, value: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap() {
        Value::Object(fields) => drop(fields.insert(key.replace("~1", "/"), value)),
        Value::Array(elements) => {
            let index: usize = key.parse().unwrap();
            elements.splice(index..elements.len().min(index + 1), [value]);
        }
        other => panic!("{other} has no fields"),
    }
    document
}

fn without(mut document: Value, pointer: &str) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    document.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(key).unwrap();
    document
}

const DEPTH: usize = 20_000;
