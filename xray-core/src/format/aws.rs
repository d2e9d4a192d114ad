//! The fields of the `aws` block: of a segment, the resource that it ran on; of a subsegment, the call that it made.

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// A text.
    Text,
    /// The number of an account, as a text of twelve digits.
    Account,
    /// A URL without secrets.
    Url,
    /// An integer of 0 or more.
    Count,
    /// `true` or `false`.
    Flag,
    /// A list of one or more texts.
    Texts,
    /// An object of one or more fields.
    Block(&'static Fields),
    /// A list of one or more objects.
    Blocks(&'static Fields),
}

/// The fields of an object, and no others.
pub(crate) type Fields = [(&'static str, Kind)];

/// What a field of a segment's `aws` block holds; the error says why there is none of the name.
pub(crate) fn segment_field(key: &str) -> Result<Option<Kind>, &'static str> {
    match field(SEGMENT, key) {
        None if key == OWN => Err("it is the SDK's own"),
        None if field(CALL, key).is_some() => Err("it says what a call was about, and belongs on a subsegment"),
        None => Err("the segments' aws block has no such field"),
        known => Ok(known),
    }
}

/// What a field of a subsegment's `aws` block holds, or `None` if that may be anything; the error says why there is none of
/// the name.
///
/// Programs choose further parameters of their calls, as with the SDKs' whitelists. Their names are spelled alike.
pub(crate) fn call_field(key: &str) -> Result<Option<Kind>, &'static str> {
    match field(CALL, key) {
        None if key == OWN => Err("it is the SDK's own"),
        None if field(SEGMENT, key).is_some() => Err("it says where the program runs, and belongs on a segment"),
        None if !is_snake_case(key) => Err("the key is not in snake_case"),
        known => Ok(known),
    }
}

/// Says what recorded a segment.
const OWN: &str = "xray";

fn field(fields: &Fields, key: &str) -> Option<Kind> {
    fields.iter().find(|(known, _)| *known == key).map(|(_, kind)| *kind)
}

fn is_snake_case(key: &str) -> bool {
    key.starts_with(|first: char| first.is_ascii_lowercase())
        && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

use Kind::{Account, Block, Blocks, Count, Flag, Text, Texts, Url};

/// The resource that runs the program. `tracing` is from before there was `xray`, which the SDK itself writes.
const SEGMENT: &Fields = &[
    ("account_id", Account),
    ("ec2", Block(&[("instance_id", Text), ("availability_zone", Text), ("instance_size", Text), ("ami_id", Text)])),
    (
        "ecs",
        Block(&[
            ("container", Text),
            ("container_id", Text),
            ("container_arn", Text),
            ("task_arn", Text),
            ("task_family", Text),
            ("cluster_arn", Text),
            ("availability_zone", Text),
            ("launch_type", Text),
        ]),
    ),
    ("eks", Block(&[("cluster_name", Text), ("pod", Text), ("container_id", Text)])),
    ("elastic_beanstalk", Block(&[("environment_name", Text), ("version_label", Text), ("deployment_id", Count)])),
    ("cloudwatch_logs", Blocks(&[("log_group", Text), ("arn", Text)])),
    ("tracing", Block(&[("sdk", Text)])),
];

/// The field of every segment that says what recorded it.
#[cfg(feature = "testing")]
pub(crate) const XRAY: Kind = Block(&[
    ("sdk", Text),
    ("sdk_version", Text),
    ("auto_instrumentation", Flag),
    ("sampling_rule_name", Text),
    ("rule_name", Text),
]);

/// What is known of calls and of the parameters that the AWS SDKs' whitelists have in common.
const CALL: &Fields = &[
    ("operation", Text),
    ("region", Text),
    ("account_id", Account),
    ("request_id", Text),
    ("id_2", Text),
    ("retries", Count),
    ("queue_url", Url),
    ("table_name", Text),
    ("table_names", Texts),
    ("table_count", Count),
    ("index_name", Text),
    ("limit", Count),
    ("count", Count),
    ("scanned_count", Count),
    ("consistent_read", Flag),
    ("scan_index_forward", Flag),
    ("message_id", Text),
    ("message_count", Count),
    ("failed_count", Count),
    ("successful_count", Count),
    ("queue_count", Count),
    ("queue_name", Text),
    ("delay_seconds", Count),
    ("attribute_names", Texts),
    ("message_attribute_names", Texts),
    ("function_name", Text),
    ("function_error", Text),
    ("invocation_type", Text),
    ("topic_arn", Text),
    ("endpoint_name", Text),
    ("bucket_name", Text),
    ("version_id", Text),
    ("prefix", Text),
];
