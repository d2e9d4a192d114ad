//! Whether the list of calls has every public function of the SDK, and whether `ARCHITECTURE.md` has every thing.
//!
//! The functions are those of the sources of `xray-core` that a program can reach: free ones that the facade re-exports, those
//! of its modules, and the methods of public types.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::{calls, things};

/// What is wrong with the lists.
pub fn problems() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut problems = problems_of_calls(&root);
    problems.extend(problems_of_places(&root));
    problems
}

/// The places where the program's code runs.
fn problems_of_places(root: &Path) -> Vec<String> {
    let page = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let section = page.split("\n## ").find(|section| section.starts_with("Where the program's code runs"));
    let rows = section.unwrap_or_default().lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    let names = rows.skip(1).flat_map(|(_, names)| names.trim_end_matches(" |").split(", "));
    let listed: BTreeSet<&str> = names.collect();
    let played: BTreeSet<&str> = things::all().map(|thing| thing.name).collect();
    let missing =
        played.difference(&listed).map(|name| format!("ARCHITECTURE.md does not say where this runs: {name}"));
    let gone = listed.difference(&played).map(|name| format!("nobody plays what ARCHITECTURE.md lists: {name}"));
    missing.chain(gone).collect()
}

fn problems_of_calls(root: &Path) -> Vec<String> {
    let listed: BTreeSet<String> =
        calls::ALL.iter().flat_map(|call| call.functions.split_whitespace()).map(str::to_owned).collect();
    let mut there = functions_of_the_core(root);
    let facade = fs::read_to_string(root.join("src/lib.rs")).unwrap();
    let exported = exported(&facade);
    there.retain(|function| is_reachable(function, &exported));
    there.extend(facade.lines().filter_map(|line| line.strip_prefix("pub fn ")).map(name_of));
    let missing = there.difference(&listed).map(|function| format!("nobody calls {function}: add it to calls.rs"));
    let gone = listed.difference(&there).map(|function| format!("there is no {function}: take it out of calls.rs"));
    missing.chain(gone).collect()
}

/// Methods by their type; free functions by their module if it is one of the facade's, or alone.
fn is_reachable(function: &str, exported: &BTreeSet<String>) -> bool {
    match function.rsplit_once("::") {
        // Whatever public type it is of: a program may come by a value.
        Some((owner, _)) if owner.starts_with(char::is_uppercase) => true,
        Some((module, _)) => exported.contains(module),
        None => exported.contains(function),
    }
}

/// The names that the facade re-exports of the core.
fn exported(facade: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for rest in facade.split("pub use xray_core::").skip(1) {
        let list = rest.split(';').next().unwrap_or_default();
        names.extend(
            list.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|name| !name.is_empty()).map(str::to_owned),
        );
    }
    assert!(names.contains("begin_segment") && names.contains("sampling"), "{names:?}");
    names
}

/// Files that have nothing for programs: the other half of macros, and what tests use.
const NOT_FOR_PROGRAMS: [&str; 7] =
    ["capture_outcome.rs", "captured_call.rs", "notice", "open_work.rs", "panic.rs", "patch.rs", "testing"];
/// Modules whose functions the facade re-exports by the module.
const MODULES: [&str; 3] = ["plugins/mod.rs", "logs.rs", "sampling/wildcard.rs"];
/// Implemented by programs, hidden, or what `#[capture]` expands to.
const NOT_CALLED: [&str; 7] = [
    "Annotate::annotation_value",
    "Cause::links",
    "FutureOrStream::into_work",
    "Plugin::look",
    "Record::record",
    "Traced::recording_in_segment",
    "Traced::recording_in_subsegment",
];

fn functions_of_the_core(root: &Path) -> BTreeSet<String> {
    let source = root.join("xray-core/src");
    let mut functions = BTreeSet::new();
    for file in files_below(&source) {
        let name = file.strip_prefix(&source).unwrap().to_string_lossy().into_owned();
        if NOT_FOR_PROGRAMS.iter().any(|skipped| name.starts_with(skipped)) || name.contains("test") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let module =
            MODULES.iter().find(|module| **module == name).map(|_| name.split(['/', '.']).next().unwrap_or_default());
        functions.extend(functions_of(code, module));
    }
    functions.retain(|function| !NOT_CALLED.contains(&function.as_str()));
    assert!(functions.contains("Recorder::current"), "{functions:?}");
    functions
}

fn functions_of(code: &str, module: Option<&str>) -> Vec<String> {
    let mut functions = Vec::new();
    let mut owner: Option<(String, bool)> = None;
    for line in code.lines() {
        if let Some(rest) = line.strip_prefix("pub trait ") {
            owner = Some((name_of(rest), true));
        } else if line.starts_with("impl") {
            let rest =
                if line.starts_with("impl<") { line.split_once("> ").map_or("", |(_, rest)| rest) } else { &line[5..] };
            owner = (!line.contains(" for ")).then(|| (name_of(rest), false));
        } else if line.starts_with('}') {
            owner = None;
        }
        let (inner, text) = (line.starts_with("    ") && !line.starts_with("     "), line.trim_start());
        let public =
            text.strip_prefix("pub ").map(|rest| rest.trim_start_matches("const ").trim_start_matches("async "));
        let function = match (&owner, public.and_then(|rest| rest.strip_prefix("fn ")), text.strip_prefix("fn ")) {
            (Some((owner, _)), Some(rest), _) if inner => format!("{owner}::{}", name_of(rest)),
            (Some((owner, true)), _, Some(rest)) if inner => format!("{owner}::{}", name_of(rest)),
            (None, Some(rest), _) if !inner => match module {
                Some(module) => format!("{module}::{}", name_of(rest)),
                _ => name_of(rest),
            },
            _ => continue,
        };
        functions.push(function);
    }
    functions
}

fn name_of(text: &str) -> String {
    text.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files
}
