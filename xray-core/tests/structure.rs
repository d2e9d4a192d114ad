//! The import rule of ARCHITECTURE.md: a module imports only from modules that `lib.rs` lists below it.

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn modules_import_downwards_only() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let lib = fs::read_to_string(source.join("lib.rs")).unwrap();
    let modules: Vec<&str> = lib
        .lines()
        .filter_map(|line| line.strip_prefix("pub ").unwrap_or(line).strip_prefix("mod "))
        .filter_map(|rest| rest.strip_suffix(';'))
        .collect();
    assert!(modules.len() > 20, "{modules:?}");
    let mut wrong = Vec::new();
    // `testing` is at the top and sees only what users see; the tests of a module may reach for anything.
    for (place, module) in modules.iter().enumerate() {
        for file in files_of(&source, module).into_iter().filter(|file| !file.to_string_lossy().contains("tests")) {
            let text = fs::read_to_string(&file).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
                for imported in line.split("crate::").skip(1).map(|rest| rest.split("::").next().unwrap_or_default()) {
                    if modules.iter().position(|module| *module == imported).is_some_and(|other| other < place) {
                        wrong.push(format!("{} imports {imported}: {}", file.display(), line.trim()));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A line of the log runs the program's subscriber. Clippy keeps the other macros of `tracing` out (clippy.toml).
#[test]
fn every_line_of_the_log_is_a_notice() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let crates = ["xray-core", "xray-aws", "xray-http", "xray-sql", "xray-mongo"].map(|name| workspace.join(name));
    let elsewhere: Vec<_> = crates
        .iter()
        .flat_map(|folder| files_of(folder, "src"))
        .filter(|file| fs::read_to_string(file).unwrap().contains(concat!("event", "!(")))
        .collect();
    assert_eq!(elsewhere, [workspace.join("xray-core/src/notice/lines.rs")]);
}

/// An instrument knows nothing of where an error arose: it records it by `record_foreign_error`, without a stack.
#[test]
fn instruments_take_no_stacks() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut wrong = Vec::new();
    for instruments in ["xray-aws", "xray-http", "xray-sql", "xray-mongo"] {
        for file in files_below(&workspace.join(instruments).join("src")) {
            let text = fs::read_to_string(&file).unwrap();
            let lines =
                text.lines().filter(|line| !line.trim_start().starts_with("//") && line.contains(".record_error("));
            wrong.extend(lines.map(|line| format!("{}: {}", file.display(), line.trim())));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn files_of(source: &Path, module: &str) -> Vec<PathBuf> {
    let single = source.join(module).with_extension("rs");
    let mut files = if single.exists() { vec![single] } else { Vec::new() };
    files.extend(files_below(&source.join(module)));
    assert!(!files.is_empty(), "lib.rs names {module}, which has no file");
    files
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.map(|entry| entry.path()).unwrap_or_default();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files
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
