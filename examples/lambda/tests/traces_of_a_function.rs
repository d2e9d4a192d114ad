//! What a newcomer sees of the first run.

#![allow(clippy::unwrap_used)] // as in tests

use std::process::Command;

#[test]
fn the_traces_show_the_function_its_calls_and_its_failure() {
    let output = Command::new(env!("CARGO_BIN_EXE_example-lambda")).env("COLUMNS", "100").output().unwrap();
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{shown}{}", String::from_utf8_lossy(&output.stderr));
    let expected: [&[&str]; 11] = [
        &["receipts"],
        &["├─ put_object"],
        &["│  │  status=\"stored\""],
        &["│  └─ S3 PutObject 200"],
        &["└─ get_object"],
        &["   │  status=\"found\""],
        &["   └─ S3 GetObject 200"],
        // The other event.
        &["receipts", "error"],
        &["└─ get_object fault"],
        &["status=\"not found\""],
        &["└─ S3 GetObject 404 error"],
    ];
    let mut lines = shown.lines();
    for words in expected {
        assert!(lines.any(|line| words.iter().all(|word| line.contains(word))), "{words:?} is not next in\n{shown}");
    }
}
