//! What is reported, and when.

use super::*;

const NOTHING: Statistics = counts(0, 0, 0);

#[test]
fn a_report_says_what_the_service_expects() {
    let mut client = Client::start([
        rule("r", json!({"ReservoirSize": 1, "FixedRate": 1.0})),
        rule("idle", json!({"Priority": 2_000})),
    ]);
    (0..3).for_each(|_| assert!(client.path("/").is_some()));
    client.pass_to_report();
    let documents = client.service.statistics();
    let document = documents.first().unwrap().as_object().unwrap();
    let id = document["ClientID"].as_str().unwrap();
    assert!(id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    let expected = json!({"RuleName": "r", "ClientID": id, "Timestamp": BEGIN + 10, "RequestCount": 3, "SampledCount": 2, "BorrowCount": 1});
    assert_eq!(documents, [expected], "an idle rule is never reported");

    // Nothing new, no call; then by the same id.
    client.pass_to_report();
    assert_eq!(client.reports(), 1);
    assert!(client.path("/").is_some());
    client.pass_to_report();
    assert_eq!(
        client.service.statistics().iter().map(|document| document["ClientID"].clone()).collect::<Vec<_>>(),
        [id, id]
    );
}

#[test]
fn a_copy_of_a_process_has_a_name_of_its_own() {
    let mut client = Client::start([rule("r", json!({}))]);
    for _ in 0..2 {
        assert!(client.path("/").is_some());
        client.pass_to_report();
        crate::reseed();
    }
    let documents = client.service.statistics();
    assert_ne!(documents[0]["ClientID"], documents[1]["ClientID"]);
}

#[test]
fn sixty_rules_are_three_reports() {
    let mut client =
        Client::start((0..60).map(|number| rule(&format!("r{number}"), json!({"URLPath": format!("/{number}")}))));
    for number in 0..60 {
        assert!(client.path(&format!("/{number}")).is_some());
    }
    client.pass_to_report();
    let lengths: Vec<_> = client
        .calls("/SamplingTargets")
        .iter()
        .map(|call| call.body["SamplingStatisticsDocuments"].as_array().unwrap().len())
        .collect();
    assert_eq!(lengths, [25, 25, 10]);
    assert_eq!(client.reported(), counts(60, 0, 0));
}

#[test]
fn a_report_that_failed_loses_nothing() {
    let mut client = Client::start([rule("r", json!({"ReservoirSize": 1}))]);
    let decide = |client: &Client| (0..4).for_each(|_| assert!(client.path("/").is_some()));
    client.service.set_failing(true);
    for _ in 0..3 {
        decide(&client);
        client.pass_to_report();
    }
    assert_eq!(client.reported(), NOTHING);
    assert_eq!(client.reports(), 3);
    client.service.set_failing(false);
    client.pass_to_report();
    assert_eq!(client.reported(), counts(12, 0, 3));
}

#[test]
fn statistics_that_the_service_could_not_process_are_sent_again_and_refused_ones_are_not() {
    for (code, expected, rule_calls) in [("500", 2, 1), ("503.1", 2, 1), ("", 2, 1), ("400", 1, 2), ("404", 1, 2)] {
        let mut client = Client::start([rule("r", json!({}))]);
        assert!(client.path("/").is_some());
        client.service.set_targets(move |_| json!({"SamplingTargetDocuments": [], "UnprocessedStatistics": [{"RuleName": "r", "ErrorCode": code, "Message": "no"}]}));
        client.pass_to_report();
        client.service.set_targets(|_| json!({"SamplingTargetDocuments": []}));
        client.pass_to_report();
        assert_eq!(client.reported().requests, expected, "{code}");
        assert_eq!(client.rule_calls(), rule_calls, "{code}: the rules are not what they were");
    }
}

#[test]
fn each_rule_is_reported_by_its_own_interval() {
    let mut client = Client::start([rule("a", json!({"URLPath": "/a"})), rule("b", json!({"URLPath": "/b"}))]);
    client.service.set_targets(|report| {
        let documents = report["SamplingStatisticsDocuments"].as_array().unwrap();
        let target = |document: &Value| json!({"RuleName": document["RuleName"], "FixedRate": 0.0, "Interval": if document["RuleName"] == "a" { 20 } else { 30 }});
        json!({"SamplingTargetDocuments": documents.iter().map(target).collect::<Vec<_>>()})
    });
    let mut reported = Vec::new();
    for _ in 0..14 {
        assert!(client.path("/a").is_some() && client.path("/b").is_some());
        let before = client.service.statistics().len();
        client.clock.advance(Duration::from_secs(5));
        client.poller.step(&client.shared);
        let names = client.service.statistics()[before..]
            .iter()
            .map(|document| document["RuleName"].as_str().unwrap().to_owned())
            .collect::<String>();
        reported.push(names);
    }
    // Every five seconds: both at first, then each by its interval.
    assert_eq!(reported.iter().filter(|names| names.contains('a')).count(), 3, "{reported:?}");
    assert_eq!(reported.iter().filter(|names| names.contains('b')).count(), 2, "{reported:?}");
    assert_eq!(reported.iter().position(|names| names == "ab"), Some(2), "{reported:?}");
}

#[test]
fn an_interval_shorter_than_ten_seconds_is_kept() {
    let mut client = Client::start([rule("r", json!({}))]);
    client.service.set_targets(target_for_each(json!({"FixedRate": 0.0, "Interval": 2})));
    assert!(client.path("/").is_some());
    client.pass_to_report();
    assert_eq!(client.reports(), 1);
    for _ in 0..20 {
        assert!(client.path("/").is_some());
        client.pass(1);
    }
    assert!((7..=10).contains(&client.reports()), "{}", client.reports());
}

#[test]
fn rules_are_fetched_every_five_minutes() {
    let mut client = Client::start([]);
    let mut fetched = Vec::new();
    for second in 1..=1_000 {
        let before = client.rule_calls();
        client.pass(1);
        if client.rule_calls() > before {
            fetched.push(second);
        }
    }
    assert_eq!(fetched.len(), 3, "{fetched:?}");
    let mut previous = 0;
    for second in fetched {
        assert!((295..=301).contains(&(second - previous)), "{second} after {previous}");
        previous = second;
    }
}

#[test]
fn rules_that_have_changed_are_fetched_at_once() {
    for (modification, expected) in [
        (json!(BEGIN + 5), 2),
        (json!(BEGIN as f64 + 0.5), 2),
        (json!(BEGIN), 2),
        (json!(BEGIN - 1), 1),
        (json!(0), 1),
        (json!(null), 1),
        (json!("now"), 1),
        // The service's clock is ahead of ours: once, and not after each report.
        (json!(BEGIN + 3_600), 2),
    ] {
        let mut client = Client::start([rule("r", json!({}))]);
        let answer = json!({"SamplingTargetDocuments": [], "LastRuleModification": modification});
        client.service.set_targets(move |_| answer.clone());
        for _ in 0..3 {
            assert!(client.path("/").is_some());
            client.pass_to_report();
        }
        assert_eq!(client.rule_calls(), expected, "{modification}");
    }
}
