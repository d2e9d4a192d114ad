//! Each rule about a block refuses something.

use serde_json::{Value, json};

use super::valid::{segment, subsegment};
use super::{assert_refused, refuses, validate, with, without};

#[test]
fn blocks_of_a_segment_are_refused() {
    refuses(
        segment,
        &[
            ("/origin", json!("EC2"), "not of the form"),
            ("/origin", json!("AWS::EC2::"), "not of the form"),
            ("/resource_arn", json!("i-1"), "not an ARN"),
            ("/user", json!("u".repeat(251)), "251 characters"),
            ("/service", json!({}), "an empty object"),
            ("/service/version", json!(1), "not a string"),
            ("/service/surprise", json!("x"), "unknown field"),
            ("/http", json!({}), "an empty object"),
            ("/http/request", json!({}), "an empty object"),
            ("/http/response", json!([]), "not an object"),
            ("/http/surprise", json!(1), "unknown field"),
            ("/http/request/surprise", json!(1), "unknown field"),
            ("/http/request/method", json!(1), "not a string"),
            ("/http/request/url", json!("https://example.com/?q=1"), "query"),
            ("/http/request/url", json!("https://example.com/#top"), "fragment"),
            ("/http/request/url", json!("https://bob:secret@example.com/"), "user-info"),
            ("/http/request/url", json!("bob@example.com/"), "user-info"),
            ("/http/request/url", json!(format!("/{}", "u".repeat(250))), "251 characters"),
            ("/http/request/url", json!("INVALID_URL"), "not of the form"),
            ("/http/request/url", json!("http:///cart"), "not of the form"),
            ("/http/request/url", json!("http://h:port/"), "not of the form"),
            ("/http/request/url", json!("http://bob:sec/ret@example.com/"), "not of the form"),
            ("/http/request/url", json!("http://h/a b"), "not of the form"),
            ("/http/request/url", json!("//h/a"), "not of the form"),
            ("/http/request/url", json!(""), "not of the form"),
            ("/http/request/client_ip", json!("192.0.2.7, 198.51.100.1"), "neither an IP address"),
            ("/http/request/client_ip", json!("192.0.2.7:80"), "neither an IP address"),
            ("/http/request/client_ip", json!("[::1]"), "neither an IP address"),
            ("/http/request/client_ip", json!(""), "neither an IP address"),
            ("/http/request/user_agent", json!("u".repeat(251)), "251 characters"),
            ("/http/request/client_ip", json!("1".repeat(251)), "251 characters"),
            ("/http/request/x_forwarded_for", json!("10.0.0.1"), "not a boolean"),
            ("/http/request/x_forwarded_for", json!(false), "false is left out"),
            ("/http/response/status", json!("200"), "not an integer"),
            ("/http/response/status", json!(99), "not an integer"),
            ("/http/response/status", json!(600), "not an integer from 100 to 599"),
            ("/http/response/status", json!(500.5), "not an integer"),
            ("/http/response/content_length", json!(-2), "not an integer"),
            ("/http/response/content_length", json!(1.5), "not an integer"),
            ("/http/response/surprise", json!(1), "unknown field"),
            ("/aws", json!({}), "an empty object"),
            ("/aws/surprise", json!(1), "no such field"),
            ("/aws/account_id", json!(123456789012u64), "not a string"),
            ("/aws/xray/auto_instrumentation", json!("no"), "not a boolean"),
            ("/aws/xray/surprise", json!("x"), "unknown field"),
            ("/aws/ec2/surprise", json!("x"), "unknown field"),
            ("/aws/ecs/container", json!(1), "not a string"),
            ("/aws/eks", json!({}), "an empty object"),
            ("/aws/elastic_beanstalk/deployment_id", json!("32"), "not an integer"),
            ("/aws/cloudwatch_logs", json!({}), "not an array"),
            ("/aws/cloudwatch_logs/0/arn", json!(1), "not a string"),
            ("/annotations", json!({}), "an empty object"),
            ("/annotations", json!([1]), "not an object"),
            ("/annotations/a-b", json!(1), "the key is not"),
            ("/annotations/list", json!([1]), "neither string"),
            ("/annotations/none", Value::Null, "neither string"),
            ("/annotations/long", json!("l".repeat(1001)), "1001 characters"),
            ("/metadata", json!({}), "an empty object"),
            ("/metadata/flat", json!(1), "not an object"),
            ("/metadata/empty", json!({}), "an empty object"),
            ("/metadata/AWS.mine", json!({"k": 1}), "reserved"),
        ],
    );
    assert_refused(
        &without(segment(), "/aws/cloudwatch_logs/0/log_group"),
        "/aws/cloudwatch_logs/0/log_group",
        "missing",
    );
    let annotations: Value = (0..51).map(|number| (format!("k{number}"), json!(number))).collect();
    assert_refused(
        &with(segment(), "/annotations", annotations.clone()),
        "/annotations",
        "51 annotations, more than 50",
    );
    let annotations = without(json!({"annotations": annotations}), "/annotations/k50");
    assert_eq!(validate(&with(segment(), "/annotations", annotations["annotations"].clone())), Ok(()));
    for (key, message) in [(String::new(), "the key is not"), ("k".repeat(501), "501 characters")] {
        let document = with(segment(), "/annotations", json!({ key.as_str(): 1 }));
        assert_refused(&document, &format!("/annotations/{key}"), message);
    }
}

#[test]
fn blocks_of_a_subsegment_are_refused() {
    refuses(
        subsegment,
        &[
            ("/namespace", json!("local"), "neither aws nor remote"),
            ("/traced", json!(false), "false is left out"),
            ("/http/request/traced", json!(false), "false is left out"),
            ("/precursor_ids", json!([]), "one or more"),
            ("/precursor_ids", json!(["x"]), "16 hexadecimal"),
            ("/precursor_ids", json!(["c96a2e2e5b5f1a2b", "c96a2e2e5b5f1a2b"]), "twice"),
            ("/precursor_ids", json!(["53995c3f42cd8ad8"]), "own id"),
            ("/aws/region", json!(1), "not a string"),
            ("/aws/queue_url", json!("https://me:secret@sqs/1/q"), "user-info"),
            ("/aws/retries", json!(-1), "not an integer"),
            ("/aws/retries", json!("1"), "not an integer"),
            ("/aws/table_names", json!("t"), "not an array"),
            ("/aws/table_names", json!([]), "one or more"),
            ("/aws/consistent_read", json!("yes"), "not a boolean"),
            ("/aws/BucketName", json!("b"), "snake_case"),
            ("/aws/bucketName", json!("b"), "snake_case"),
            ("/aws/2_buckets", json!("b"), "snake_case"),
            ("/aws/whatever", Value::Null, "null"),
            ("/sql", json!({}), "an empty object"),
            ("/sql/surprise", json!(1), "unknown field"),
            ("/sql/user", json!("u".repeat(251)), "251 characters"),
            ("/sql/database_type", json!(1), "not a string"),
            ("/sql/preparation", json!("prepared"), "neither statement nor call"),
            ("/sql/connection_string", json!("host=db Password=secret"), "password"),
            ("/sql/connection_string", json!("mongodb://app:secret@db/shop"), "password"),
            ("/sql/url", json!("db.example.com:5432"), "not of the form"),
            ("/sql/url", json!(":memory:"), "not of the form"),
            ("/sql/url", json!("sqlite:///var/shop.db"), "not of the form"),
            ("/sql/url", json!("postgresql://db.example.com"), "not of the form"),
            ("/sql/url", json!("postgresql://db.example.com/"), "not of the form"),
            ("/sql/url", json!("postgresql://app:secret@db/shop"), "not of the form"),
            ("/sql/url", json!("postgresql://@db/shop"), "not of the form"),
            ("/sql/url", json!("postgresql://db:99999/shop"), "not of the form"),
            ("/sql/url", json!("postgresql://db:/shop"), "not of the form"),
            ("/sql/url", json!("postgresql://[nonsense]/shop"), "not of the form"),
            ("/sql/url", json!("postgresql://[::1]5432/shop"), "not of the form"),
            ("/sql/url", json!("postgresql://db/shop?sslmode=disable"), "not of the form"),
            ("/sql/url", json!("postgresql://db/shop/more"), "not of the form"),
            ("/sql/url", json!("postgresql://db/my shop"), "not of the form"),
            ("/sql/url", json!("1sql://db/shop"), "not of the form"),
        ],
    );
}

#[test]
fn causes_are_refused() {
    refuses(
        segment,
        &[
            ("/cause", json!("53995c3f"), "16 hexadecimal"),
            ("/cause", json!(1), "not an object"),
            ("/cause", json!({}), "an empty object"),
            ("/cause/surprise", json!(1), "unknown field"),
            ("/cause/working_directory", json!(1), "not a string"),
            ("/cause/paths", json!([]), "one or more"),
            ("/cause/exceptions", json!([]), "an empty array"),
            ("/cause/exceptions", json!({}), "not an array"),
            ("/cause/exceptions/0", json!("boom"), "not an object"),
            ("/cause/exceptions/0/messages", json!("x"), "unknown field"),
            ("/cause/exceptions/0/id", json!("x"), "16 hexadecimal"),
            ("/cause/exceptions/0/message", Value::Null, "not a string"),
            ("/cause/exceptions/0/type", json!(1), "not a string"),
            ("/cause/exceptions/0/remote", json!(false), "false is left out"),
            ("/cause/exceptions/0/truncated", json!("1"), "not an integer"),
            ("/cause/exceptions/0/skipped", json!(1.5), "not an integer"),
            ("/cause/exceptions/0/cause", json!("x"), "16 hexadecimal"),
            ("/cause/exceptions/0/cause", json!("aaaaaaaaaaaaaaaa"), "own id"),
            ("/cause/exceptions/0/stack", json!([]), "an empty array"),
            ("/cause/exceptions/0/stack/0", json!({}), "an empty object"),
            ("/cause/exceptions/0/stack/0/line", json!("7"), "not an integer"),
            ("/cause/exceptions/0/stack/0/line", Value::Null, "not an integer"),
            ("/cause/exceptions/0/stack/0/path", json!(1), "not a string"),
            ("/cause/exceptions/0/stack/0/surprise", json!(1), "unknown field"),
            ("/cause/exceptions/1/id", json!("aaaaaaaaaaaaaaaa"), "another exception"),
        ],
    );
    assert_refused(&with(segment(), "/cause", json!({"paths": ["a"]})), "/cause/exceptions", "missing");
    assert_refused(&without(segment(), "/cause/exceptions/0/id"), "/cause/exceptions/0/id", "missing");
    let twice = with(segment(), "/subsegments/0/cause", json!({"exceptions": [{"id": "aaaaaaaaaaaaaaaa"}]}));
    assert_refused(&twice, "/subsegments/0/cause/exceptions/0/id", "another exception");
}
