//! Many threads decide while the rules change under them.

use std::collections::HashMap;
use std::thread;

use super::*;

const THREADS: u64 = 8;
const DECISIONS: u64 = 10_000_000;

/// Rules come and go, targets and failures too, as fast as a socket allows; what was decided is reported, all of it.
#[test]
fn no_decision_is_lost_while_rules_are_replaced() {
    let rules = |from: usize, to: usize, size: u64| -> Vec<Value> {
        let rule_of = |number: usize| {
            let fields = json!({"URLPath": format!("/api/{number}/*"), "Priority": number, "FixedRate": 0.1, "ReservoirSize": size});
            rule(&format!("r{number}"), fields)
        };
        (from..to).map(rule_of).chain([rule("Default", json!({}))]).collect()
    };
    let mut client = Client::start(rules(1, 25, 1));
    client.service.set_targets(target_for_each(
        json!({"FixedRate": 0.3, "ReservoirQuota": 5, "ReservoirQuotaTTL": BEGIN * 2, "Interval": 1}),
    ));
    let shared = Arc::clone(&client.shared);
    let clock = client.clock.clone();

    let decide = |thread: u64| {
        let paths: Vec<_> = (0..30).map(|number| format!("/api/{number}/cart")).collect();
        let mut counts: HashMap<Arc<str>, Statistics> = HashMap::new();
        for decision in 0..DECISIONS / THREADS {
            let path = &paths[((decision + thread * 7) % 30) as usize];
            let decision = shared.decide(&SamplingRequest::new().path(path), clock.unix_seconds()).unwrap();
            let count = counts.entry(Arc::clone(decision.rule_name().unwrap())).or_default();
            count.requests += 1;
            count.sampled += u64::from(decision.is_sampled());
        }
        counts
    };
    let mut replaced = 0;
    let decided: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || decide(thread))).collect();
        while !threads.iter().all(|thread| thread.is_finished()) {
            replaced += 1;
            client.service.set_failing(replaced % 5 == 0);
            client.service.set_rules(rules(1 + replaced % 20, 25, 1 - replaced as u64 % 2));
            client.pass(301);
        }
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(replaced > 100, "the rules were replaced {replaced} times only");

    client.service.set_failing(false);
    for _ in 0..3 {
        client.pass(301);
    }
    let mut expected: HashMap<String, Statistics> = HashMap::new();
    for (name, counts) in decided.into_iter().flatten() {
        let sum = expected.entry(name.to_string()).or_default();
        sum.requests += counts.requests;
        sum.sampled += counts.sampled;
    }
    let mut reported: HashMap<String, Statistics> = HashMap::new();
    for document in client.service.statistics() {
        // Within one report: no decision is half counted.
        let count = |field: &str| document[field].as_u64().unwrap();
        assert!(count("SampledCount") + count("BorrowCount") <= count("RequestCount"), "{document}");
        let sum = reported.entry(document["RuleName"].as_str().unwrap().to_owned()).or_default();
        sum.requests += count("RequestCount");
        // What is borrowed is sampled as well, and counted by itself.
        sum.sampled += count("SampledCount") + count("BorrowCount");
    }
    assert_eq!(reported, expected);
    assert_eq!(expected.values().map(|counts| counts.requests).sum::<u64>(), DECISIONS / THREADS * THREADS);
}
