//! App Runner, by the service's ARN.

use super::{Platform, Plugin, Surroundings};
use crate::notice::Notice;

#[derive(Debug)]
pub(super) struct AppRunner {
    pub(super) service: Option<String>,
}

impl Plugin for AppRunner {
    fn look(&self, surroundings: &Surroundings) -> Option<Platform> {
        let arn = self.service.clone().or_else(|| surroundings.variable("AWS_APPRUNNER_SERVICE_ARN"))?;
        let Some((name, id)) = name_and_id(&arn) else {
            Notice::NotAnArn { arn: &arn }.log();
            return None;
        };
        let log_group = format!("/aws/apprunner/{name}/{id}/application");
        Some(Platform::new("AWS::AppRunner::Service").resource_arn(&arn).log_group(&log_group, None))
    }
}

fn name_and_id(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.split(':').skip(2);
    let is_service = parts.next()? == "apprunner";
    let (name, id) = parts.nth(2)?.strip_prefix("service/")?.split_once('/')?;
    (is_service && !name.is_empty() && !id.is_empty()).then_some((name, id))
}
