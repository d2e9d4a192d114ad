//! What must not compile: a guard that a task which may move to another thread holds over an `.await`.

#[test]
fn guards_cannot_cross_an_await_in_a_spawned_task() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
