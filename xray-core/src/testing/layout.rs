//! What only the text of a document shows: white space, keys that occur twice, the order of the keys, and the decimals of times.

use std::collections::HashSet;

use super::Violation;

/// Checks the text of a document that is known to parse.
///
/// The daemon's log finds `"id":"` and `"trace_id":"` in the text by pattern, hence the demands on white space and on the order of the ids.
/// <https://github.com/aws/aws-xray-daemon>
pub(super) fn check(text: &str) -> Vec<Violation> {
    let mut scanner = Scanner { text, levels: Vec::new(), saw_space: false, own_ids: 0, violations: Vec::new() };
    let mut position = 0;
    while let Some(&byte) = text.as_bytes().get(position) {
        position = scanner.step(byte, position);
    }
    scanner.violations
}

struct Scanner<'a> {
    text: &'a str,
    levels: Vec<Level<'a>>,
    saw_space: bool,
    /// How many of `id` and `trace_id` the document itself has shown.
    own_ids: usize,
    violations: Vec<Violation>,
}

enum Level<'a> {
    Object { keys: HashSet<&'a str>, key: &'a str, expects_key: bool, is_entity: bool },
    Array { index: usize, of_entities: bool },
}

impl<'a> Scanner<'a> {
    /// Takes in one token and returns where the next one begins.
    fn step(&mut self, byte: u8, position: usize) -> usize {
        match byte {
            b'{' => self.open_object(),
            b'[' => {
                let of_entities =
                    matches!(self.levels.last(), Some(Level::Object { key: "subsegments", is_entity: true, .. }));
                self.levels.push(Level::Array { index: 0, of_entities });
            }
            b'}' | b']' => drop(self.levels.pop()),
            b',' => match self.levels.last_mut() {
                Some(Level::Object { expects_key, .. }) => *expects_key = true,
                Some(Level::Array { index, .. }) => *index += 1,
                None => {}
            },
            b'"' => {
                let end = end_of_string(self.text.as_bytes(), position);
                if let Some(key) = self.text.get(position + 1..end.saturating_sub(1)) {
                    self.string(key);
                }
                return end;
            }
            b'-' | b'0'..=b'9' => {
                let rest = &self.text[position..];
                let number = rest.split([',', '}', ']', ' ', '\n', '\t', '\r']).next().unwrap_or(rest);
                self.number(number);
                return position + number.len();
            }
            byte if byte.is_ascii_whitespace() && !self.saw_space => {
                self.saw_space = true;
                self.add("white space between tokens: the JSON is not compact".to_owned());
            }
            _ => {}
        }
        position + 1
    }

    fn open_object(&mut self) {
        let is_entity = matches!(self.levels.last(), None | Some(Level::Array { of_entities: true, .. }));
        self.levels.push(Level::Object { keys: HashSet::new(), key: "", expects_key: true, is_entity });
    }

    fn string(&mut self, text: &'a str) {
        let is_nested = self.levels.len() > 1;
        let Some(Level::Object { keys, key, expects_key, is_entity }) = self.levels.last_mut() else {
            return;
        };
        if !*expects_key {
            return;
        }
        *expects_key = false;
        let follows_subsegments = *is_entity && *key == "subsegments";
        let is_new = keys.insert(text);
        *key = text;
        if !is_new {
            self.add("the key occurs twice".to_owned());
        }
        if follows_subsegments {
            self.add("comes after subsegments, which are the last field".to_owned());
        }
        if matches!(text, "id" | "trace_id") {
            if !is_nested {
                self.own_ids += 1;
            } else if self.own_ids < 2 {
                self.add("comes before the document's own trace_id and id".to_owned());
                self.own_ids = 2;
            }
        }
    }

    fn number(&mut self, number: &str) {
        if let Some(Level::Object { key: "start_time" | "end_time", is_entity: true, .. }) = self.levels.last() {
            let decimals = number.split_once('.').map_or(0, |(_, decimals)| decimals.len());
            if decimals > 6 || number.contains(['e', 'E']) {
                self.add(format!("{number} has more than 6 decimals or an exponent"));
            }
        }
    }

    fn add(&mut self, message: String) {
        let steps = self.levels.iter().map(|level| match level {
            Level::Object { key: "", .. } => String::new(),
            Level::Object { key, .. } => format!("/{key}"),
            Level::Array { index, .. } => format!("/{index}"),
        });
        self.violations.push(Violation::new(steps.collect::<String>(), message));
    }
}

/// The position behind the closing quote of the string that opens at `start`.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut position = start + 1;
    while let Some(byte) = bytes.get(position) {
        match byte {
            b'"' => return position + 1,
            b'\\' => position += 2,
            _ => position += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn what_the_text_shows_is_refused() {
        for (text, path, message) in [
            (r#"{"id":"a", "trace_id":"b"}"#, "/id", "not compact"),
            ("{\"id\":\"a\"}\n", "", "not compact"),
            (r#"{"id":"a","trace_id":"b","id":"c"}"#, "/id", "twice"),
            (r#"{"a":{"b":1,"b":2}}"#, "/a/b", "twice"),
            (r#"{"id":"a","trace_id":"b","subsegments":[],"name":"n"}"#, "/name", "last"),
            (r#"{"id":"a","trace_id":"b","subsegments":[{"subsegments":[],"id":"c"}]}"#, "/subsegments/0/id", "last"),
            (r#"{"id":"a","subsegments":[{},{"id":"c"}],"trace_id":"b"}"#, "/subsegments/1/id", "own"),
            (r#"{"trace_id":"a","cause":{"id":"c"},"id":"b"}"#, "/cause/id", "own"),
            (r#"{"start_time":1.1234567}"#, "/start_time", "decimals"),
            (r#"{"end_time":1.5e9}"#, "/end_time", "exponent"),
            (
                r#"{"id":"a","trace_id":"b","subsegments":[{"end_time":1.1234560}]}"#,
                "/subsegments/0/end_time",
                "decimals",
            ),
        ] {
            let violations = check(text);
            let is_there = violations.iter().any(|found| found.path() == path && found.message().contains(message));
            assert!(is_there, "{text}: {violations:?}");
        }
    }

    #[test]
    fn text_inside_strings_and_blocks_is_left_alone() {
        let text = r#"{"trace_id":"t","id":"i","name":"a \" , {\\","metadata":{"default":{"subsegments":[1],"start_time":1.12345678,"x":[{"a":1},{"a":1}]}},"subsegments":[{"id":"a"},{"id":"a"}]}"#;
        assert_eq!(check(text), []);
    }
}
