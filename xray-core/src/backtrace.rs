//! Stack frames, from the backtraces that Rust captures when it is asked to.

use std::backtrace::{Backtrace, BacktraceStatus};

use crate::name::truncated;

/// One frame of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) path: String,
    pub(crate) line: u32,
    pub(crate) label: String,
}

/// The most frames of a panic that are kept, as in the Java SDK.
const MOST_FRAMES: usize = 50;
/// The longest path and label, in characters. Those of generic code grow without end.
const LONGEST_TEXT: usize = 500;

/// The frames of a panic's stack and how many were left out of it, by name: this is what takes long.
///
/// None unless `RUST_LIB_BACKTRACE` or `RUST_BACKTRACE` asked for the stack when it was captured.
pub(crate) fn frames(backtrace: &Backtrace) -> (Vec<Frame>, usize) {
    let is_there = backtrace.status() == BacktraceStatus::Captured;
    if is_there { parse(&backtrace.to_string(), MOST_FRAMES) } else { (Vec::new(), 0) }
}

/// So many frames of the caller's stack and how many more there are, whatever the variables say.
pub(crate) fn of_caller(most: usize) -> (Vec<Frame>, usize) {
    if most == 0 {
        return (Vec::new(), 0);
    }
    parse(&Backtrace::force_capture().to_string(), most)
}

/// Reads the text of a backtrace: a line `  3: label`, then, where it is known, a line `at path:line:column`.
fn parse(text: &str, most: usize) -> (Vec<Frame>, usize) {
    let mut frames: Vec<Frame> = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(place) = line.strip_prefix("at ") {
            if let Some(frame) = frames.last_mut()
                && let Some((path, line)) = place_of(place)
            {
                (frame.path, frame.line) = (truncated(path, LONGEST_TEXT).to_owned(), line);
            }
        } else if let Some((number, label)) = line.split_once(": ")
            && number.bytes().all(|byte| byte.is_ascii_digit())
        {
            frames.push(Frame { path: String::new(), line: 0, label: truncated(label, LONGEST_TEXT).to_owned() });
        }
    }
    frames.retain(|frame| !OURS.iter().any(|ours| frame.label.contains(ours)));
    let left_out = frames.len().saturating_sub(most);
    frames.truncate(most);
    (frames, left_out)
}

/// Frames between the error and the reader's own code.
const OURS: [&str; 5] = ["xray_core::", "std::backtrace", "std::panicking", "core::panicking", "rust_begin_unwind"];

/// Splits `path:line:column`; the path may hold colons itself.
fn place_of(place: &str) -> Option<(&str, u32)> {
    let mut parts = place.rsplitn(3, ':');
    let (_column, line, path) = (parts.next()?, parts.next()?, parts.next()?);
    Some((path, line.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_backtrace_is_read() {
        let text = "   0: xray_core::backtrace::capture\n             at ./src/backtrace.rs:1:1\n   1: shop::load\n             at C:\\shop\\src\\main.rs:12:5\n   2: main\n";
        let (frames, truncated) = parse(text, 50);
        assert_eq!(
            frames,
            [
                Frame { path: "C:\\shop\\src\\main.rs".into(), line: 12, label: "shop::load".into() },
                Frame { path: String::new(), line: 0, label: "main".into() },
            ]
        );
        assert_eq!(truncated, 0);
    }

    #[test]
    fn what_rust_prints_today_has_this_very_function_in_it() {
        // Fails when the compiler's format changes.
        let (text, line) = (Backtrace::force_capture().to_string().replace("xray_core", "other"), line!());
        let (frames, truncated) = parse(&text, 50);
        let here = frames.iter().find(|frame| frame.label.contains("what_rust_prints_today")).unwrap();
        // Rust knows no places where this was compiled without line tables.
        let is_known = text.contains(&format!("backtrace.rs:{line}:"));
        assert_eq!(here.path.ends_with("backtrace.rs") && here.line == line, is_known, "{here:?}");
        assert!(is_known || here.path.is_empty() && here.line == 0, "{here:?}");
        assert_eq!(truncated, 0);
    }

    #[test]
    fn long_stacks_are_cut_and_counted() {
        let text: String = (0..60).map(|number| format!("{number}: frame\n")).collect();
        for (most, expected) in [(0, (0, 60)), (50, (50, 10)), (60, (60, 0)), (1_000, (60, 0))] {
            let (frames, truncated) = parse(&text, most);
            assert_eq!((frames.len(), truncated), expected, "{most}");
        }
        let (frames, _) = parse(&format!("0: {}\n at {}:1:1", "é".repeat(10_000), "é".repeat(10_000)), 1);
        assert_eq!((frames[0].label.chars().count(), frames[0].path.chars().count()), (500, 500));
    }
}
