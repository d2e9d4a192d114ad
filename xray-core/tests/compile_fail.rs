//! What must not compile: a guard that a task which may move to another thread holds over an `.await`, and a guard of a
//! temporary, whose entity would end at once.

#[test]
fn guards_cannot_be_held_wrongly() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/compile_fail/*.rs");
    cases.pass("tests/compile_pass/*.rs");
}
