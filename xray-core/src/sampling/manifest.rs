use std::error::Error;
use std::path::{Path, PathBuf};
use std::{fmt, io};

use serde_json::{Map, Value};

use super::pattern::Pattern;
use super::rule::{Limit, Rule};

/// Reads a document of local rules: the rules in their order, and the default.
///
/// Unknown fields are ignored, and a field that is null counts as absent where it may be absent, as in the other SDKs.
pub(super) fn parse(text: &str) -> Result<(Vec<Rule>, Limit), SamplingRulesError> {
    let document: Value =
        serde_json::from_str(text).map_err(|source| SamplingRulesError::from(Problem::Json(source)))?;
    let Value::Object(document) = &document else {
        return Err(Problem::NoObject { value: excerpt(&document) }.into());
    };

    let root = Block { path: String::new(), fields: document };
    let version = match root.field("version").and_then(Value::as_u64) {
        Some(1) => Version { name_field: "service_name", other_name_field: "host" },
        Some(2) => Version { name_field: "host", other_name_field: "service_name" },
        _ => return Err(root.wrong("version", "the number 1 or 2")),
    };
    let default = parse_default(&root)?;
    let rules = match root.field("rules") {
        None => Vec::new(),
        Some(Value::Array(rules)) => rules
            .iter()
            .enumerate()
            .map(|(index, rule)| parse_rule(&version, format!("rules[{index}]"), rule))
            .collect::<Result<_, _>>()?,
        Some(_) => return Err(root.wrong("rules", "an array of rules")),
    };
    Ok((rules, default))
}

/// Says what is wrong with a document of sampling rules, where, and what would be right.
#[derive(Debug)]
pub struct SamplingRulesError {
    problem: Problem,
    file: Option<PathBuf>,
}

#[derive(Debug)]
enum Problem {
    Unreadable(io::Error),
    Json(serde_json::Error),
    NoObject { value: String },
    Missing { field: String, expected: &'static str },
    Wrong { field: String, value: String, expected: &'static str },
    Surplus { field: String, reason: &'static str },
}

impl SamplingRulesError {
    pub(super) fn unreadable(source: io::Error) -> Self {
        Problem::Unreadable(source).into()
    }

    /// Says which file the document is in.
    pub(super) fn in_file(self, file: &Path) -> Self {
        Self { file: Some(file.to_owned()), ..self }
    }
}

impl From<Problem> for SamplingRulesError {
    fn from(problem: Problem) -> Self {
        Self { problem, file: None }
    }
}

impl fmt::Display for SamplingRulesError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("invalid sampling rules")?;
        if let Some(file) = &self.file {
            write!(formatter, " in {}", file.display())?;
        }
        formatter.write_str(": ")?;
        match &self.problem {
            Problem::Unreadable(_) => formatter.write_str("the file cannot be read"),
            Problem::Json(source) => {
                write!(formatter, "not JSON from line {}, column {} on", source.line(), source.column())
            }
            Problem::NoObject { value } => {
                write!(formatter, "the document is {value}, and must be an object with `version` and `default`")
            }
            Problem::Missing { field, expected } => write!(formatter, "`{field}` is missing, and must be {expected}"),
            Problem::Wrong { field, value, expected } => {
                write!(formatter, "`{field}` is {value}, and must be {expected}")
            }
            Problem::Surplus { field, reason } => write!(formatter, "`{field}` must not be there: {reason}"),
        }
    }
}

impl Error for SamplingRulesError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.problem {
            Problem::Unreadable(source) => Some(source),
            Problem::Json(source) => Some(source),
            _ => None,
        }
    }
}

/// How a version of the format calls the pattern for the host.
struct Version {
    name_field: &'static str,
    other_name_field: &'static str,
}

fn parse_default(root: &Block<'_>) -> Result<Limit, SamplingRulesError> {
    const EXPECTED: &str = "an object with `fixed_target` and `rate`";
    let Some(Value::Object(fields)) = root.field("default") else {
        return Err(root.wrong("default", EXPECTED));
    };
    let default = Block { path: "default".into(), fields };
    for pattern in ["host", "service_name", "http_method", "url_path"] {
        if default.field(pattern).is_some_and(|value| value != "") {
            return Err(default.surplus(pattern, "the default rule is for every request that no other rule matches"));
        }
    }
    default.limit()
}

fn parse_rule(version: &Version, path: String, rule: &Value) -> Result<Rule, SamplingRulesError> {
    let Value::Object(fields) = rule else {
        let expected = "an object with patterns, `fixed_target` and `rate`";
        return Err(Problem::Wrong { field: path, value: excerpt(rule), expected }.into());
    };
    let rule = Block { path, fields };
    if rule.field(version.other_name_field).is_some() {
        let reason = match version.name_field {
            "host" => "in version 2 the pattern for the host is called `host`",
            _ => "in version 1 the pattern for the host is called `service_name`",
        };
        return Err(rule.surplus(version.other_name_field, reason));
    }
    Ok(Rule {
        host: rule.pattern(version.name_field)?,
        http_method: rule.pattern("http_method")?,
        url_path: rule.pattern("url_path")?,
        limit: rule.limit()?,
    })
}

/// An object of the document and the way to it, which errors name.
struct Block<'a> {
    path: String,
    fields: &'a Map<String, Value>,
}

impl<'a> Block<'a> {
    fn field(&self, name: &str) -> Option<&'a Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    fn pattern(&self, name: &'static str) -> Result<Pattern, SamplingRulesError> {
        match self.field(name).and_then(Value::as_str) {
            Some(pattern) if !pattern.is_empty() => Ok(Pattern::new(pattern)),
            _ => Err(self.wrong(name, "a pattern such as \"*\"")),
        }
    }

    fn limit(&self) -> Result<Limit, SamplingRulesError> {
        let fixed_target = self
            .field("fixed_target")
            .and_then(Value::as_u64)
            .ok_or_else(|| self.wrong("fixed_target", "a whole number of requests each second, 0 or more"))?;
        let rate = self
            .field("rate")
            .and_then(Value::as_f64)
            .filter(|rate| (0.0..=1.0).contains(rate))
            .ok_or_else(|| self.wrong("rate", "a number from 0 to 1"))?;
        // No machine serves more than 4 billion requests in a second.
        Ok(Limit::new(u32::try_from(fixed_target).unwrap_or(u32::MAX), rate))
    }

    fn wrong(&self, name: &str, expected: &'static str) -> SamplingRulesError {
        let field = self.path_of(name);
        SamplingRulesError::from(match self.fields.get(name) {
            None => Problem::Missing { field, expected },
            Some(value) => Problem::Wrong { field, value: excerpt(value), expected },
        })
    }

    fn surplus(&self, name: &str, reason: &'static str) -> SamplingRulesError {
        Problem::Surplus { field: self.path_of(name), reason }.into()
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
}

/// The value as JSON, cut to what fits in a message.
fn excerpt(value: &Value) -> String {
    const LONGEST: usize = 60;
    let json = value.to_string();
    match json.char_indices().nth(LONGEST) {
        None => json,
        Some((end, _)) => format!("{}…", &json[..end]),
    }
}

#[cfg(test)]
mod tests;
