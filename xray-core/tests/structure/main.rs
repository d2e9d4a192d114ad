//! The import rule of ARCHITECTURE.md: a module imports only from modules that `lib.rs` lists below it.
//!
//! Tests may reach for anything: what is marked `#[cfg(test)]` is left out, and that alone.

#![allow(clippy::expect_used, clippy::unwrap_used)] // as in tests

mod source;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use source::{Crate, Sources};

#[test]
fn modules_import_downwards_only() {
    let sources = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let checked = Crate::read(&sources);
    assert!(checked.modules.len() > 20, "{:?}", checked.modules);
    assert_eq!(checked.unread(&sources), [""; 0], "files that belong to no module");
    assert_eq!(checked.wrong, [""; 0]);
}

/// A line of the log runs the program's subscriber. Clippy keeps the other macros of `tracing` out (clippy.toml).
#[test]
fn every_line_of_the_log_is_a_notice() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let elsewhere: Vec<_> = ["xray-core", "xray-aws", "xray-http", "xray-sql", "xray-mongo"]
        .iter()
        .flat_map(|folder| {
            let sources = read(&workspace.join(folder).join("src"));
            assert!(sources.len() > 5, "{folder}");
            sources.into_iter().map(move |(path, text)| (format!("{folder}/src/{path}"), text))
        })
        .filter(|(_, text)| text.contains(concat!("event", "!(")))
        .map(|(path, _)| path)
        .collect();
    assert_eq!(elsewhere, ["xray-core/src/notice/lines.rs"]);
}

/// An instrument knows nothing of where an error arose: it records it by `record_foreign_error`, without a stack.
#[test]
fn instruments_take_no_stacks() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut wrong = Vec::new();
    for instruments in ["xray-aws", "xray-http", "xray-sql", "xray-mongo"] {
        for (file, text) in read(&workspace.join(instruments).join("src")) {
            let lines =
                text.lines().filter(|line| !line.trim_start().starts_with("//") && line.contains(".record_error("));
            wrong.extend(lines.map(|line| format!("{instruments}/src/{file}: {}", line.trim())));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Programs are told to have the lines that this tree has.
#[test]
fn the_readme_has_the_lines_for_clippy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let [clippy, readme] = ["clippy.toml", "README.md"].map(|file| fs::read_to_string(root.join(file)).unwrap());
    let start = clippy.find("await-holding-invalid-types = [").unwrap();
    let lines = &clippy[start..start + clippy[start..].find("\n]\n").unwrap()];
    assert!(lines.matches("xray_core::").count() == 5 && readme.contains(&lines.replace("xray_core", "aws_xray_sdk")));
}

/// All `.rs` files below a folder, by their path in it.
fn read(root: &Path) -> Sources {
    let mut sources = BTreeMap::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.insert(path.to_str().unwrap().replace('\\', "/"), fs::read_to_string(root.join(path)).unwrap());
            }
        }
    }
    sources
}

/// A crate of three modules, `high`, `middle` and `low`, with the text of `low`.
fn with_low(text: &str) -> Sources {
    let lib = "pub mod high; mod middle; mod low; pub use high::{Recorder, part::Part as Piece}; pub use middle::*;
        #[doc(hidden)] pub mod private { pub use crate::high; }";
    let high = "pub struct Recorder; pub mod part { pub struct Part; } #[macro_export] macro_rules! shout { () => {} }";
    let files = [("lib.rs", lib), ("high.rs", high), ("middle.rs", "use crate::low;"), ("low.rs", text)];
    files.map(|(path, text)| (path.to_owned(), text.to_owned())).into()
}

#[test]
fn imports_upwards_are_found_however_they_are_written() {
    for (text, expected) in [
        ("use crate::high::Recorder;", "high"),
        ("use crate::high;", "high"),
        ("use crate::{middle::A, high};", "middle, high"),
        ("use crate::{low::{self, X}, high::{part::{Part, Other}, Recorder as R}};", "high, high, high"),
        ("use super::high::Recorder;", "high"),
        ("use super::{high::Recorder, middle};", "high, middle"),
        ("use self::super::high;", "high"),
        ("pub(crate) use crate::high::*;", "high"),
        ("use crate::*;", "*"),
        ("use crate::Recorder;", "high"),
        ("use crate::{Piece, Recorder as R};", "high, high"),
        ("use crate::Unknown;", "Unknown"),
        ("use crate::private::high;", "private"),
        ("fn f() { crate::high::f(); }", "high"),
        ("fn f() -> crate::Recorder { super::middle::g::<crate::high::X>() }", "high, middle, high"),
        ("fn f() { print!(\"{}\", crate::high::X); crate::shout!(); }", "high, high"),
        ("impl<T: crate::high::Trait> X for T where T: super::high::Other {}", "high, high"),
        ("mod inner { use super::super::high::X; fn f() { use crate::middle; } }", "high, middle"),
        ("#[derive(Debug)] #[cfg(feature = \"x\")] struct S { field: crate::high::X }", "high"),
        // What is for tests ends where its item ends.
        ("#[cfg(test)] use crate::high; use crate::middle;", "middle"),
        ("#[cfg(test)] mod tests { use crate::high; } fn f() { crate::high::f() }", "high"),
        ("#[cfg(test)] #[allow(unused)] fn f() -> [u8; 2] { crate::high::f() } use crate::high;", "high"),
        ("#[cfg(not(test))] use crate::high;", "high"),
        ("fn tests() { crate::high::f() }", "high"),
    ] {
        let checked = Crate::read(&with_low(text));
        let expected: Vec<_> = expected.split(", ").map(|module| format!("low.rs imports {module}")).collect();
        assert_eq!(checked.wrong, expected, "{text}");
    }
}

#[test]
fn other_paths_are_none() {
    for text in [
        "use crate::low::X; use self::inner::Y; mod inner { use super::X; use crate::low; }",
        "use std::high::X; fn f() { other::crate_high(); high(); }",
        "// crate::high\n/* crate::high */ /// crate::high::X\nconst A: &str = \"crate::high\";",
        "#[cfg(test)] mod tests { use crate::high; }",
        "#[cfg(test)] use crate::{high, middle};",
        "pub(crate) struct A; pub(super) struct B; pub(in crate::low) struct C;",
        // It is the crate of whoever uses the macro that this is resolved in.
        "macro_rules! a { () => { $crate::high::f() } }",
        "mod deep { pub mod deeper { use super::super::low_thing; } }",
    ] {
        assert_eq!(Crate::read(&with_low(text)).wrong, [""; 0], "{text}");
    }
    let downwards = with_low("").into_iter().chain([("high.rs".to_owned(), "use crate::{middle, low};".to_owned())]);
    assert_eq!(Crate::read(&downwards.collect()).wrong, [""; 0]);
}

#[test]
fn every_file_is_read_wherever_it_is() {
    let folders = |texts: &[(&str, &str)]| -> Sources {
        let extra = texts.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        with_low("mod tests; pub mod a { mod b; } #[path = \"odd.rs\"] mod named; #[cfg(test)] mod own;")
            .into_iter()
            .chain(extra)
            .collect()
    };
    let upwards = "use crate::high;";
    let (quiet, from_tests) = ("", "use crate::high::X; mod below;");
    let sources = folders(&[
        ("low/tests.rs", upwards),
        ("low/a/b/mod.rs", "use super::super::super::middle;"),
        ("odd.rs", upwards),
        ("low/own/mod.rs", from_tests),
        ("low/own/below.rs", upwards),
        ("low/forgotten.rs", quiet),
    ]);
    let checked = Crate::read(&sources);
    let mut wrong = checked.wrong.clone();
    wrong.sort();
    assert_eq!(wrong, ["low/a/b/mod.rs imports middle", "low/tests.rs imports high", "odd.rs imports high"]);
    assert_eq!(checked.unread(&sources), ["low/forgotten.rs"]);
    let missing = Crate::read(&folders(&[]));
    assert!(missing.wrong.iter().any(|wrong| wrong == "low.rs: there is no file for tests"), "{:?}", missing.wrong);
}
