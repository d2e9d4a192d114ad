//! Stack frames, from the backtraces that Rust captures when it is asked to.

use std::backtrace::{Backtrace, BacktraceStatus};

/// One frame of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) path: String,
    pub(crate) line: u32,
    pub(crate) label: String,
}

/// The most frames that are kept, as in the Java SDK.
const MOST_FRAMES: usize = 50;

/// The stack of the caller and how many frames were left out of it.
///
/// Empty unless `RUST_LIB_BACKTRACE` or `RUST_BACKTRACE` is set: a stack costs milliseconds.
pub(crate) fn capture() -> (Vec<Frame>, usize) {
    frames(&Backtrace::capture())
}

/// The frames of a stack that was captured earlier, by name: this is what takes long.
pub(crate) fn frames(backtrace: &Backtrace) -> (Vec<Frame>, usize) {
    if backtrace.status() == BacktraceStatus::Captured { parse(&backtrace.to_string()) } else { (Vec::new(), 0) }
}

/// Reads the text of a backtrace: a line `  3: label`, then, where it is known, a line `at path:line:column`.
fn parse(text: &str) -> (Vec<Frame>, usize) {
    let mut frames: Vec<Frame> = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(place) = line.strip_prefix("at ") {
            if let Some(frame) = frames.last_mut()
                && let Some((path, line)) = place_of(place)
            {
                (frame.path, frame.line) = (path.to_owned(), line);
            }
        } else if let Some((number, label)) = line.split_once(": ")
            && number.bytes().all(|byte| byte.is_ascii_digit())
        {
            frames.push(Frame { path: String::new(), line: 0, label: label.to_owned() });
        }
    }
    frames.retain(|frame| !OURS.iter().any(|ours| frame.label.contains(ours)));
    let truncated = frames.len().saturating_sub(MOST_FRAMES);
    frames.truncate(MOST_FRAMES);
    (frames, truncated)
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
        let (frames, truncated) = parse(text);
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
        let (frames, truncated) = parse(&text);
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
        let (frames, truncated) = parse(&text);
        assert_eq!((frames.len(), truncated), (50, 10));
    }
}
