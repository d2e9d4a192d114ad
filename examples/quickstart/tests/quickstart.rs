//! What a newcomer sees of the first run.

#![allow(clippy::unwrap_used)] // as in tests

use std::process::{Command, Output};

#[test]
fn the_trace_shows_every_client_and_every_failure() {
    let shown = lines(&quickstart());
    let is_shown = |words: &[&str]| shown.iter().any(|line| words.iter().all(|word| line.contains(word)));
    for words in [
        &["order-service", "ms", "█"][..],
        &["placed=5", "refused=7"],
        &["order=1001", r#"customer="ada""#],
        &["orders.db"],
        &["payments.internal POST 200"],
        &["payments.internal POST 402 error"],
        &["payments.internal POST 429 throttle"],
        &["payments.internal POST 500 fault"],
        &["S3 PutObject 200"],
        &["S3 PutObject 404 error"],
        &["OrderError: the line is not an order"],
        &[r#"OrderError: there is no product "teleporter""#],
        &["OrderError: the card is declined"],
        &["UNIQUE constraint failed: orders.id"],
        &["NoSuchBucket"],
        &["tests/run"],
    ] {
        assert!(is_shown(words), "{words:?} is not in\n{}", shown.join("\n"));
    }
    let is_order = |line: &&String| line.contains(" place_order");
    assert_eq!(shown.iter().filter(is_order).count(), 12);
    assert_eq!(shown.iter().filter(is_order).filter(|line| line.contains(" fault ")).count(), 7);
}

#[test]
fn calls_are_below_the_order_they_were_made_for() {
    let shown = lines(&quickstart());
    let first = shown.iter().position(|line| line.contains("order=1001")).unwrap();
    for (line, name) in shown[first + 1..].iter().zip(["orders.db", "payments.internal POST 200", "S3 PutObject 200"]) {
        assert!(line.starts_with("│  ") && line.contains(&format!("─ {name} ")), "{name}: {line}");
    }
}

#[test]
fn what_is_not_a_terminal_gets_no_colour() {
    let output = quickstart();
    assert!(!output.stdout.contains(&0x1b), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn lines_fit_a_narrow_terminal() {
    let output = Command::new(env!("CARGO_BIN_EXE_quickstart")).env("COLUMNS", "80").output().unwrap();
    for line in lines(&output) {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn the_variables_of_the_machine_do_not_disturb_it() {
    for variable in [
        ("AWS_XRAY_DAEMON_ADDRESS", "192.0.2.1:2000"),
        ("AWS_XRAY_SDK_ENABLED", "false"),
        ("AWS_PROFILE", "missing"),
        ("HTTP_PROXY", "http://127.0.0.1:9"),
        ("http_proxy", "http://127.0.0.1:9"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_quickstart")).envs([variable]).output().unwrap();
        let is_shown = |words: &str| lines(&output).iter().any(|line| line.contains(words));
        assert!(is_shown("POST 200") && is_shown("S3 PutObject 200"), "{variable:?}: {output:?}");
    }
}

fn quickstart() -> Output {
    Command::new(env!("CARGO_BIN_EXE_quickstart")).env_remove("COLUMNS").output().unwrap()
}

fn lines(output: &Output) -> Vec<String> {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap().lines().map(str::to_owned).collect()
}
