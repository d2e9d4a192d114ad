//! Elastic Beanstalk, by the file that it writes for X-Ray.

use serde_json::Value;

use super::surroundings::{known, text};
use super::{Platform, Plugin, Surroundings};

#[derive(Debug)]
pub(super) struct ElasticBeanstalk;

const FILE: &str = "/var/elasticbeanstalk/xray/environment.conf";

impl Plugin for ElasticBeanstalk {
    fn look(&self, surroundings: &Surroundings) -> Option<Platform> {
        let file = surroundings.json_file(FILE)?;
        let mut values =
            known(["environment_name", "version_label"].map(|key| (key, text(&file, key).map(str::to_owned))));
        // A text there makes receivers refuse the whole document.
        let deployment = file.get("deployment_id").and_then(|id| match id {
            Value::String(text) => text.trim().parse().ok(),
            other => other.as_i64(),
        });
        if let Some(deployment) = deployment {
            values.insert("deployment_id".to_owned(), Value::from(deployment));
        }
        Some(Platform::new("AWS::ElasticBeanstalk::Environment").aws("elastic_beanstalk", values))
    }
}
