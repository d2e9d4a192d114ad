//! A daemon that is not there, or not itself.

use super::*;

#[test]
fn after_a_failure_the_rules_are_fetched_sooner_then_less_and_less_often() {
    let mut client = Client::start([rule("r", json!({}))]);
    client.service.set_failing(true);
    let mut fetched = Vec::new();
    for second in 1..=1_500 {
        let before = client.rule_calls();
        client.pass(1);
        if client.rule_calls() > before {
            fetched.push(second);
        }
    }
    let pauses: Vec<_> = fetched.windows(2).map(|pair| pair[1] - pair[0]).collect();
    for (pause, expected) in pauses.iter().zip([10, 20, 40, 80, 160, 300, 300]) {
        assert!((expected..=expected + expected / 10 + 1).contains(pause), "{pauses:?}");
    }
    assert!(pauses.len() >= 6, "{pauses:?}");
    client.service.set_failing(false);
    client.pass(331);
    client.service.set_failing(true);
    let before = client.rule_calls();
    client.pass(301);
    client.pass(12);
    assert_eq!(client.rule_calls(), before + 2, "a success begins anew");
}
