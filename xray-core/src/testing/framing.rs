//! From a datagram to a document.

use serde_json::Value;

use super::{Violation, layout, validate};

/// A datagram as it came, and what is wrong with it.
pub(super) struct Captured {
    pub(super) text: String,
    /// `null` where the text does not parse.
    pub(super) json: Value,
    pub(super) violations: Vec<Violation>,
}

impl Captured {
    /// Takes a datagram apart: the header line, a newline, and one compact JSON object.
    pub(super) fn from_datagram(datagram: &[u8]) -> Self {
        let (body, violations) = match datagram.strip_prefix(HEADER) {
            Some(body) => (body, Vec::new()),
            None => {
                let wrong = Violation::new("", format!("the datagram does not begin with {}", HEADER.escape_ascii()));
                let header_length = datagram.iter().position(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
                (&datagram[header_length..], vec![wrong])
            }
        };
        let mut captured = match str::from_utf8(body) {
            Ok(text) => Self::from_text(text.to_owned()),
            Err(error) => Self::unparsable(String::from_utf8_lossy(body).into_owned(), error.to_string()),
        };
        captured.violations.splice(0..0, violations);
        captured
    }

    pub(super) fn from_json(json: Value) -> Self {
        let violations = validate(&json).err().unwrap_or_default();
        Self { text: json.to_string(), json, violations }
    }

    fn from_text(text: String) -> Self {
        // The parser stops at 128 levels, so whatever recurses over a value later is safe.
        match serde_json::from_str::<Value>(&text) {
            Ok(json) => {
                let mut violations = layout::check(&text);
                violations.extend(validate(&json).err().unwrap_or_default());
                Self { text, json, violations }
            }
            Err(error) => Self::unparsable(text, error.to_string()),
        }
    }

    fn unparsable(text: String, error: String) -> Self {
        let violations = vec![Violation::new("", format!("does not parse as one JSON document: {error}"))];
        Self { text, json: Value::Null, violations }
    }
}

/// <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html>
const HEADER: &[u8] = b"{\"format\":\"json\",\"version\":1}\n";

#[cfg(test)]
mod tests {
    use super::Captured;

    const DOCUMENT: &str = r#"{"trace_id":"1-581cf771-a006649127e371903a2de979","id":"70de5b6f19ff9a0a","name":"a","start_time":1478293361.25,"in_progress":true}"#;

    #[test]
    fn the_exact_framing_is_accepted() {
        let captured = Captured::from_datagram(format!("{{\"format\":\"json\",\"version\":1}}\n{DOCUMENT}").as_bytes());
        assert_eq!(captured.violations, []);
        assert_eq!(captured.text, DOCUMENT);
        assert_eq!(captured.json["name"], "a");
    }

    #[test]
    fn any_other_framing_is_refused() {
        let header = "{\"format\":\"json\",\"version\":1}\n";
        let deep = format!("{header}{}", "[".repeat(200));
        for (datagram, message) in [
            (DOCUMENT.to_owned(), "does not begin with"),
            (format!("{{\"format\": \"json\", \"version\": 1}}\n{DOCUMENT}"), "does not begin with"),
            (format!("{{\"format\":\"json\",\"version\":1}}\\n{DOCUMENT}"), "does not begin with"),
            (format!("{header}{DOCUMENT}{DOCUMENT}"), "does not parse"),
            (format!("{header}{DOCUMENT}\n"), "not compact"),
            (format!("{header}[{DOCUMENT}]"), "not an object"),
            (header.to_owned(), "does not parse"),
            (String::new(), "does not begin with"),
            (deep, "recursion limit"),
        ] {
            let captured = Captured::from_datagram(datagram.as_bytes());
            let is_there = captured.violations.iter().any(|found| found.message().contains(message));
            assert!(is_there, "{datagram}: {:?}", captured.violations);
        }
        let spaced = format!("{{\"format\": \"json\", \"version\": 1}}\n{DOCUMENT}");
        let captured = Captured::from_datagram(spaced.as_bytes());
        assert_eq!(captured.text, DOCUMENT, "what follows a wrong header is still read");
        let captured = Captured::from_datagram(&[header.as_bytes(), b"{\"name\":\"\xff\"}"].concat());
        assert!(captured.violations[0].message().contains("utf-8"), "{:?}", captured.violations);
    }
}
