//! What a service says is wrong: the code and the message of an error, in whichever of AWS's formats.
//!
//! The SDK has parsed them already, but into types of the service crates; see
//! <https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html#operation-error-serialization>.

use std::borrow::Cow;

use xray_core::Exception;

use crate::parameters::{self, Parameter};

/// The code and the message of an error, as far as there are any.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ServiceError {
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
}

impl ServiceError {
    /// Finds them in an answer; `shown` is the SDK's own text for the error, for answers that are not understood.
    pub(crate) fn of<'a>(header: &dyn Fn(&str) -> Option<&'a str>, body: &[u8], shown: &str) -> Self {
        let (mut code, message) = match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'{') => from_json(body),
            Some(b'<') => from_xml(body),
            _ => (None, None),
        };
        // The first is what services that once spoke the query protocol add, and what the SDK then goes by.
        if let Some(header) = header("x-amzn-query-error").or_else(|| header("x-amzn-errortype")) {
            code = Some(header.to_owned());
        }
        let code = code.as_deref().map(bare_code).filter(|code| !code.is_empty()).or_else(|| shown_code(shown));
        Self { code: code.map(str::to_owned), message }
    }

    /// What is recorded where the answer alone is known. The client's error says the message behind its own name for the code,
    /// or no more than the code, or what it says of answers without one.
    pub(crate) fn exception(&self, status: u16) -> Exception {
        let message = self.message.as_deref().unwrap_or_default();
        let (exception, name, unhandled) = match &self.code {
            Some(code) => (Exception::new(code, message), code.as_str(), format!("unhandled error ({code})")),
            None => (Exception::new(&format!("HTTP {status}"), message), "NotFound", "unhandled error".to_owned()),
        };
        exception.remote(true).standing_for(name).standing_for(unhandled.as_str()).known_by_ending()
    }
}

/// A code without the namespace, shape URL or fault that may stand around it.
fn bare_code(code: &str) -> &str {
    let code = code.split([':', ';']).next().unwrap_or_default();
    code.rsplit('#').next().unwrap_or_default().trim()
}

/// The code at the beginning of the SDK's text: `NoSuchKey: …`, or `unhandled error (NoSuchKey)`.
fn shown_code(shown: &str) -> Option<&str> {
    let code = match shown.strip_prefix("unhandled error (") {
        Some(code) => code.strip_suffix(')')?,
        None => shown.split(": ").next()?,
    };
    let is_code = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._".contains(&byte));
    is_code.then_some(code)
}

type Found = (Option<String>, Option<String>);

fn from_json(body: &[u8]) -> Found {
    const MEMBERS: [Parameter; 6] = [
        Parameter::value("__type", CODE),
        Parameter::value("code", CODE),
        Parameter::value("Code", CODE),
        Parameter::value("message", MESSAGE),
        Parameter::value("Message", MESSAGE),
        Parameter::value("errorMessage", MESSAGE),
    ];
    const CODE: &str = "code";
    const MESSAGE: &str = "message";
    let (mut code, mut message) = (None, None);
    parameters::of_json(body, &MEMBERS, &mut |key, value| {
        let found = if key == CODE { &mut code } else { &mut message };
        if let (None, Some(text)) = (&found, value.as_str()) {
            *found = Some(text.to_owned());
        }
    });
    (code, message)
}

fn from_xml(body: &[u8]) -> Found {
    let body = String::from_utf8_lossy(&body[..body.len().min(LARGEST_XML)]);
    (element(&body, "Code"), element(&body, "Message"))
}

/// Errors are short; what is longer is a page of some proxy.
const LARGEST_XML: usize = 64 * 1024;

/// The text of the first element of that name.
fn element(xml: &str, name: &str) -> Option<String> {
    let (_, behind) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = behind.split_once('<')?;
    Some(unescaped(text).into_owned())
}

fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    // The ampersand is last, or `&amp;lt;` would become `<`.
    const ENTITIES: [(&str, &str); 5] =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    ENTITIES.iter().fold(text.to_owned(), |text, (entity, character)| text.replace(entity, character)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_message_are_found_in_every_format() {
        let json = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"no table"}"#;
        let xml = "<?xml version=\"1.0\"?>\n<Error><Code>NoSuchKey</Code><Message>it&apos;s &lt;gone&gt; &amp;lt;</Message></Error>";
        let nested = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";
        let queue = r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"none"}"#;
        const UNHANDLED: &str = "unhandled error";
        for (header, body, shown, code, message) in [
            (("", ""), json, UNHANDLED, Some("ResourceNotFoundException"), Some("no table")),
            (("", ""), r#"{"code":"Slow","Message":"\"down\""}"#, UNHANDLED, Some("Slow"), Some("\"down\"")),
            (("", ""), xml, UNHANDLED, Some("NoSuchKey"), Some("it's <gone> &lt;")),
            (("", ""), nested, UNHANDLED, Some("AccessDenied"), Some("no")),
            (
                ("x-amzn-errortype", "Invalid:http://x/"),
                r#"{"message":"bad"}"#,
                UNHANDLED,
                Some("Invalid"),
                Some("bad"),
            ),
            (("x-amzn-query-error", "AWS.NoQueue;Sender"), queue, UNHANDLED, Some("AWS.NoQueue"), Some("none")),
            // HEAD has no body; CBOR and what else there is are not parsed.
            (("", ""), "", "NotFound", Some("NotFound"), None),
            (("", ""), "", "NoSuchBucket: it is gone", Some("NoSuchBucket"), None),
            (("", ""), "\u{1}", "unhandled error (AccessDenied)", Some("AccessDenied"), None),
            (("", ""), "", UNHANDLED, None, None),
            (("", ""), r#"{"__type":17,"message":null}"#, UNHANDLED, None, None),
            (("", ""), r#"{"__type":"Cut"#, UNHANDLED, None, None),
            (("", ""), "<html>502 Bad Gateway</html>", UNHANDLED, None, None),
            (("", ""), "<Code>", UNHANDLED, None, None),
        ] {
            let lookup = |name: &str| (header.0 == name).then_some(header.1);
            let found = ServiceError::of(&lookup, body.as_bytes(), shown);
            assert_eq!((found.code.as_deref(), found.message.as_deref()), (code, message), "{body} {shown}");
        }
    }
}
