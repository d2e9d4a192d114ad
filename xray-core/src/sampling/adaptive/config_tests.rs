use super::*;

fn finished<'a>() -> Finished<'a> {
    Finished { name: "shop", ..Finished::default() }
}

#[test]
fn without_conditions_a_status_of_5xx_or_a_fault_without_one_is_an_anomaly() {
    let cases = [
        (finished(), false),
        (Finished { is_fault: true, ..finished() }, true),
        (Finished { status: Some(500), ..finished() }, true),
        (Finished { status: Some(599), is_fault: true, ..finished() }, true),
        (Finished { status: Some(499), ..finished() }, false),
        (Finished { status: Some(200), is_fault: true, ..finished() }, false),
        (Finished { microseconds: u64::MAX, ..finished() }, false),
    ];
    for (finished, expected) in cases {
        let usage = AdaptiveConfig::default().classify(&finished, true);
        assert_eq!(usage, if expected { Usage::BOTH } else { Usage::default() }, "{finished:?}");
        assert_eq!(AdaptiveConfig::default().classify(&finished, false), Usage::default(), "the rule wants none");
    }
}

#[test]
fn conditions_of_the_user_take_the_place_of_the_default() {
    let slow = Finished { microseconds: 500_000, ..finished() };
    let status = |status| Finished { status: Some(status), ..finished() };
    let request = Finished { request: Some(("GET", "/cart")), ..slow.clone() };
    let order = Finished { request: Some(("GET", "/orders/17/items")), ..slow.clone() };
    let (none, both) = (Usage::default(), Usage::BOTH);
    let boost = Usage { boost: true, capture: false };
    let capture = Usage { boost: false, capture: true };
    let cases = [
        (r#"[]"#, status(500), none),
        (r#"[{"highLatencyMs": 500}]"#, slow.clone(), both),
        (r#"[{"highLatencyMs": 501}]"#, slow.clone(), none),
        (r#"[{"errorCodeRegex": "5\\d\\d|429"}]"#, status(503), both),
        (r#"[{"errorCodeRegex": "5\\d\\d|429"}]"#, status(429), both),
        (r#"[{"errorCodeRegex": "5\\d\\d|429"}]"#, status(404), none),
        (r#"[{"errorCodeRegex": "5"}]"#, status(500), none),
        (r#"[{"errorCodeRegex": "5.."}]"#, finished(), none),
        (r#"[{"errorCodeRegex": "5..", "highLatencyMs": 500}]"#, status(500), none),
        (r#"[{"errorCodeRegex": "5..", "highLatencyMs": 500}]"#, Finished { status: Some(500), ..slow.clone() }, both),
        (r#"[{"highLatencyMs": 1, "operations": ["GET /cart"]}]"#, request.clone(), both),
        (r#"[{"highLatencyMs": 1, "operations": ["shop"]}]"#, request.clone(), both),
        (r#"[{"highLatencyMs": 1, "operations": ["POST /cart", "GET /", "get /cart", "GET"]}]"#, request.clone(), none),
        (r#"[{"highLatencyMs": 1, "operations": []}]"#, request, both),
        (r#"[{"highLatencyMs": 1, "operations": ["GET /orders"]}]"#, order.clone(), both),
        (r#"[{"highLatencyMs": 1, "operations": ["GET /orders/17/items"]}]"#, order.clone(), both),
        (r#"[{"highLatencyMs": 1, "operations": ["GET /orders/17", "GET /order", "GET orders"]}]"#, order, none),
        (r#"[{"highLatencyMs": 1, "operations": ["shop"]}]"#, slow.clone(), both),
        (r#"[{"highLatencyMs": 1, "operations": ["GET /cart"]}]"#, slow.clone(), none),
        (r#"[{"highLatencyMs": 1, "usage": "both"}]"#, slow.clone(), both),
        (r#"[{"highLatencyMs": 1, "usage": "sampling-boost"}]"#, slow.clone(), boost),
        (r#"[{"highLatencyMs": 1, "usage": "anomaly-trace-capture"}]"#, slow.clone(), capture),
        (
            r#"[{"highLatencyMs": 1, "usage": "anomaly-trace-capture"}, {"highLatencyMs": 2, "usage": "sampling-boost"}]"#,
            slow,
            both,
        ),
    ];
    for (conditions, finished, expected) in cases {
        let text = format!(r#"{{"version": 1.0, "anomalyConditions": {conditions}}}"#);
        let config = AdaptiveConfig::read(&text).unwrap();
        assert_eq!(config.classify(&finished, true), expected, "{conditions} {finished:?}");
        assert_eq!(config.classify(&finished, false), expected, "the rule only turns the default off");
    }
}

#[test]
fn the_limit_is_one_trace_a_second_unless_it_is_set() {
    for (limit, expected) in [
        ("", 1),
        (r#", "anomalyCaptureLimit": {}"#, 1),
        (r#", "anomalyCaptureLimit": {"anomalyTracesPerSecond": 0}"#, 0),
        (r#", "anomalyCaptureLimit": {"anomalyTracesPerSecond": 25}"#, 25),
    ] {
        let config = AdaptiveConfig::read(&format!(r#"{{"version": 1{limit}}}"#)).unwrap();
        assert_eq!(config.traces_per_second, expected, "{limit}");
    }
}

/// What is shown to the user works, and does what the text around it says.
#[test]
fn the_setting_in_the_readme_is_read() {
    let readme = include_str!("../../../../README.md");
    let example = readme.split("```").find(|block| block.contains("anomalyConditions")).unwrap();
    let config = AdaptiveConfig::read(example.strip_prefix("json").unwrap()).unwrap();
    assert_eq!(config.traces_per_second, 5);
    let cart = Finished { request: Some(("GET", "/cart")), microseconds: 300_000, ..finished() };
    let capture = Usage { boost: false, capture: true };
    for (finished, expected) in [
        (Finished { status: Some(503), ..finished() }, Usage::BOTH),
        (Finished { status: Some(429), ..finished() }, Usage::BOTH),
        (Finished { status: Some(404), is_fault: true, ..finished() }, Usage::default()),
        (Finished { microseconds: 299_999, ..cart.clone() }, Usage::default()),
        (Finished { request: Some(("POST", "/cart")), ..cart.clone() }, Usage::default()),
        (Finished { status: Some(200), ..cart }, capture),
    ] {
        assert_eq!(config.classify(&finished, true), expected, "{finished:?}");
    }
}

#[test]
fn what_is_wrong_is_said() {
    for (text, expected) in [
        ("no/such/file.json", "the file cannot be read"),
        ("{", "the text is not JSON"),
        ("{}", "`version` is missing or wrong"),
        (r#"{"version": 2}"#, "`version` is missing or wrong"),
        (r#"{"version": 1, "anomalyConditions": {}}"#, "`anomalyConditions` is missing or wrong"),
        (r#"{"version": 1, "anomalyConditions": [{}]}"#, "`errorCodeRegex` is missing or wrong"),
        (r#"{"version": 1, "anomalyConditions": [{"errorCodeRegex": "("}]}"#, "`errorCodeRegex` is missing or wrong"),
        (r#"{"version": 1, "anomalyConditions": [{"highLatencyMs": -1}]}"#, "`highLatencyMs` is missing or wrong"),
        (r#"{"version": 1, "anomalyConditions": [{"highLatencyMs": 1, "usage": 1}]}"#, "`usage` is missing or wrong"),
        (
            r#"{"version": 1, "anomalyConditions": [{"highLatencyMs": 1, "operations": [1]}]}"#,
            "`operations` is missing or wrong",
        ),
        (
            r#"{"version": 1, "anomalyCaptureLimit": {"anomalyTracesPerSecond": "many"}}"#,
            "`anomalyTracesPerSecond` is missing or wrong",
        ),
    ] {
        assert_eq!(AdaptiveConfig::read(text).unwrap_err().to_string(), expected, "{text}");
    }
}
