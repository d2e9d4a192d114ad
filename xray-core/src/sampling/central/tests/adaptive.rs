//! The boost of a rule: what is reported for it, and what comes of that.

use super::*;
use crate::id::TraceId;
use crate::sampling::central::account::{Account, Target};

#[test]
fn a_raised_rate_counts_until_it_is_over() {
    let account = Account::new("rule");
    let target =
        |boost| Target { rule_name: "rule".into(), rate: 0.1, quota: None, expires_at: None, interval: None, boost };
    let sampled = |now| account.decide(now, false, || 0.5);
    account.follow(&target(None), BEGIN);
    assert!(!sampled(BEGIN));
    account.follow(&target(Some((0.6, BEGIN + 60))), BEGIN);
    assert!(sampled(BEGIN + 59));
    assert!(!sampled(BEGIN + 60), "over");
    account.follow(&target(Some((0.6, BEGIN + 120))), BEGIN + 60);
    account.follow(&target(None), BEGIN + 70);
    assert!(sampled(BEGIN + 119), "a target without a boost leaves it as it was");
}

fn boosted(name: &str, but: Value) -> Value {
    let mut rule = rule(name, json!({"SamplingRateBoost": {"MaxRate": 0.5, "CooldownWindowMinutes": 10}}));
    for (key, value) in but.as_object().unwrap() {
        rule[key] = value.clone();
    }
    rule
}

fn boosts(client: &Client) -> Vec<Value> {
    let calls = client.calls("/SamplingTargets").into_iter().filter(|call| call.answered);
    calls
        .flat_map(|call| call.body["SamplingBoostStatisticsDocuments"].as_array().cloned().unwrap_or_default())
        .collect()
}

/// Begins the watch of so many traces.
fn traces(client: &Client, path: &str, count: usize) {
    for _ in 0..count {
        let decision = client.decide(&SamplingRequest::new().path(path)).unwrap();
        if let Some(rule) = decision.watch() {
            drop(rule.begin("shop", TraceId::generate(), decision.is_sampled()));
        }
    }
}

#[test]
fn only_rules_with_a_boost_are_watched_and_reported() {
    let mut client =
        Client::start([boosted("boosted", json!({"URLPath": "/a"})), rule("plain", json!({"URLPath": "/b"}))]);
    traces(&client, "/a", 3);
    traces(&client, "/b", 5);
    client.pass_to_report();
    let expected = json!({
        "RuleName": "boosted", "ServiceName": "shop", "Timestamp": BEGIN + 10, "TotalCount": 3, "AnomalyCount": 0,
        "SampledAnomalyCount": 0,
    });
    assert_eq!(boosts(&client), [expected]);
    assert_eq!(client.reported().requests, 8);
}

#[test]
fn counts_of_a_boost_that_did_not_reach_the_service_are_reported_again() {
    for (code, expected) in [("500", vec![2, 2]), ("400", vec![2])] {
        let mut client = Client::start([boosted("r", json!({}))]);
        traces(&client, "/", 2);
        client.service.set_failing(true);
        client.pass_to_report();
        client.service.set_failing(false);
        client.service.set_targets(move |_| {
            json!({"SamplingTargetDocuments": [], "UnprocessedBoostStatistics": [{"RuleName": "r", "ErrorCode": code}]})
        });
        client.pass_to_report();
        client.service.set_targets(|_| json!({"SamplingTargetDocuments": []}));
        client.pass_to_report();
        let totals: Vec<_> = boosts(&client).iter().map(|boost| boost["TotalCount"].as_u64().unwrap()).collect();
        assert_eq!(totals, expected, "{code}");
        assert_eq!(client.reported().requests, 2, "{code}: the other counts are not reported again");
    }
}

/// The trace has been reported when it goes wrong.
#[test]
fn an_anomaly_that_comes_late_is_reported_with_the_next_traces() {
    let mut client = Client::start([boosted("r", json!({}))]);
    traces(&client, "/", 1);
    client.pass_to_report();
    let account = client.shared.read().accounts().next().unwrap().clone();
    account.boost().count_anomaly(true);
    assert!(!account.decide(BEGIN, false, || 0.5), "another request, which nobody watches");
    client.pass_to_report();
    assert_eq!(boosts(&client).len(), 1);
    traces(&client, "/", 1);
    client.pass_to_report();
    let late = &boosts(&client)[1];
    assert_eq!(
        (&late["TotalCount"], &late["AnomalyCount"], &late["SampledAnomalyCount"]),
        (&json!(1), &json!(1), &json!(1))
    );
}

#[test]
fn a_boost_of_a_target_is_obeyed() {
    let mut client = Client::start([boosted("r", json!({}))]);
    client.service.set_targets(target_for_each(json!({
        "FixedRate": 0.0, "SamplingBoost": {"BoostRate": 1.0, "BoostRateTTL": (BEGIN + 100) as f64},
    })));
    assert_eq!(client.path("/"), Some(("r".to_owned(), false)));
    client.pass_to_report();
    assert_eq!(client.path("/"), Some(("r".to_owned(), true)));
    client.clock.advance(Duration::from_secs(90));
    assert_eq!(client.path("/"), Some(("r".to_owned(), false)));
}

#[test]
fn a_trace_counts_again_ten_minutes_after_it_was_seen() {
    let client = Client::start([boosted("r", json!({}))]);
    let trace_id = TraceId::generate();
    for (pause, expected) in [(0, 1), (599, 0), (599, 0), (600, 1)] {
        client.clock.advance(Duration::from_secs(pause));
        let decision = client.decide(&SamplingRequest::new()).unwrap();
        drop(decision.watch().unwrap().begin("shop", trace_id, decision.is_sampled()));
        let statistics = client.shared.read().accounts().next().unwrap().boost().take_statistics();
        assert_eq!(statistics.total, expected, "after {pause} seconds");
    }
}
