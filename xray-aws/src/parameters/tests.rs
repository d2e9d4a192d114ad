use serde_json::{Map, Value, json};

use super::*;

const JSON: &str = "application/x-amz-json-1.0";
const FORM: &str = "application/x-www-form-urlencoded";

fn recorded(
    which: fn(&str, &str, &Message<'_>, Put<'_>),
    call: (&str, &str),
    uri: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Value {
    let header = |name: &str| headers.iter().find(|header| header.0 == name).map(|header| header.1);
    let message = Message { uri, header: &header, body: Some(body) };
    let mut found = Map::new();
    which(call.0, call.1, &message, &mut |key, value| {
        assert_eq!(found.insert(key.to_owned(), value), None, "{key} twice")
    });
    found.into()
}

#[test]
fn requests_give_what_the_table_asks_for_and_nothing_else() {
    let secret = json!({ "S": "secret" });
    for (call, body, expected) in [
        (
            ("DynamoDB", "GetItem"),
            json!({ "TableName": "orders", "Key": { "id": secret }, "ConsistentRead": true, "ProjectionExpression": "id, total" }),
            json!({ "table_name": "orders", "consistent_read": true, "projection_expression": "id, total" }),
        ),
        (
            ("DynamoDB", "PutItem"),
            json!({ "Item": { "TableName": secret }, "TableName": "orders" }),
            json!({ "table_name": "orders" }),
        ),
        (
            ("DynamoDB", "BatchGetItem"),
            json!({ "RequestItems": { "carts": { "Keys": [] }, "orders": { "Keys": [{ "id": secret }] } } }),
            json!({ "table_names": ["carts", "orders"] }),
        ),
        (
            ("DynamoDB", "Scan"),
            json!({
                "TableName": "orders", "Segment": 1, "TotalSegments": 4, "Select": "COUNT", "Limit": 10, "IndexName": "by-day",
                "AttributesToGet": ["id"], "ExpressionAttributeValues": { ":v": secret }, "FilterExpression": "total > :v",
                "ExclusiveStartKey": { "id": secret },
            }),
            json!({
                "table_name": "orders", "segment": 1, "total_segments": 4, "select": "COUNT", "limit": 10, "index_name": "by-day",
                "attributes_to_get": ["id"],
            }),
        ),
        (("DynamoDB", "UpdateTimeToLive"), json!({ "TableName": "orders" }), json!({ "table_name": "orders" })),
        (("DynamoDB", "ExecuteStatement"), json!({ "Statement": "SELECT secret" }), json!({})),
        (
            ("SQS", "SendMessage"),
            json!({ "QueueUrl": "q", "MessageBody": "secret", "MessageAttributes": { "a": secret, "b": secret } }),
            json!({ "queue_url": "q", "message_attribute_names": ["a", "b"] }),
        ),
        (
            ("SQS", "SendMessageBatch"),
            json!({ "QueueUrl": "q", "Entries": [{ "MessageBody": "secret" }, {}] }),
            json!({ "queue_url": "q", "message_count": 2 }),
        ),
        (("Unknown", "GetItem"), json!({ "TableName": "orders" }), json!({})),
    ] {
        let headers = [("content-type", JSON)];
        assert_eq!(recorded(of_request, call, "/", &headers, body.to_string().as_bytes()), expected, "{call:?}");
    }
}

#[test]
fn requests_without_a_json_body_give_theirs() {
    for (call, uri, header, body, expected) in [
        (
            ("S3", "GetObject"),
            "/orders/caf%C3%A9%20%3F.json?x-id=GetObject&versionId=v%2B1",
            ("", ""),
            "",
            json!({ "key": "orders/café ?.json", "version_id": "v+1" }),
        ),
        (
            ("S3", "ListObjectsV2"),
            "/?list-type=2&prefix=orders%2F&xprefix=no",
            ("", ""),
            "",
            json!({ "prefix": "orders/" }),
        ),
        (
            ("S3", "CopyObject"),
            "/b",
            ("x-amz-copy-source", "shop/a?versionId=1"),
            "",
            json!({ "key": "b", "copy_source": "shop/a?versionId=1" }),
        ),
        (("S3", "GetObject"), "//../%00%FF?versionId=", ("", ""), "", json!({ "key": "/../\0\u{fffd}" })),
        (("S3", "WriteGetObjectResponse"), "/WriteGetObjectResponse", ("", ""), "", json!({})),
        (
            ("SNS", "Publish"),
            "/",
            ("content-type", FORM),
            "Action=Publish&Message=secret&TopicArn=arn%3Aaws%3Asns%3A%3A1%3At",
            json!({ "topic_arn": "arn:aws:sns::1:t" }),
        ),
        (
            ("Lambda", "Invoke"),
            "/2015-03-31/functions/123456789012%3Afunction%3Aprice/invocations",
            ("", ""),
            "",
            json!({ "function_name": "123456789012:function:price", "account_id": "123456789012" }),
        ),
        (
            ("S3", "GetObject"),
            "/a",
            ("x-amz-expected-bucket-owner", "123456789012"),
            "",
            json!({ "key": "a", "account_id": "123456789012" }),
        ),
        (
            ("Lambda", "Invoke"),
            "/2015-03-31/functions/arn%3Aaws%3Alambda%3A%3Aprice/invocations?Qualifier=live",
            ("x-amz-invocation-type", "Event"),
            r#"{"FunctionName":"secret"}"#,
            json!({ "function_name": "arn:aws:lambda::price", "invocation_type": "Event", "qualifier": "live" }),
        ),
        (
            ("SageMaker Runtime", "InvokeEndpoint"),
            "/endpoints/prices/invocations",
            ("", ""),
            "secret",
            json!({ "endpoint_name": "prices" }),
        ),
        // A body of another kind than the protocol's is not looked at.
        (("DynamoDB", "GetItem"), "/", ("content-type", "application/cbor"), r#"{"TableName":"orders"}"#, json!({})),
    ] {
        assert_eq!(recorded(of_request, call, uri, &[header], body.as_bytes()), expected, "{call:?} {uri}");
    }
}

#[test]
fn responses_give_counts_and_capacity_but_no_items() {
    let capacity = json!({ "TableName": "orders", "CapacityUnits": 0.5 });
    for (call, body, expected) in [
        (
            ("DynamoDB", "Query"),
            json!({ "Items": [{ "Count": { "S": "secret" } }], "Count": 1, "ScannedCount": 3, "ConsumedCapacity": capacity }),
            json!({ "count": 1, "scanned_count": 3, "consumed_capacity": capacity }),
        ),
        (("DynamoDB", "ListTables"), json!({ "TableNames": ["a", "b"] }), json!({ "table_count": 2 })),
        (("DynamoDB", "PutItem"), json!({ "ItemCollectionMetrics": { "ItemCollectionKey": "secret" } }), json!({})),
        (
            ("SQS", "SendMessageBatch"),
            json!({ "Failed": [{}], "Successful": [] }),
            json!({ "failed_count": 1, "successful_count": 0 }),
        ),
        (("SQS", "ReceiveMessage"), json!({ "Messages": [{ "Body": "secret" }] }), json!({ "message_count": 1 })),
    ] {
        let headers = [("content-type", JSON)];
        assert_eq!(recorded(of_response, call, "", &headers, body.to_string().as_bytes()), expected, "{call:?}");
    }
    let headers = [("x-amz-function-error", "Unhandled")];
    assert_eq!(
        recorded(of_response, ("Lambda", "Invoke"), "", &headers, b"{}"),
        json!({ "function_error": "Unhandled" })
    );
}

#[test]
fn hostile_bodies_are_bounded_and_never_panic() {
    let table = |body: &[u8]| recorded(of_request, ("DynamoDB", "GetItem"), "/", &[("content-type", JSON)], body);
    let deep = format!(r#"{{"TableName":"t","Key":{}"#, "[".repeat(500_000));
    let large = format!(r#"{{"TableName":"t","Item":"{}"}}"#, "x".repeat(LARGEST_BODY));
    let long = json!({ "TableName": "é".repeat(5_000) }).to_string();
    for (body, expected) in [
        (deep.as_bytes(), json!({ "table_name": "t" })),
        (large.as_bytes(), json!({})),
        (long.as_bytes(), json!({ "table_name": "é".repeat(1_024) })),
        (b"{\"TableName\":\"t\",\"Key\"".as_slice(), json!({ "table_name": "t" })),
        (b"{\"TableName\":\"\xff\"}", json!({})),
        (br#"{"\u0054ableName":"t"}"#, json!({ "table_name": "t" })),
        (br#"["TableName"]"#, json!({})),
        (b"", json!({})),
    ] {
        assert_eq!(table(body), expected, "{}", String::from_utf8_lossy(&body[..body.len().min(80)]));
    }
    let wrong = br#"{"RequestItems":["orders"]}"#;
    let headers = [("content-type", JSON)];
    assert_eq!(recorded(of_request, ("DynamoDB", "BatchGetItem"), "/", &headers, wrong), json!({}));
}
