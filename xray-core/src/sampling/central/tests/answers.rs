//! What the service may answer.

use super::*;
use crate::sampling::central::api::Api;
use std::io::Write as _;
use std::net::TcpListener;

/// A rule that could be followed only by guessing at what it leaves out is not followed, and does not keep the others
/// from being so.
#[test]
fn rules_that_are_not_complete_are_left_out() {
    let good = || rule("good", json!({"Priority": 9_999}));
    let bad = || rule("bad", json!({"Priority": 1}));
    let mut cases = Vec::new();
    let required = [
        "RuleName",
        "ResourceARN",
        "Priority",
        "FixedRate",
        "ReservoirSize",
        "ServiceName",
        "ServiceType",
        "Host",
        "HTTPMethod",
        "URLPath",
        "Version",
    ];
    for field in required {
        cases.push(without(bad(), field));
        for value in [json!(null), json!([]), json!({}), json!(true), json!(-1)] {
            cases.push(rule("bad", json!({ field: value })));
        }
    }
    cases.extend([json!(null), json!({}), json!("rule"), json!([1])]);
    cases.extend(
        [
            json!({"Version": 2}),
            json!({"Version": 0}),
            json!({"RuleName": ""}),
            json!({"FixedRate": 1.5}),
            json!({"FixedRate": "1"}),
            json!({"Attributes": [1]}),
            json!({"Attributes": {"a": 1}}),
        ]
        .map(|fields| rule("bad", fields)),
    );
    for case in cases {
        let client = Client::start([case.clone(), good()]);
        assert_eq!(client.path("/").map(|(name, _)| name).as_deref(), Some("good"), "{case}");
        let client = Client::start([case.clone()]);
        assert_eq!(client.path("/"), None, "{case}");
    }
    // These the service leaves out itself.
    for field in ["RuleARN", "Attributes"] {
        assert!(Client::start([without(good(), field)]).path("/").is_some(), "{field}");
    }
}

#[test]
fn of_two_rules_with_one_name_the_first_counts() {
    let client = Client::start([rule("r", json!({"URLPath": "/a"})), rule("r", json!({"URLPath": "/b"}))]);
    assert!(client.path("/a").is_some());
    assert_eq!(client.path("/b"), None);
}

#[test]
fn all_pages_are_fetched() {
    let service = SamplingService::start().unwrap();
    service.set_rules((0..60).map(|number| rule(&format!("r{number}"), json!({}))));
    service.set_page_size(25);
    let api = Api::new(crate::emitter::DaemonAddress::from(service.address()).tcp());
    assert_eq!(api.rules().unwrap().len(), 60);
    let bodies: Vec<_> = service.calls().into_iter().map(|call| call.body).collect();
    assert_eq!(bodies, [json!({}), json!({"NextToken": "25"}), json!({"NextToken": "50"})]);
}

#[test]
fn a_fetch_that_failed_changes_nothing() {
    let mut client = Client::start((0..60).map(|number| rule(&format!("r{number}"), json!({}))));
    assert!(client.path("/").is_some());
    client.service.set_failing(true);
    client.pass(300);
    assert!(client.path("/").is_some());
}

/// Reads a request whole: a connection that is closed before that is reset, and the answer with it.
fn request(stream: &mut std::net::TcpStream) -> String {
    let mut text = String::new();
    let mut bytes = [0; 4_096];
    while let Ok(length @ 1..) = std::io::Read::read(stream, &mut bytes) {
        text.push_str(str::from_utf8(&bytes[..length]).unwrap());
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let head = head.to_ascii_lowercase();
        let expected = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= expected.unwrap_or(0) {
            break;
        }
    }
    text
}

/// Serves one connection with an answer that the service would not give.
fn once(answer: String) -> Api {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let api = Api::new(crate::emitter::DaemonAddress::from(listener.local_addr().unwrap()).tcp());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        request(&mut stream);
        let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{answer}", answer.len());
    });
    api
}

#[test]
fn the_first_document_counts_and_unknown_fields_do_not() {
    let record = json!({"SamplingRule": rule("r", json!({"Foo": 1})), "Foo": {}});
    let page = json!({"SamplingRuleRecords": [record], "Foo": [], "NextToken": null});
    let definitions = once(format!("{page} {{\"SamplingRuleRecords\": []}} garbage")).rules().unwrap();
    assert_eq!(definitions.len(), 1);
    assert_eq!(definitions[0].name, "r");
}

#[test]
fn what_is_not_an_answer_is_an_error() {
    for (answer, expected) in [
        ("", "the answer has no SamplingRuleRecords"),
        ("null", "the answer has no SamplingRuleRecords"),
        ("[]", "the answer has no SamplingRuleRecords"),
        ("{}", "the answer has no SamplingRuleRecords"),
        (r#"{"SamplingRuleRecords": {}}"#, "the answer has no SamplingRuleRecords"),
        ("<html>", "the answer is not JSON"),
        (r#"{"SamplingRuleRecords": ["#, "the answer is not JSON"),
    ] {
        assert_eq!(once(answer.to_owned()).rules().unwrap_err().to_string(), expected, "{answer:?}");
    }
    let error = once("{}".to_owned()).targets("id", 1, [].into_iter()).unwrap_err();
    assert_eq!(error.to_string(), "the answer has no SamplingTargetDocuments");
}

#[test]
fn targets_are_read_leniently() {
    let answer = json!({
        "SamplingTargetDocuments": [
            {"RuleName": "full", "FixedRate": 0.5, "ReservoirQuota": 3, "ReservoirQuotaTTL": 1_530_923_107.0, "Interval": 10},
            {"RuleName": "bare", "FixedRate": 1, "ReservoirQuota": null, "Foo": 1},
            {"RuleName": "no rate"}, {"FixedRate": 1.0}, null, {"RuleName": "too much", "FixedRate": 2.0},
        ],
        "LastRuleModification": 1_530_920_505.0,
        "UnprocessedStatistics": [{"RuleName": "r", "ErrorCode": "500", "Message": "x"}, {"ErrorCode": "500"}, {"RuleName": "s"}],
    });
    let targets = once(answer.to_string()).targets("id", 1, [].into_iter()).unwrap();
    let of = |name: &str| targets.targets.iter().find(|target| target.rule_name == name).cloned();
    assert_eq!(targets.targets.len(), 2);
    let full = of("full").unwrap();
    assert_eq!((full.rate, full.quota, full.expires_at, full.interval), (0.5, Some(3), Some(1_530_923_107), Some(10)));
    let bare = of("bare").unwrap();
    assert_eq!((bare.rate, bare.quota, bare.expires_at, bare.interval), (1.0, None, None, None));
    assert_eq!(targets.last_modification, Some(1_530_920_505.0));
    let unprocessed: Vec<_> = targets.unprocessed.iter().map(|one| (&*one.rule_name, &*one.error_code)).collect();
    assert_eq!(unprocessed, [("r", "500"), ("s", "")]);
}

/// The decisions of a sampler that gets these rules, one answer after the other, each five minutes after the one before.
fn decisions_after(answers: Vec<String>) -> Vec<Option<(String, bool)>> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let clock = Clock::manual(Duration::from_secs(BEGIN));
    let shared = Arc::new(Shared::default());
    shared.set(Setting::new(listener.local_addr().unwrap().into(), clock.clone(), None));
    let mut poller = Poller::new(&shared);
    let count = answers.len();
    std::thread::spawn(move || {
        let mut answers = answers.into_iter();
        while let Ok((mut stream, _)) = listener.accept() {
            let is_for_rules = request(&mut stream).starts_with("POST /GetSamplingRules ");
            let answer = if is_for_rules { answers.next() } else { Some(json!({}).to_string()) };
            let Some(answer) = answer else { return };
            let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{answer}", answer.len());
        }
    });
    let decide = |_| {
        poller.step(&shared);
        let decision = shared.decide(&SamplingRequest::new().path("/"), clock.unix_seconds());
        clock.advance(Duration::from_secs(300));
        decision.map(|decision| (decision.rule_name().unwrap().to_string(), decision.is_sampled()))
    };
    (0..count).map(decide).collect()
}

/// Whatever a program in the middle does to an answer: nothing of it panics, and the rules that are known stay, unless it is an answer still.
#[test]
fn no_mutation_of_an_answer_is_fatal() {
    let page = |name: &str| json!({"SamplingRuleRecords": [{"SamplingRule": rule(name, json!({}))}]}).to_string();
    let known = Some(("known".to_owned(), false));
    assert_eq!(decisions_after(vec![page("known"), page("r")]), [known.clone(), Some(("r".to_owned(), false))]);
    let mut random = fastrand::Rng::with_seed(7);
    let mut still_answers = 0;
    for _ in 0..200 {
        let mut bytes = page("r").into_bytes();
        for _ in 0..random.usize(1..5) {
            let place = random.usize(..bytes.len());
            bytes[place] = random.u8(b' '..b'~');
        }
        let answer = String::from_utf8(bytes).unwrap();
        let is_answer = once(answer.clone()).rules().is_ok();
        still_answers += usize::from(is_answer);
        let mut expected = vec![known.clone()];
        expected.push(if is_answer { decisions_after(vec![answer.clone()]).remove(0) } else { known.clone() });
        // Which rule decides; what it decides is chance where a mutation has left it a rate.
        let rules = |decisions: Vec<Option<(String, bool)>>| -> Vec<_> {
            decisions.into_iter().map(|decision| decision.map(|(rule, _)| rule)).collect()
        };
        let decisions = decisions_after(vec![page("known"), answer.clone()]);
        assert_eq!(rules(decisions), rules(expected), "{answer}");
    }
    assert!((20..180).contains(&still_answers), "{still_answers} of 200 were answers still: both kinds are played");
}
