//! Where the program runs, which all segments of a recorder say.

use serde::Serialize;

use super::aws::{Refusal, to_field};
use super::json::Object;
use crate::format::{is_arn, is_origin, segment_field};
use crate::name::truncated;
use crate::notice::Notice;

/// What is known of the platform that a program runs on: what a [`Plugin`](crate::plugins::Plugin) found.
///
/// ```
/// use xray_core::plugins::Platform;
///
/// let values = std::collections::BTreeMap::from([("instance_id", "i-07a181803de94c666")]);
/// let platform = Platform::new("AWS::EC2::Instance").aws("ec2", values);
/// assert_eq!(platform.origin(), Some("AWS::EC2::Instance"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Platform {
    origin: Option<String>,
    resource_arn: Option<String>,
    /// Keys with JSON values.
    aws: Vec<(String, String)>,
    log_groups: Vec<LogGroup>,
}

/// Where the program's logs are, so that the console can show them beside the trace.
#[derive(Clone, Debug, PartialEq, Eq)]
struct LogGroup {
    name: String,
    arn: Option<String>,
}

/// The most that a platform adds to every segment, in bytes: a segment has room for 64 KB in all.
const LARGEST: usize = 8 * 1_024;

impl Platform {
    /// Begins with the kind of AWS resource that runs the program, such as `AWS::ECS::Container`; empty for none.
    pub fn new(origin: &str) -> Self {
        let is_known = is_origin(origin);
        if !is_known && !origin.is_empty() {
            let note = "it is not of the form AWS::Service::Resource";
            Notice::PluginValueUnreadable { key: "origin", note }.log();
        }
        Self { origin: is_known.then(|| origin.to_owned()), ..Self::default() }
    }

    /// Adds a value of the segments' `aws` block: `ec2`, `ecs`, `eks`, `elastic_beanstalk` or `account_id`.
    ///
    /// Their fields are told in <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html>. Some
    /// receivers refuse a segment with a field of another type: a value is converted where it can be, as by
    /// [`put_aws`](crate::Entity::put_aws), and otherwise left out, with an error in the log, as are other fields.
    ///
    /// Values of all plugins together may have 8 KiB of JSON, because every segment carries them; what is more is
    /// left out, with an error in the log. `xray` is the SDK's own and cannot be set.
    pub fn aws(mut self, key: &str, value: impl Serialize) -> Self {
        let mut refusals = Vec::new();
        if let Some(json) = to_field(segment_field(key), key, &value, &mut refusals) {
            self.put(key, json);
        }
        for Refusal { what, reason } in refusals {
            Notice::PluginValueUnreadable { key: &what, note: &reason }.log();
        }
        self
    }

    /// Adds a CloudWatch log group that the program logs to, with its ARN if that is known.
    pub fn log_group(mut self, name: &str, arn: Option<&str>) -> Self {
        let group =
            LogGroup { name: truncated(name, 512).to_owned(), arn: arn.map(|arn| truncated(arn, 2_048).to_owned()) };
        if !self.log_groups.contains(&group) {
            self.log_groups.push(group);
        }
        self
    }

    /// Sets the ARN of the AWS resource that runs the program.
    pub fn resource_arn(mut self, arn: &str) -> Self {
        // Half of an ARN is another one.
        if is_arn(arn) && arn.len() <= 2_048 {
            self.resource_arn = Some(arn.to_owned());
        } else {
            Notice::PluginValueUnreadable { key: "resource_arn", note: "it is no ARN" }.log();
        }
        self
    }

    /// The kind of AWS resource, if it is known.
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// Takes over what another plugin found; what is there already stays.
    pub(crate) fn merge(&mut self, other: Self) {
        self.origin = self.origin.take().or(other.origin);
        self.resource_arn = self.resource_arn.take().or(other.resource_arn);
        for (key, json) in other.aws {
            self.put(&key, json);
        }
        for group in other.log_groups {
            if !self.log_groups.contains(&group) {
                self.log_groups.push(group);
            }
        }
    }

    /// Writes the log groups down as the value of the `aws` block that they are.
    pub(crate) fn finished(mut self) -> Self {
        let groups = std::mem::take(&mut self.log_groups);
        if !groups.is_empty() {
            let mut json = b"[".to_vec();
            for (position, group) in groups.iter().enumerate() {
                json.extend_from_slice(if position == 0 { b"" } else { b"," });
                let mut object = Object::begin(&mut json);
                object.text("log_group", &group.name);
                object.optional_text("arn", group.arn.as_deref());
                object.end();
            }
            json.push(b']');
            self.put("cloudwatch_logs", String::from_utf8(json).unwrap_or_default());
        }
        self
    }

    fn put(&mut self, key: &str, json: String) {
        let size: usize = self.aws.iter().map(|(key, json)| key.len() + json.len()).sum();
        if key.is_empty() || key == "xray" || self.aws.iter().any(|(known, _)| known == key) {
            Notice::PluginValueTwice { key }.log();
        } else if size + key.len() + json.len() > LARGEST {
            let bytes = json.len() as u64;
            Notice::PluginValueTooLarge { key, bytes, most: LARGEST as u64 }.log();
        } else {
            self.aws.push((key.to_owned(), json));
        }
    }

    pub(super) fn write_origin(&self, object: &mut Object<'_>, own: Option<&str>) {
        object.optional_text("origin", own.or(self.origin()));
        object.optional_text("resource_arn", self.resource_arn.as_deref());
    }

    /// Writes the values of the `aws` block; the segment's own ones win.
    pub(super) fn write_aws(&self, object: &mut Object<'_>, is_own: impl Fn(&str) -> bool) {
        for (key, json) in self.aws.iter().filter(|(key, _)| !is_own(key)) {
            object.foreign_key(key).extend_from_slice(json.as_bytes());
        }
    }
}
