//! Services of moto.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::{Node, sdk_config};

pub fn config() -> aws_config::SdkConfig {
    let url =
        std::env::var("XRAY_TEST_MOTO_URL").expect("XRAY_TEST_MOTO_URL is not set: it is the URL of a moto server");
    sdk_config(&url)
}

/// A name that no other test and no earlier run has used.
pub fn unique(kind: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    format!("{kind}-{now}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The `aws` block without what every call has, which is checked.
#[track_caller]
pub fn parameters(call: &Node, operation: &str) -> Value {
    let mut aws = call.get("/aws").clone();
    let object = aws.as_object_mut().unwrap();
    assert_eq!(object.remove("operation"), Some(operation.into()));
    assert_eq!(object.remove("region"), Some("us-east-1".into()));
    assert_eq!(object.remove("retries"), Some(0.into()));
    assert!(object.remove("request_id").is_some(), "{call:?}");
    object.remove("id_2");
    aws
}
