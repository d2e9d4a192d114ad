//! Both halves have the same scenarios. The comparison itself needs Python and moto: `tests/run parity`.

#![allow(clippy::unwrap_used)] // as in tests

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::{fs, str};

#[test]
fn every_scenario_is_there_in_python_and_in_rust() {
    let output = Command::new(env!("CARGO_BIN_EXE_parity")).arg("--list").output().unwrap();
    let rust: Vec<&str> = str::from_utf8(&output.stdout).unwrap().lines().collect();
    let names: BTreeSet<String> = rust.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(names.len(), rust.len(), "a name stands twice in {rust:?}");
    assert_eq!(names, python_scenarios());
}

/// The functions that are decorated with `@scenario`.
fn python_scenarios() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("python")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "py") {
            let text = fs::read_to_string(path).unwrap();
            let decorated = text.split("\n@scenario").skip(1);
            names.extend(decorated.filter_map(|rest| Some(rest.split_once("\ndef ")?.1.split_once('(')?.0.to_owned())));
        }
    }
    names
}
