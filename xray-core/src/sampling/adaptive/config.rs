use std::{error, fmt, io};

use regex_lite::Regex;
use serde_json::Value;

use crate::sampling::file;

/// What counts as an anomaly, and how many traces are sent because of one.
#[derive(Debug)]
pub(crate) struct AdaptiveConfig {
    /// None of those that the SDK has, if there are any.
    conditions: Option<Vec<Condition>>,
    pub(super) traces_per_second: u32,
}

#[derive(Debug)]
struct Condition {
    code: Option<Regex>,
    /// Of any operation, if there are none.
    operations: Vec<String>,
    /// At least so long, in microseconds.
    latency: Option<u64>,
    usage: Usage,
}

/// What an anomaly is good for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) boost: bool,
    pub(super) capture: bool,
}

impl Usage {
    const BOTH: Self = Self { boost: true, capture: true };
}

/// What is known of a segment or subsegment that ends.
#[derive(Clone, Debug, Default)]
pub(super) struct Finished<'a> {
    pub(super) status: Option<u16>,
    pub(super) is_fault: bool,
    pub(super) microseconds: u64,
    /// Its name, and its method and path if it is a request.
    pub(super) name: &'a str,
    pub(super) request: Option<(&'a str, &'a str)>,
}

/// `AWS_XRAY_ADAPTIVE_SAMPLING_CONFIG` cannot be read.
#[derive(Debug)]
pub enum AdaptiveConfigError {
    /// The value begins with no brace, and no file of that name can be read.
    File(io::Error),
    /// The text is not JSON.
    Json(serde_json::Error),
    /// A field has a value that it cannot have.
    Field(&'static str),
}

impl fmt::Display for AdaptiveConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(_) => formatter.write_str("the file cannot be read"),
            Self::Json(_) => formatter.write_str("the text is not JSON"),
            Self::Field(field) => write!(formatter, "`{field}` is missing or wrong"),
        }
    }
}

impl error::Error for AdaptiveConfigError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::File(source) => Some(source),
            Self::Json(source) => Some(source),
            Self::Field(_) => None,
        }
    }
}

impl Default for AdaptiveConfig {
    fn default() -> Self {
        Self { conditions: None, traces_per_second: 1 }
    }
}

impl AdaptiveConfig {
    /// Reads JSON, or the file that has it.
    pub(crate) fn read(value: &str) -> Result<Self, AdaptiveConfigError> {
        if value.trim_start().starts_with('{') {
            return Self::parse(value);
        }
        Self::parse(&file::read(value.as_ref()).map_err(AdaptiveConfigError::File)?)
    }

    fn parse(text: &str) -> Result<Self, AdaptiveConfigError> {
        let document: Value = serde_json::from_str(text).map_err(AdaptiveConfigError::Json)?;
        if document["version"].as_f64() != Some(1.0) {
            return Err(AdaptiveConfigError::Field("version"));
        }
        let conditions = match &document["anomalyConditions"] {
            Value::Null => None,
            Value::Array(conditions) => Some(conditions.iter().map(Condition::parse).collect::<Result<_, _>>()?),
            _ => return Err(AdaptiveConfigError::Field("anomalyConditions")),
        };
        let limit = &document["anomalyCaptureLimit"];
        let traces_per_second = whole(&limit["anomalyTracesPerSecond"], "anomalyTracesPerSecond")?;
        let traces_per_second = traces_per_second.map_or(1, |count| u32::try_from(count).unwrap_or(u32::MAX));
        Ok(Self { conditions, traces_per_second })
    }

    /// What a segment or subsegment that ends is an anomaly for. Without conditions of the user's own, a status of 5xx is
    /// one, or a fault without a status, unless the rule says otherwise.
    pub(super) fn classify(&self, finished: &Finished<'_>, has_default_detection: bool) -> Usage {
        match &self.conditions {
            Some(conditions) => {
                let met = conditions.iter().filter(|condition| condition.is_met(finished));
                met.fold(Usage::default(), |all, condition| Usage {
                    boost: all.boost || condition.usage.boost,
                    capture: all.capture || condition.usage.capture,
                })
            }
            None => {
                let is_anomaly = finished.status.map_or(finished.is_fault, |status| status >= 500);
                if is_anomaly && has_default_detection { Usage::BOTH } else { Usage::default() }
            }
        }
    }
}

impl Condition {
    fn parse(condition: &Value) -> Result<Self, AdaptiveConfigError> {
        let wrong = AdaptiveConfigError::Field;
        let code = match &condition["errorCodeRegex"] {
            Value::Null => None,
            // The whole code, as where the setting comes from.
            Value::String(regex) => Some(Regex::new(&format!("^(?:{regex})$")).map_err(|_| wrong("errorCodeRegex"))?),
            _ => return Err(wrong("errorCodeRegex")),
        };
        let operations = match &condition["operations"] {
            Value::Null => Vec::new(),
            Value::Array(operations) => operations
                .iter()
                .map(|operation| operation.as_str().map(str::to_owned).ok_or(wrong("operations")))
                .collect::<Result<_, _>>()?,
            _ => return Err(wrong("operations")),
        };
        let latency = whole(&condition["highLatencyMs"], "highLatencyMs")?;
        if code.is_none() && latency.is_none() {
            return Err(wrong("errorCodeRegex"));
        }
        let usage = match condition["usage"].as_str() {
            None if condition["usage"].is_null() => Usage::BOTH,
            Some("both") => Usage::BOTH,
            Some("sampling-boost") => Usage { boost: true, capture: false },
            Some("anomaly-trace-capture") => Usage { boost: false, capture: true },
            _ => return Err(wrong("usage")),
        };
        Ok(Self { code, operations, latency: latency.map(|milliseconds| milliseconds.saturating_mul(1_000)), usage })
    }

    fn is_met(&self, finished: &Finished<'_>) -> bool {
        let is_operation = |operation: &String| match (finished.request, operation.split_once(' ')) {
            _ if operation == finished.name => true,
            (Some((method, path)), Some((wanted, of))) => method == wanted && (path == of || first_section(path) == of),
            _ => false,
        };
        let has_code = |code: &Regex| finished.status.is_some_and(|status| code.is_match(&status.to_string()));
        (self.operations.is_empty() || self.operations.iter().any(is_operation))
            && self.code.as_ref().is_none_or(has_code)
            && self.latency.is_none_or(|latency| finished.microseconds >= latency)
    }
}

/// What Application Signals calls an operation by, where it knows no route: `/orders` of `/orders/17`.
fn first_section(path: &str) -> &str {
    let end = path.match_indices('/').nth(1).map_or(path.len(), |(slash, _)| slash);
    &path[..end]
}

fn whole(value: &Value, field: &'static str) -> Result<Option<u64>, AdaptiveConfigError> {
    match value {
        Value::Null => Ok(None),
        _ => value.as_u64().map(Some).ok_or(AdaptiveConfigError::Field(field)),
    }
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
