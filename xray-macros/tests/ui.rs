//! What `#[capture]` refuses, and how it says so: one file for each rule.

#[test]
fn refusals() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
