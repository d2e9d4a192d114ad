//! What each call gives in the document that arrives.
//!
//! `P` and a number is a row of the Python SDK's tests, `X` one that was measured on it, `S` one of the other SDKs'.

mod support;

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};
use support::Traced;
use xray_core::{Exception, HttpRequest, HttpResponse, Namespace, Preparation, Segment, SegmentId, Sql, Subsegment};

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
        let traced = Traced::new();
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
        let traced = Traced::new();
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
