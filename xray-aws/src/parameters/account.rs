//! The account that owns what a call is about, where the call says so.
//!
//! X-Ray wants the owner of the resource, see
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html#api-segmentdocuments-aws>. That of the
//! credentials may be another, and the SDK does not tell it to interceptors.

use serde_json::Value;

/// The account in a parameter that names the resource of a call.
pub(super) fn in_parameter<'a>(key: &str, value: &'a Value) -> Option<&'a str> {
    let value = value.as_str()?;
    match key {
        "table_name" | "topic_arn" | "function_name" => in_name(value),
        "queue_url" => in_queue_url(value),
        "queue_owner_aws_account_id" => account(value),
        _ => None,
    }
}

/// The account in front of a host, as of DynamoDB's endpoints for accounts, or in that of an access point of S3.
///
/// `has_bucket` says that what is in front may be a bucket, whose name may have twelve digits.
pub(crate) fn in_host(url: &str, has_bucket: bool) -> Option<&str> {
    let (_, behind) = url.split_once("://")?;
    let (label, host) = behind.split(['/', '?']).next()?.split_once('.')?;
    if has_bucket {
        account(label.rsplit_once('-').filter(|_| host.starts_with("s3-accesspoint."))?.1)
    } else {
        account(label)
    }
}

/// `arn:aws:sns:us-east-1:123456789012:orders`, or Lambda's `123456789012:function:price`.
fn in_name(name: &str) -> Option<&str> {
    let mut fields = name.split(':');
    match fields.next()? {
        "arn" => account(fields.nth(3)?),
        first => fields.next().and_then(|_| account(first)),
    }
}

/// `https://sqs.us-east-1.amazonaws.com/123456789012/orders`
fn in_queue_url(url: &str) -> Option<&str> {
    let (path, _) = url.rsplit_once('/')?;
    account(path.rsplit_once('/')?.1)
}

fn account(text: &str) -> Option<&str> {
    (text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_name_the_owner_of_what_is_called() {
        const OWNER: Option<&str> = Some("123456789012");
        for (key, value, owner) in [
            ("table_name", "arn:aws:dynamodb:us-east-1:123456789012:table/orders", OWNER),
            ("table_name", "orders", None),
            ("topic_arn", "arn:aws-cn:sns:cn-north-1:123456789012:orders", OWNER),
            ("topic_arn", "arn:aws:sns:us-east-1:12345:orders", None),
            ("topic_arn", "arn:aws:sns", None),
            ("function_name", "arn:aws:lambda:us-east-1:123456789012:function:price:live", OWNER),
            ("function_name", "123456789012:function:price", OWNER),
            ("function_name", "123456789012", None),
            ("function_name", "price:live", None),
            ("queue_url", "https://sqs.us-east-1.amazonaws.com/123456789012/orders", OWNER),
            ("queue_url", "http://127.0.0.1:4566/queue/us-east-1/123456789012/orders", OWNER),
            ("queue_url", "orders", None),
            ("queue_url", "https://sqs.us-east-1.amazonaws.com/12345678901x/orders", None),
            ("queue_owner_aws_account_id", "123456789012", OWNER),
            ("copy_source", "arn:aws:s3:us-east-1:123456789012:accesspoint/mine/object/a", None),
            ("key", "123456789012", None),
        ] {
            assert_eq!(in_parameter(key, &value.into()), owner, "{key} {value}");
        }
        assert_eq!(in_parameter("table_name", &Value::Null), None);
    }

    #[test]
    fn hosts_name_the_owner_of_what_is_called() {
        const OWNER: Option<&str> = Some("123456789012");
        for (url, has_bucket, owner) in [
            ("https://123456789012.ddb.us-east-1.amazonaws.com/", false, OWNER),
            ("https://123456789012.s3-control.us-east-1.amazonaws.com/v20180820/jobs", false, OWNER),
            ("https://dynamodb.us-east-1.amazonaws.com/", false, None),
            ("https://mine-123456789012.s3-accesspoint.us-east-1.amazonaws.com/k", true, OWNER),
            ("https://b-123456789012.s3.us-east-1.amazonaws.com/k", true, None),
            ("https://123456789012.s3.us-east-1.amazonaws.com/k", true, None),
            ("http://localhost:4566/123456789012.x", false, None),
            ("/", false, None),
        ] {
            assert_eq!(in_host(url, has_bucket), owner, "{url}");
        }
    }
}
