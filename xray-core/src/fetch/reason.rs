//! What an answer that is no success says is wrong, as it may stand in a log.

use serde_json::Value;

use crate::name::truncated;
use crate::url::{head, public_text};

/// The longest reason, in characters.
const LONGEST: usize = 300;
/// A word of so many characters that are those of Base64, letters and digits among them, is a key or a token.
const LONGEST_WORD: usize = 32;

/// The message in the body of an answer, in one line and without what may be a secret; empty if there is none.
///
/// AWS writes JSON with a `message`, which names the right that is missing, or quotes the whole request where its signature
/// is wrong, with the token of the session.
pub(super) fn of(body: &[u8]) -> String {
    let text = match serde_json::from_slice::<Value>(body) {
        Ok(answer) => message_in(&answer),
        Err(_) => without_tags(&String::from_utf8_lossy(body)),
    };
    // Nobody reads on, and no part of a request is of use without the others.
    let text = text.split("The Canonical String").next().unwrap_or_default();
    let line: String = text.chars().map(|character| if is_shown(character) { character } else { ' ' }).collect();
    // Cut first: what nobody will see is not looked at.
    let (line, is_cut) = head(&line, LONGEST);
    let reason = without_secrets(&public_text(line, is_cut));
    truncated(&reason, LONGEST).to_owned()
}

fn message_in(answer: &Value) -> String {
    let members = ["message", "Message", "errorMessage", "error", "__type"];
    members.iter().find_map(|name| answer[name].as_str()).unwrap_or_default().to_owned()
}

/// The text of a page, or of XML.
fn without_tags(page: &str) -> String {
    let parts = page.split('<').enumerate();
    let text = parts.map(|(number, part)| match part.split_once('>') {
        Some((_, text)) if number > 0 => text,
        _ => part,
    });
    text.collect::<Vec<_>>().join(" ")
}

/// Neither a control character nor one that changes the direction of writing.
fn is_shown(character: char) -> bool {
    !character.is_control()
        && !matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn without_secrets(line: &str) -> String {
    let mut reason = String::new();
    let mut is_secret = false;
    for word in line.split_whitespace() {
        if !reason.is_empty() {
            reason.push(' ');
        }
        let (name, value) = named(word);
        reason.push_str(name);
        if is_secret || (!name.is_empty() && !value.is_empty()) {
            reason.push_str(HIDDEN);
        } else {
            push_public(&mut reason, value);
        }
        // Its value is the next word.
        is_secret = !name.is_empty() && value.is_empty();
    }
    reason
}

const HIDDEN: &str = "***";

/// The name, with `=` or `:`, of what is a secret by its name, and the rest of the word.
fn named(word: &str) -> (&str, &str) {
    let Some(end) = word.find(['=', ':']) else { return ("", word) };
    let name = word[..end].to_ascii_lowercase();
    let is_secret = SECRETS.iter().any(|secret| name.contains(secret));
    word.split_at(if is_secret { end + 1 } else { 0 })
}

const SECRETS: [&str; 8] = ["authorization", "cookie", "credential", "key", "password", "secret", "signature", "token"];

/// Appends a word, but for what in it looks like a key. Whose right is missing may have a name as long: an ARN stays.
fn push_public(reason: &mut String, word: &str) {
    if word.trim_start_matches(|first: char| !first.is_alphanumeric()).starts_with("arn:") {
        reason.push_str(word);
        return;
    }
    for part in word.split_inclusive(|character| !is_in_key(character)) {
        let run = part.trim_end_matches(|character| !is_in_key(character));
        let is_key = is_access_key(run) || (run.len() >= LONGEST_WORD && has_both(run));
        reason.push_str(if is_key { HIDDEN } else { run });
        reason.push_str(&part[run.len()..]);
    }
}

fn is_in_key(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '+' | '/' | '=' | '_' | '-')
}

fn has_both(run: &str) -> bool {
    run.bytes().any(|byte| byte.is_ascii_digit()) && run.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// `AKIA…`, `ASIA…`: see <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>.
fn is_access_key(run: &str) -> bool {
    run.len() >= 20 && (run.starts_with("AKIA") || run.starts_with("ASIA"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_found_in_what_answers_look_like() {
        let denied = "User: arn:aws:sts::123456789012:assumed-role/CheckoutTaskRole-1ABCDEFGHIJK2/0123456789abcdef0123456789abcdef \
                      is not authorized to perform: xray:GetSamplingRules on resource: * because no identity-based policy allows it";
        let long = "a".repeat(10_000);
        for (body, reason) in [
            (format!("{{\"message\":\"{denied}\"}}"), denied),
            (format!("{{\"Message\":\"{denied}\"}}"), denied),
            ("{\"__type\":\"AccessDeniedException\"}".to_owned(), "AccessDeniedException"),
            ("{}".to_owned(), ""),
            ("[1]".to_owned(), ""),
            (String::new(), ""),
            ("502 Bad Gateway\n".to_owned(), "502 Bad Gateway"),
            ("<html><body><h1>Not\nFound</h1></body></html>".to_owned(), "Not Found"),
            ("<Error><Message>a &lt; b".to_owned(), "a &lt; b"),
            ("{\"message\":\"cut".to_owned(), "{\"message\":\"cut"),
            ("a\u{0}b\r\n\u{1b}[31mred\u{202e}\u{85}c".to_owned(), "a b [31mred c"),
            (long.clone(), &long[..LONGEST]),
        ] {
            assert_eq!(of(body.as_bytes()), reason, "{body}");
        }
        assert_eq!(of(b"caf\xff"), "caf\u{fffd}");
    }

    #[test]
    fn no_secret_is_in_a_reason() {
        for (body, reason) in [
            ("the key AKIAIOSFODNN7EXAMPLE is not known", "the key *** is not known"),
            ("sent (ASIAIOSFODNN7EXAMPLE/20260101/us-east-1/xray)", "sent (***)"),
            ("X-Amz-Security-Token:IQoJb3JpZ2lu and more", "X-Amz-Security-Token:*** and more"),
            ("Credential=AKIA/x, Signature=ab", "Credential=*** Signature=***"),
            ("password: hunter2 was wrong", "password: *** was wrong"),
            ("IQoJb3JpZ2luX2VjEOf//////////wEaCXVzLWVhc3QtMSJHMEUCIQ", "***"),
            ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "***"),
            ("at http://me:hunter2@h/?token=hunter2", "at http://h/"),
            ("wrong. The Canonical String for this request is 'POST x-amz-security-token: hunter2", "wrong."),
            (
                "The security token included in the request is invalid.",
                "The security token included in the request is invalid.",
            ),
            ("xray.us-east-1.amazonaws.com:443 refused", "xray.us-east-1.amazonaws.com:443 refused"),
        ] {
            assert_eq!(of(body.as_bytes()), reason, "{body}");
        }
    }
}
