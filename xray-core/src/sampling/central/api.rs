//! The two sampling calls of the daemon, which it signs and passes on to the service.

use std::time::Duration;
use std::{error, fmt};

use serde_json::{Deserializer, Value, json};

use super::account::{Statistics, Target};
use super::rules::{BoostDefinition, Definition, Patterns};
use crate::emitter::Endpoint;
use crate::fetch::{FetchError, Request};
use crate::notice::Notice;

/// The time for one call, all in all.
const TIMEOUT: Duration = Duration::from_secs(2);

/// More pages than an account may have rules.
const MOST_PAGES: usize = 100;

/// How many documents of statistics the service takes in one call.
pub(super) const MOST_STATISTICS: usize = 25;

/// A rule that is to be reported more seldom than the rules live would never be.
const LONGEST_INTERVAL: u64 = 3_600;

/// The name of the rule that is for every request that no other rule matches.
const DEFAULT: &str = "Default";

/// Calls the daemon.
#[derive(Debug)]
pub(super) struct Api {
    rules: String,
    targets: String,
}

/// What is reported of one rule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Report<'a> {
    pub(super) rule_name: &'a str,
    /// The service whose traces were watched, if any were.
    pub(super) service: &'a str,
    pub(super) statistics: Statistics,
}

/// What the service said to a report.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Targets {
    pub(super) targets: Vec<Target>,
    /// When any rule was changed last, in epoch seconds.
    pub(super) last_modification: Option<f64>,
    pub(super) unprocessed: Vec<Unprocessed>,
    pub(super) unprocessed_boosts: Vec<Unprocessed>,
}

/// Statistics that the service did not take.
#[derive(Debug, PartialEq)]
pub(super) struct Unprocessed {
    pub(super) rule_name: String,
    pub(super) error_code: String,
}

impl Api {
    pub(super) fn new(daemon: &Endpoint) -> Self {
        Self { rules: format!("http://{daemon}/GetSamplingRules"), targets: format!("http://{daemon}/SamplingTargets") }
    }

    /// All rules that can be followed; others are left out.
    pub(super) fn rules(&self) -> Result<Vec<Definition>, ApiError> {
        let mut definitions = Vec::new();
        let mut next_token: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let request = next_token.as_ref().map_or_else(|| json!({}), |token| json!({ "NextToken": token }));
            let page = call(&self.rules, &request)?;
            let records = page["SamplingRuleRecords"].as_array().ok_or(ApiError::Misses("SamplingRuleRecords"))?;
            for record in records {
                let definition = parse_rule(&record["SamplingRule"]);
                if definition.is_none() {
                    Notice::RuleLeftOut { record }.log();
                }
                definitions.extend(definition);
            }
            next_token = match page["NextToken"].as_str() {
                None | Some("") => return Ok(definitions),
                Some(token) => Some(token.to_owned()),
            };
        }
        Err(ApiError::Endless)
    }

    /// Reports up to [`MOST_STATISTICS`] rules.
    pub(super) fn targets<'a>(
        &self,
        client: &str,
        now: u64,
        reports: impl Iterator<Item = Report<'a>>,
    ) -> Result<Targets, ApiError> {
        let mut documents = Vec::new();
        let mut boosts = Vec::new();
        for Report { rule_name, service, statistics } in reports {
            if statistics.requests > 0 {
                documents.push(json!({
                    "RuleName": rule_name,
                    "ClientID": client,
                    "Timestamp": now,
                    "RequestCount": statistics.requests,
                    "SampledCount": statistics.sampled,
                    "BorrowCount": statistics.borrowed,
                }));
            }
            if statistics.boost.total > 0 {
                boosts.push(json!({
                    "RuleName": rule_name,
                    "ServiceName": service,
                    "Timestamp": now,
                    "AnomalyCount": statistics.boost.anomalies,
                    "TotalCount": statistics.boost.total,
                    "SampledAnomalyCount": statistics.boost.sampled_anomalies,
                }));
            }
        }
        let mut request = json!({ "SamplingStatisticsDocuments": documents });
        if !boosts.is_empty() {
            request["SamplingBoostStatisticsDocuments"] = boosts.into();
        }
        let answer = call(&self.targets, &request)?;
        parse_targets(&answer)
    }
}

/// Why a call had no result.
#[derive(Debug)]
pub(super) enum ApiError {
    Fetch(FetchError),
    Json(serde_json::Error),
    Misses(&'static str),
    Endless,
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fetch(FetchError::Io(source)) => source.fmt(formatter),
            Self::Fetch(source) => source.fmt(formatter),
            Self::Json(_) => formatter.write_str("the answer is not JSON"),
            Self::Misses(field) => write!(formatter, "the answer has no {field}"),
            Self::Endless => write!(formatter, "the answer has more than {MOST_PAGES} pages"),
        }
    }
}

impl error::Error for ApiError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Fetch(source) => Some(source),
            Self::Json(source) => Some(source),
            Self::Misses(_) | Self::Endless => None,
        }
    }
}

fn call(url: &str, request: &Value) -> Result<Value, ApiError> {
    let body = request.to_string();
    let request = Request::post(url, body.as_bytes()).header("Content-Type", "application/json");
    let answer = request.send(TIMEOUT).map_err(ApiError::Fetch)?;
    // Whatever follows the document is ignored, as in Java.
    let mut documents = Deserializer::from_slice(&answer).into_iter();
    documents.next().unwrap_or(Ok(Value::Null)).map_err(ApiError::Json)
}

/// A rule that lacks a member which the service always sends, or that is of another version, is none that could be
/// followed: to guess at it could sample everything.
fn parse_rule(rule: &Value) -> Option<Definition> {
    let text = |name: &str| rule[name].as_str().map(str::to_owned);
    let name = text("RuleName").filter(|name| !name.is_empty())?;
    if count(&rule["Version"])? != 1 {
        return None;
    }
    let patterns = match &*name {
        DEFAULT => None,
        _ => Some(Patterns {
            service_name: text("ServiceName")?,
            service_type: text("ServiceType")?,
            host: text("Host")?,
            method: text("HTTPMethod")?,
            path: text("URLPath")?,
            resource_arn: text("ResourceARN")?,
            attributes: parse_attributes(&rule["Attributes"])?,
        }),
    };
    let priority = match &patterns {
        None => 0,
        Some(_) => count(&rule["Priority"])?,
    };
    let rate = parse_rate(&rule["FixedRate"])?;
    let boost = &rule["SamplingRateBoost"];
    let has_default_detection = boost["DisableDefaultAnomalyDetection"] != true;
    let boost = boost.is_object().then_some(BoostDefinition { has_default_detection });
    Some(Definition { name, priority, rate, reservoir: count(&rule["ReservoirSize"])?, boost, patterns })
}

fn parse_attributes(attributes: &Value) -> Option<Vec<(String, String)>> {
    match attributes {
        Value::Null => Some(Vec::new()),
        Value::Object(attributes) => {
            attributes.iter().map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
        }
        _ => None,
    }
}

fn parse_targets(answer: &Value) -> Result<Targets, ApiError> {
    let documents = answer["SamplingTargetDocuments"].as_array().ok_or(ApiError::Misses("SamplingTargetDocuments"))?;
    let list = |name: &str| {
        answer[name].as_array().map(Vec::as_slice).unwrap_or_default().iter().filter_map(parse_unprocessed)
    };
    Ok(Targets {
        targets: documents.iter().filter_map(parse_target).collect(),
        last_modification: answer["LastRuleModification"].as_f64(),
        unprocessed: list("UnprocessedStatistics").collect(),
        unprocessed_boosts: list("UnprocessedBoostStatistics").collect(),
    })
}

fn parse_target(target: &Value) -> Option<Target> {
    Some(Target {
        rule_name: target["RuleName"].as_str()?.to_owned(),
        rate: parse_rate(&target["FixedRate"])?,
        quota: count(&target["ReservoirQuota"]),
        expires_at: count(&target["ReservoirQuotaTTL"]),
        interval: count(&target["Interval"]).map(|seconds| seconds.min(LONGEST_INTERVAL)),
        boost: parse_rate(&target["SamplingBoost"]["BoostRate"]).zip(count(&target["SamplingBoost"]["BoostRateTTL"])),
    })
}

fn parse_unprocessed(unprocessed: &Value) -> Option<Unprocessed> {
    Some(Unprocessed {
        rule_name: unprocessed["RuleName"].as_str()?.to_owned(),
        error_code: unprocessed["ErrorCode"].as_str().unwrap_or_default().to_owned(),
    })
}

fn parse_rate(value: &Value) -> Option<f64> {
    value.as_f64().filter(|rate| (0.0..=1.0).contains(rate))
}

/// A whole number that is not negative; the service writes some of them as floating-point numbers.
fn count(value: &Value) -> Option<u64> {
    // A conversion from floating point saturates.
    value.as_u64().or_else(|| value.as_f64().filter(|number| *number >= 0.0).map(|number| number as u64))
}
