//! Which rule decides.

use super::*;

/// A request of which everything is known.
fn full<'a>() -> SamplingRequest<'a> {
    let request = SamplingRequest::new().host("shop.example.com").method("GET").path("/api/move/left");
    request.service_name("checkout").service_type("AWS::EC2::Instance").resource_arn("arn:aws:ecs:1:2:container/3")
}

#[test]
fn every_field_is_matched_by_wildcards_that_ignore_case() {
    let cases = [
        (json!({}), true),
        (json!({"Host": "*.EXAMPLE.com"}), true),
        (json!({"Host": "*.example.org"}), false),
        (json!({"HTTPMethod": "get"}), true),
        (json!({"HTTPMethod": "POST"}), false),
        (json!({"URLPath": "/API/*/left"}), true),
        (json!({"URLPath": "/api/move"}), false),
        (json!({"ServiceName": "CHECK???"}), true),
        (json!({"ServiceName": "checkout?"}), false),
        (json!({"ServiceType": "aws::ec2::*"}), true),
        (json!({"ServiceType": "AWS::ECS::Container"}), false),
        (json!({"ResourceARN": "arn:aws:ecs:*"}), true),
        (json!({"ResourceARN": "arn:aws:lambda:*"}), false),
        (
            json!({"Host": "*.example.com", "HTTPMethod": "GET", "URLPath": "/api/move/*", "ServiceName": "checkout"}),
            true,
        ),
        (
            json!({"Host": "*.example.com", "HTTPMethod": "GET", "URLPath": "/api/stay/*", "ServiceName": "checkout"}),
            false,
        ),
    ];
    for (fields, expected) in cases {
        let client = Client::start([rule("r", fields.clone())]);
        assert_eq!(client.rule(&full()).is_some(), expected, "{fields}");
    }
}

#[test]
fn a_field_that_the_request_lacks_is_not_compared() {
    let fields =
        json!({"Host": "h", "HTTPMethod": "POST", "ServiceName": "s", "ServiceType": "t", "URLPath": "/api/move/*"});
    let client = Client::start([rule("r", fields)]);
    // A path without a `Host` header is enough for a rule for a path (Node's tests).
    for (request, expected) in [
        (SamplingRequest::new(), true),
        (SamplingRequest::new().path("/api/move/left"), true),
        (SamplingRequest::new().path("/api/stay"), false),
        (SamplingRequest::new().service_name("other"), false),
        (SamplingRequest::new().host("").method(""), true),
    ] {
        assert_eq!(client.rule(&request).is_some(), expected, "{request:?}");
    }
}

/// Java's MatchersTest, and what the other SDKs do by leaving such rules out.
#[test]
fn attributes_and_resources_must_be_there() {
    let attributes = [("ip", "127.0.0.1"), ("compression", "gzip"), ("encoding", "json")];
    for (fields, expected) in [
        (json!({"Attributes": {"ip": "127.*.1", "compression": "*"}}), true),
        (json!({"Attributes": {"ip": "127.*.0", "compression": "*"}}), false),
        (json!({"Attributes": {"ip": "127.*.1", "language": "*"}}), false),
        (json!({"Attributes": {"IP": "127.*.1"}}), false),
        (json!({"Attributes": null}), true),
        (json!({"ResourceARN": "arn:*"}), false),
    ] {
        let client = Client::start([rule("r", fields.clone()), rule("Default", json!({}))]);
        let request = SamplingRequest::new().attributes(&attributes);
        let name = if expected { "r" } else { "Default" };
        assert_eq!(client.rule(&request).as_deref(), Some(name), "{fields}");
    }
}

#[test]
fn rules_are_tried_by_priority_then_by_name_and_the_default_last() {
    let rules = |rules: &[(&str, u64)]| -> Vec<Value> {
        rules.iter().map(|(name, priority)| rule(name, json!({"Priority": priority}))).collect()
    };
    for (list, first) in [
        // Python's test_rules_sorting.
        (rules(&[("Default", 1_000), ("b", 2), ("a", 1), ("aa", 2)]), "a"),
        (rules(&[("Default", 1), ("b", 2), ("aa", 2)]), "aa"),
        (rules(&[("Default", 1), ("b", 9_999)]), "b"),
        (rules(&[("Default", 10_000)]), "Default"),
        // The order of bytes.
        (rules(&[("a", 1), ("abc", 1), ("Abc", 1), ("ab", 1), ("A", 1)]), "A"),
        (rules(&[("a", 1), ("abc", 1), ("Abc", 1), ("ab", 1)]), "Abc"),
        (rules(&[("abc", 1), ("ab", 1)]), "ab"),
    ] {
        let client = Client::start(list);
        assert_eq!(client.rule(&full()).as_deref(), Some(first));
    }
}

#[test]
fn the_default_rule_is_for_everything() {
    let fields = json!({"ServiceName": "nobody", "Host": "nobody", "URLPath": "nobody", "FixedRate": 1.0});
    let client = Client::start([rule("Default", fields)]);
    assert_eq!(client.decide(&full()).map(|decision| decision.is_sampled()), Some(true));
    assert_eq!(client.rule(&full()).as_deref(), Some("Default"));
}

#[test]
fn without_a_rule_that_matches_there_is_no_decision() {
    let client = Client::start([rule("r", json!({"URLPath": "/api/*"}))]);
    assert_eq!(client.path("/api/cart"), Some(("r".to_owned(), false)));
    assert_eq!(client.path("/cart"), None);
    assert_eq!(Client::start([]).path("/cart"), None);
}

#[test]
fn rules_are_replaced_and_keep_what_they_have_counted() {
    let mut client = Client::start([
        rule("kept", json!({"URLPath": "/kept", "ReservoirSize": 1})),
        rule("gone", json!({"URLPath": "/gone"})),
    ]);
    client.service.set_targets(target_for_each(
        json!({"FixedRate": 0.0, "ReservoirQuota": 3, "ReservoirQuotaTTL": BEGIN + 9_999, "Interval": 10}),
    ));
    for path in ["/kept", "/kept", "/gone"] {
        assert!(client.path(path).is_some());
    }
    client.pass_to_report();
    assert_eq!(client.reported(), counts(3, 0, 1));
    assert_eq!((0..2).filter(|_| client.path("/kept").unwrap().1).count(), 2);

    // A new path, no reservoir any more, and a new rate; the quota and the counts stay.
    client.service.set_rules([rule("kept", json!({"URLPath": "/new"})), rule("late", json!({"URLPath": "/late"}))]);
    client.pass(300);
    assert_eq!(client.path("/kept"), None);
    assert_eq!(client.path("/gone"), None);
    assert_eq!((0..5).filter(|_| client.path("/new").unwrap().1).count(), 3);
    client.pass_to_report();
    assert_eq!(client.reported(), counts(3 + 2 + 5, 5, 1));
}

/// The report of its last seconds is not lost because a rule was deleted.
#[test]
fn a_rule_that_is_gone_is_reported_a_last_time() {
    let mut client = Client::start([rule("gone", json!({}))]);
    client.pass(294);
    assert!(client.path("/").is_some());
    client.service.set_rules([]);
    client.pass(7);
    assert_eq!(client.path("/"), None);
    client.pass_to_report();
    client.pass_to_report();
    assert_eq!(client.reported().requests, 1);
}

#[test]
fn a_rate_of_a_target_counts_until_the_next_fetch_of_the_rules() {
    let mut client = Client::start([rule("r", json!({"FixedRate": 0.0}))]);
    client.service.set_targets(target_for_each(json!({"FixedRate": 1.0})));
    assert_eq!(client.path("/"), Some(("r".to_owned(), false)));
    client.pass_to_report();
    assert_eq!(client.path("/"), Some(("r".to_owned(), true)));
    client.service.set_failing(true);
    client.pass(300);
    assert_eq!(client.path("/"), Some(("r".to_owned(), true)), "the fetch has failed");
    client.service.set_failing(false);
    client.service.set_targets(|_| json!({"SamplingTargetDocuments": []}));
    client.pass(300);
    assert_eq!(client.path("/"), Some(("r".to_owned(), false)));
}

#[test]
fn rules_are_obeyed_for_an_hour() {
    let mut client = Client::start([rule("r", json!({}))]);
    client.service.set_failing(true);
    client.pass(3_600);
    assert!(client.path("/").is_some(), "exactly an hour");
    client.pass(1);
    assert_eq!(client.path("/"), None, "a second more");
    client.service.set_failing(false);
    client.pass(300);
    assert!(client.path("/").is_some(), "new ones have come");
}
