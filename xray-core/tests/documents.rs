//! What each call gives in the document that arrives.
//!
//! `P` and a number is a row of the Python SDK's tests, `X` one that was measured on it, `S` one of the other SDKs'.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use serde_json::{Value, json};
use test_support::Fixture;
use xray_core::{
    Clock, Exception, HttpRequest, HttpResponse, Namespace, Preparation, Segment, SegmentId, Sql, Subsegment,
};

/// What is done to a segment, and the values that its document then has; `null` where it has none.
type Case = (&'static str, fn(&Segment), &'static [(&'static str, &'static str)]);

#[test]
fn what_is_put_on_a_segment_stands_in_its_document() {
    let cases: &[Case] = &[
        ("P31", |_| {}, &[("/name", r#""DummySegment Test""#)]),
        ("P32", |segment| segment.set_user("whoami"), &[("/user", r#""whoami""#)]),
        ("origin", |segment| segment.set_origin("AWS::ECS::Container"), &[("/origin", r#""AWS::ECS::Container""#)]),
        (
            "P33",
            |segment| {
                segment.set_http_request(HttpRequest::new("GET", "http://shop.example/cart"));
                segment.set_http_response(HttpResponse::new(200));
            },
            &[
                ("/http/request", r#"{"method":"GET","url":"http://shop.example/cart"}"#),
                ("/http/response", r#"{"status":200}"#),
                ("/error", "null"),
                ("/fault", "null"),
            ],
        ),
        (
            "P34",
            |segment| segment.put_metadata("key", BTreeMap::from([("a", 1)])),
            &[("/metadata", r#"{"default":{"key":{"a":1}}}"#)],
        ),
        (
            "P34 in a namespace",
            |segment| {
                segment.put_metadata_in("my namespace", "key", "value");
                segment.put_metadata_in("my namespace", "other", [1, 2]);
            },
            &[("/metadata", r#"{"my namespace":{"key":"value","other":[1,2]}}"#)],
        ),
        (
            "P35",
            |segment| {
                segment.put_annotation("invalid-key", "kept");
                segment.put_annotation("number", 1);
                segment.put_annotation("boolean", false);
                segment.put_annotation("float", 0.5);
                segment.put_annotation("negative", -7_i64);
                segment.put_annotation("largest", u64::MAX);
            },
            &[(
                "/annotations",
                r#"{"invalid_key":"kept","number":1,"boolean":false,"float":0.5,"negative":-7,"largest":18446744073709551615}"#,
            )],
        ),
        (
            "replaced annotation",
            |segment| {
                segment.put_annotation("a", "first");
                segment.put_annotation("b", 2);
                segment.put_annotation("a", "second");
            },
            &[("/annotations", r#"{"a":"second","b":2}"#)],
        ),
        (
            "P37 throttle",
            |segment| segment.set_http_response(HttpResponse::new(429)),
            &[("/throttle", "true"), ("/error", "true"), ("/fault", "null")],
        ),
        (
            "P37 fault",
            |segment| segment.set_http_response(HttpResponse::new(503)),
            &[("/fault", "true"), ("/error", "null"), ("/cause", "null")],
        ),
        (
            "P37 error",
            |segment| segment.set_http_response(HttpResponse::new(403)),
            &[("/error", "true"), ("/throttle", "null"), ("/fault", "null")],
        ),
        (
            "a 429 beside a fault of the program's",
            |segment| {
                segment.record_error("gone");
                segment.set_http_response(HttpResponse::new(429));
            },
            &[
                ("/throttle", "true"),
                ("/error", "true"),
                ("/fault", "true"),
                ("/cause/exceptions/0/message", r#""gone""#),
            ],
        ),
        (
            "a fault after a 429",
            |segment| {
                segment.set_http_response(HttpResponse::new(429));
                segment.set_fault();
            },
            &[
                ("/throttle", "true"),
                ("/error", "true"),
                ("/fault", "true"),
                ("/cause/exceptions/0/type", r#""fault""#),
            ],
        ),
        (
            "a flagged throttle beside a fault of the program's",
            |segment| {
                segment.set_fault();
                segment.set_throttle();
            },
            &[("/throttle", "true"), ("/fault", "true"), ("/cause/exceptions/0/type", r#""fault""#)],
        ),
        (
            "S3 throttles with 503",
            |segment| {
                segment.set_http_response(HttpResponse::new(503));
                segment.set_throttle();
            },
            &[("/throttle", "true"), ("/error", "true"), ("/fault", "null"), ("/cause", "null")],
        ),
        (
            "a fault beside a 200",
            |segment| {
                segment.set_http_response(HttpResponse::new(200));
                segment.set_fault();
            },
            &[("/fault", "true"), ("/error", "null"), ("/cause/exceptions/0/type", r#""fault""#)],
        ),
        (
            "a fault beside a 404",
            |segment| {
                segment.set_fault();
                segment.set_http_response(HttpResponse::new(404));
            },
            &[("/fault", "true"), ("/error", "true"), ("/cause/exceptions/0/type", r#""fault""#)],
        ),
        (
            "no status",
            |segment| segment.set_http_response(HttpResponse::new(600).content_length(Some(7))),
            &[("/http/response", r#"{"content_length":7}"#), ("/fault", "null"), ("/error", "null")],
        ),
        ("no status at all", |segment| segment.set_http_response(HttpResponse::new(0)), &[("/http", "null")]),
        (
            "no URL",
            |segment| segment.set_http_request(HttpRequest::new("GET", "INVALID_URL").client_ip("no address")),
            &[("/http/request", r#"{"method":"GET"}"#)],
        ),
        ("no origin", |segment| segment.set_origin("my laptop"), &[("/origin", "null")]),
        ("S73", |segment| segment.set_http_response(HttpResponse::new(401)), &[("/error", "true"), ("/fault", "null")]),
        ("flag error", |segment| segment.set_error(), &[("/error", "true"), ("/cause", "null")]),
        ("flag throttle", |segment| segment.set_throttle(), &[("/throttle", "true"), ("/error", "true")]),
        (
            "flag fault",
            |segment| segment.set_fault(),
            &[("/fault", "true"), ("/cause/exceptions/0/type", r#""fault""#)],
        ),
        (
            "S78 with",
            |segment| segment.set_http_response(HttpResponse::new(403).content_length(Some(5637))),
            &[("/http/response", r#"{"status":403,"content_length":5637}"#)],
        ),
        (
            "S78 unknown",
            |segment| segment.set_http_response(HttpResponse::new(403).content_length(None)),
            &[("/http/response", r#"{"status":403,"content_length":-1}"#)],
        ),
        (
            "S78 without",
            |segment| segment.set_http_response(HttpResponse::new(403)),
            &[("/http/response", r#"{"status":403}"#)],
        ),
        (
            "S77",
            |segment| segment.set_http_request(HttpRequest::new("GET", "/").forwarded_for("client2, proxy2")),
            &[("/http/request/client_ip", r#""client2""#), ("/http/request/x_forwarded_for", "true")],
        ),
        (
            "S77 socket",
            |segment| segment.set_http_request(HttpRequest::new("GET", "/").client_ip("192.0.2.7").user_agent("curl")),
            &[
                ("/http/request/client_ip", r#""192.0.2.7""#),
                ("/http/request/x_forwarded_for", "null"),
                ("/http/request/user_agent", r#""curl""#),
            ],
        ),
        (
            "S81",
            |segment| segment.set_http_request(HttpRequest::new("GET", "http://user:pass@127.0.0.1:80/a?b=c#d")),
            &[("/http/request/url", r#""http://127.0.0.1:80/a""#)],
        ),
        ("S95", |segment| segment.put_metadata_in("AWS.x", "key", 1), &[("/metadata", "null")]),
        (
            "S95 prototype",
            |segment| segment.put_metadata_in("__proto__", "a", 1),
            &[("/metadata", r#"{"__proto__":{"a":1}}"#)],
        ),
        ("X12", |segment| segment.put_annotation("nan", f64::NAN), &[("/annotations", "null")]),
        ("infinite", |segment| segment.put_annotation("infinite", f32::INFINITY), &[("/annotations", "null")]),
        ("nameless", |segment| segment.put_annotation("", 1), &[("/annotations", "null")]),
        (
            "X28",
            |segment| {
                segment.put_metadata("bytes", b"ab");
                segment.put_metadata("nan", f64::NAN);
                segment.put_metadata("pairs", HashMap::from([(1, "one")]));
                segment.put_metadata("none", None::<u8>);
            },
            &[("/metadata/default", r#"{"bytes":[97,98],"nan":null,"pairs":{"1":"one"},"none":null}"#)],
        ),
        (
            "X28 keys that are no texts",
            |segment| segment.put_metadata("key", BTreeMap::from([((1, 2), 3)])),
            &[("/metadata/default/key", r#""[not recorded: key must be a string]""#)],
        ),
        (
            "P55 replaced metadata",
            |segment| {
                segment.put_metadata("key", "first");
                segment.put_metadata("key", json!({"nested": [{"deep": null}, [[]], {}]}));
            },
            &[("/metadata/default", r#"{"key":{"nested":[{"deep":null},[[]],{}]}}"#)],
        ),
        (
            "P44, P49",
            |segment| segment.record_exception(Exception::new("TypeError", "msg").remote(true)),
            &[
                ("/cause/exceptions/0/type", r#""TypeError""#),
                ("/cause/exceptions/0/message", r#""msg""#),
                ("/cause/exceptions/0/remote", "true"),
                ("/cause/exceptions/1", "null"),
                ("/fault", "null"),
            ],
        ),
        (
            "P47",
            |segment| {
                segment.record_error("first");
                segment.record_error("second");
            },
            &[
                ("/cause/exceptions/0/message", r#""first""#),
                ("/cause/exceptions/1/message", r#""second""#),
                ("/cause/exceptions/0/remote", "null"),
                ("/fault", "true"),
            ],
        ),
        (
            "rename",
            |segment| {
                segment.put_annotation("a", "b");
                segment.set_name("new ナ*me");
            },
            &[("/name", r#""new ナme""#), ("/annotations", r#"{"a":"b"}"#)],
        ),
        (
            "aws",
            |segment| {
                segment.put_aws("account_id", "123456789012");
                segment.put_aws("xray", 1);
            },
            &[("/aws/account_id", r#""123456789012""#), ("/aws/xray/sdk", r#""X-Ray for Rust""#)],
        ),
    ];
    for (row, act, expected) in cases {
        let traced = Fixture::start();
        act(&traced.recorder.begin_segment("DummySegment() Test?"));
        let root = traced.only_trace().root();
        for (pointer, value) in *expected {
            let value: Value = serde_json::from_str(value).unwrap();
            assert_eq!(*root.get(pointer), value, "{row}: {pointer} of {root:?}");
        }
    }
}

#[test]
fn what_is_put_on_a_subsegment_stands_in_its_document() {
    type Case = (&'static str, fn(&Subsegment), &'static [(&'static str, &'static str)]);
    let cases: &[Case] = &[
        (
            "P58",
            |_| {},
            &[
                ("/namespace", "null"),
                ("/type", "null"),
                ("/in_progress", "null"),
                ("/trace_id", "null"),
                ("/service", "null"),
                ("/aws", "null"),
            ],
        ),
        (
            "P59",
            |subsegment| {
                subsegment.set_namespace(Namespace::Remote);
                subsegment.set_http_request(HttpRequest::new("POST", "https://pay.example/").traced(true));
                subsegment.set_http_response(HttpResponse::new(200).content_length(Some(0)));
            },
            &[
                ("/namespace", r#""remote""#),
                (
                    "/http",
                    r#"{"request":{"method":"POST","url":"https://pay.example/","traced":true},"response":{"status":200,"content_length":0}}"#,
                ),
            ],
        ),
        (
            "P60",
            |subsegment| {
                subsegment.set_namespace(Namespace::Remote);
                let sql = Sql::new("PostgreSQL").url("postgres://app:secret@db:5432/shop").user("app");
                subsegment.set_sql(
                    sql.database_version("9.5")
                        .driver_version("1")
                        .preparation(Preparation::Statement)
                        .sanitized_query("SELECT ?"),
                );
            },
            &[(
                "/sql",
                r#"{"url":"postgres://app@db:5432/shop","database_type":"PostgreSQL","database_version":"9.5","driver_version":"1","user":"app","preparation":"statement","sanitized_query":"SELECT ?"}"#,
            )],
        ),
        (
            "P61",
            |subsegment| {
                subsegment.set_namespace(Namespace::Aws);
                subsegment.put_aws("operation", "PutItem");
                subsegment.put_aws("table_name", "carts");
                subsegment.put_aws("operation", "GetItem");
            },
            &[("/namespace", r#""aws""#), ("/aws", r#"{"operation":"GetItem","table_name":"carts"}"#)],
        ),
        (
            "precursors",
            |subsegment| {
                let sibling: SegmentId = "53995c3f42cd8ad8".parse().unwrap();
                subsegment.put_precursor(sibling);
                subsegment.put_precursor(sibling);
            },
            &[("/precursor_ids", r#"["53995c3f42cd8ad8"]"#)],
        ),
        (
            "P81",
            |subsegment| subsegment.record_error("x"),
            &[("/fault", "true"), ("/cause/exceptions/0/message", r#""x""#), ("/cause/exceptions/1", "null")],
        ),
        ("P30", |subsegment| subsegment.set_name("福"), &[("/name", r#""福""#)]),
        ("X11", |subsegment| subsegment.set_name("***"), &[("/name", r#""unnamed""#)]),
    ];
    for (row, act, expected) in cases {
        let traced = Fixture::start();
        let segment = traced.recorder.begin_segment("shop");
        act(&segment.begin_subsegment("part"));
        segment.end();
        let root = traced.only_trace().root();
        let part = &root.children()[0];
        for (pointer, value) in *expected {
            let value: Value = serde_json::from_str(value).unwrap();
            assert_eq!(*part.get(pointer), value, "{row}: {pointer} of {part:?}");
        }
        let only_on_segments = ["/fault", "/error", "/cause", "/http", "/annotations", "/metadata"];
        assert!(only_on_segments.iter().all(|pointer| root.get(pointer).is_null()), "{row}: {root:?}");
    }
}

/// What a program gives is a number where the field is a text, and the other way round. OpenTelemetry's collector drops a
/// whole segment for one field of another type.
#[test]
fn fields_of_the_aws_block_have_their_types() {
    /// Key, value, what is recorded, how many values are rejected.
    type Case = (&'static str, Value, Value, u64);
    let none = Value::Null;
    let calls: Vec<Case> = vec![
        ("account_id", json!(123_456_789_012_u64), json!("123456789012"), 0),
        ("account_id", json!(12), json!("000000000012"), 0),
        ("account_id", json!("123456789012"), json!("123456789012"), 0),
        ("account_id", json!(["123456789012"]), none.clone(), 1),
        ("retries", json!("3"), json!(3), 0),
        ("retries", json!(3.0), json!(3), 0),
        ("retries", json!(3.5), none.clone(), 1),
        ("retries", json!(-1), none.clone(), 1),
        ("retries", json!("many"), none.clone(), 1),
        ("retries", json!(true), none.clone(), 1),
        ("table_names", json!("t"), json!(["t"]), 0),
        ("table_names", json!(["t", 7]), json!(["t", "7"]), 0),
        ("table_names", json!([]), none.clone(), 0),
        ("table_names", json!([["t"]]), none.clone(), 1),
        ("table_names", json!({"t": 1}), none.clone(), 1),
        ("consistent_read", json!("TRUE"), json!(true), 0),
        ("consistent_read", json!(1), none.clone(), 1),
        ("operation", json!(7), json!("7"), 0),
        ("region", none.clone(), none.clone(), 0),
        ("queue_url", json!("https://me:se/cret@sqs.example/1/q?x=y"), json!("https://sqs.example/1/q"), 0),
        ("queue_url", json!("https://me:12/34@sqs.example/1/q"), none.clone(), 1),
        ("whatever_else", json!({"a": [1]}), json!({"a": [1]}), 0),
        ("whatever_else", none.clone(), none.clone(), 0),
        ("WhateverElse", json!(1), none.clone(), 1),
        ("ec2", json!({"instance_id": "i-1"}), none.clone(), 1),
        ("xray", json!(1), none.clone(), 1),
        ("", json!(1), none.clone(), 1),
    ];
    let resources: Vec<Case> = vec![
        ("account_id", json!(123_456_789_012_u64), json!("123456789012"), 0),
        ("ec2", json!({"instance_id": 7, "ami_id": null}), json!({"instance_id": "7"}), 0),
        ("ec2", json!({"instance_id": "i-1", "surprise": 1}), json!({"instance_id": "i-1"}), 1),
        ("ec2", json!({}), none.clone(), 0),
        ("ec2", json!("i-1"), none.clone(), 1),
        ("elastic_beanstalk", json!({"deployment_id": "32"}), json!({"deployment_id": 32}), 0),
        ("cloudwatch_logs", json!({"log_group": "g"}), json!([{"log_group": "g"}]), 0),
        ("cloudwatch_logs", json!("g"), none.clone(), 1),
        ("queue_url", json!("https://sqs.example/1/q"), none.clone(), 1),
        ("operation", json!("PutItem"), none.clone(), 1),
        ("whatever_else", json!(1), none.clone(), 1),
    ];
    for (on_segment, cases) in [(false, calls), (true, resources)] {
        for (key, value, recorded, rejected) in cases {
            let traced = Fixture::start();
            let segment = traced.recorder.begin_segment("shop");
            let part = segment.begin_subsegment("part");
            if on_segment {
                segment.put_aws(key, &value)
            } else {
                part.put_aws(key, &value)
            }
            drop((part, segment));
            let root = traced.only_trace().root();
            let node = if on_segment { root } else { root.child("part") };
            let found = node.get("/aws").as_object().and_then(|aws| aws.get(key)).cloned().unwrap_or_default();
            let found = if key == "xray" { Value::Null } else { found };
            let stats = traced.recorder.stats();
            assert_eq!(
                (found, stats.rejected_values),
                (recorded, rejected),
                "{key}: {value}, on a segment: {on_segment}"
            );
        }
    }
}

/// A child that says how long it has been under way began before its parent, which a receiver shows as another story.
#[test]
fn an_age_reaches_no_further_back_than_the_parent() {
    let clock = Clock::manual(Duration::from_secs(1_800_000_000));
    let traced = Fixture::with(|builder| builder.clock(clock.clone()));
    let segment = traced.recorder.begin_segment("shop");
    clock.advance(Duration::from_secs(10));
    let outer = segment.begin_subsegment("outer");
    clock.advance(Duration::from_secs(1));
    let inner = outer.begin_subsegment("inner");
    inner.set_age(Duration::from_secs(5));
    outer.set_age(Duration::from_secs(3));
    drop((inner, outer, segment));
    let trace = traced.only_trace();
    assert_eq!(*trace.find("inner").get("/start_time"), 1_800_000_010.0);
    assert_eq!(*trace.find("outer").get("/start_time"), 1_800_000_008.0);
}
