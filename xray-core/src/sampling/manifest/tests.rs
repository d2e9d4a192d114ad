use super::*;

const RULE: &str = r#""http_method": "*", "url_path": "*", "fixed_target": 0, "rate": 0"#;

fn error(text: &str) -> SamplingRulesError {
    match parse(text) {
        Ok(parsed) => panic!("{text} was accepted as {parsed:?}"),
        Err(error) => error,
    }
}

#[test]
fn rules_that_other_sdks_accept_are_accepted() {
    let cases = [
        (r#"{"version": 1, "default": {"fixed_target": 1, "rate": 0.05}}"#.to_owned(), 0),
        (r#"{"version": 2, "default": {"fixed_target": 1, "rate": 0.05}, "rules": []}"#.to_owned(), 0),
        (r#"{"version": 2, "default": {"fixed_target": 0, "rate": 1, "host": null}, "rules": null}"#.to_owned(), 0),
        (r#"{"version": 2, "default": {"fixed_target": 5000000000, "rate": 1.0, "host": ""}}"#.to_owned(), 0),
        (r#"{"version": 2, "default": {"fixed_target": 1, "rate": 0}, "Foo": [1]}"#.to_owned(), 0),
        (r#"{"version": 9, "version": 2, "default": {"fixed_target": 1, "rate": 0}}"#.to_owned(), 0),
        (
            format!(
                r#" {{"version": 2, "default": {{"fixed_target": 1, "rate": 0}},
                       "rules": [{{"description": "a", "host": "*", {RULE}}}, {{"host": "b", {RULE}}}]}} "#
            ),
            2,
        ),
        (
            format!(
                r#"{{"version": 1, "default": {{"fixed_target": 1, "rate": 0}},
                       "rules": [{{"service_name": "*", {RULE}}}]}}"#
            ),
            1,
        ),
    ];
    for (text, expected) in cases {
        let (rules, _) = parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(rules.len(), expected, "{text}");
    }
}

#[test]
fn a_wrong_document_is_refused_with_the_place_the_value_and_what_is_right() {
    let cases = [
        ("[1]", "the document is [1], and must be an object with `version` and `default`"),
        ("{}", "`version` is missing, and must be the number 1 or 2"),
        (r#"{"version": 3}"#, "`version` is 3, and must be the number 1 or 2"),
        (r#"{"version": "2"}"#, "`version` is \"2\", and must be the number 1 or 2"),
        (r#"{"version": null}"#, "`version` is null, and must be the number 1 or 2"),
        (r#"{"version": 2}"#, "`default` is missing, and must be an object with `fixed_target` and `rate`"),
        (r#"{"version": 2, "default": 7}"#, "`default` is 7, and must be an object with `fixed_target` and `rate`"),
        (
            r#"{"version": 2, "default": {"fixed_target": 1, "rate": 0}, "rules": {"a": "0123456789012345678901234567890123456789012345678901234567890"}}"#,
            "`rules` is {\"a\":\"012345678901234567890123456789012345678901234567890123…, and must be an array of rules",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(error(text).to_string(), format!("invalid sampling rules: {expected}"), "{text}");
    }
}

#[test]
fn a_wrong_default_is_refused() {
    const WHOLE: &str = "a whole number of requests each second, 0 or more";
    const EVERY: &str = "must not be there: the default rule is for every request that no other rule matches";
    let cases = [
        (r#""rate": 0"#, format!("`default.fixed_target` is missing, and must be {WHOLE}")),
        (r#""rate": 0, "fixed_target": -1"#, format!("`default.fixed_target` is -1, and must be {WHOLE}")),
        (r#""rate": 0, "fixed_target": 1.5"#, format!("`default.fixed_target` is 1.5, and must be {WHOLE}")),
        (r#""rate": 0, "fixed_target": "1""#, format!("`default.fixed_target` is \"1\", and must be {WHOLE}")),
        (r#""fixed_target": 1"#, "`default.rate` is missing, and must be a number from 0 to 1".to_owned()),
        (r#""fixed_target": 1, "rate": -0.1"#, "`default.rate` is -0.1, and must be a number from 0 to 1".to_owned()),
        (r#""fixed_target": 1, "rate": 1.01"#, "`default.rate` is 1.01, and must be a number from 0 to 1".to_owned()),
        (r#""fixed_target": 1, "rate": []"#, "`default.rate` is [], and must be a number from 0 to 1".to_owned()),
        (r#""fixed_target": 1, "rate": 0, "host": "*""#, format!("`default.host` {EVERY}")),
        (r#""fixed_target": 1, "rate": 0, "service_name": "*""#, format!("`default.service_name` {EVERY}")),
        (r#""fixed_target": 1, "rate": 0, "http_method": "*""#, format!("`default.http_method` {EVERY}")),
        (r#""fixed_target": 1, "rate": 0, "url_path": "/""#, format!("`default.url_path` {EVERY}")),
    ];
    for (default, expected) in cases {
        let text = format!(r#"{{"version": 2, "default": {{{default}}}}}"#);
        assert_eq!(error(&text).to_string(), format!("invalid sampling rules: {expected}"), "{default}");
    }
}

#[test]
fn a_wrong_rule_is_refused() {
    let limit = r#""fixed_target": 0, "rate": 0"#;
    let cases = [
        (2, "7".to_owned(), "`rules[1]` is 7, and must be an object with patterns, `fixed_target` and `rate`"),
        (2, format!("{{{RULE}}}"), "`rules[1].host` is missing, and must be a pattern such as \"*\""),
        (1, format!("{{{RULE}}}"), "`rules[1].service_name` is missing, and must be a pattern such as \"*\""),
        (
            2,
            format!(r#"{{"service_name": "*", {RULE}}}"#),
            "`rules[1].service_name` must not be there: in version 2 the pattern for the host is called `host`",
        ),
        (
            1,
            format!(r#"{{"service_name": "*", "host": "*", {RULE}}}"#),
            "`rules[1].host` must not be there: in version 1 the pattern for the host is called `service_name`",
        ),
        (2, format!(r#"{{"host": "", {RULE}}}"#), "`rules[1].host` is \"\", and must be a pattern such as \"*\""),
        (2, format!(r#"{{"host": 1, {RULE}}}"#), "`rules[1].host` is 1, and must be a pattern such as \"*\""),
        (
            2,
            format!(r#"{{"host": "*", "url_path": "*", {limit}}}"#),
            "`rules[1].http_method` is missing, and must be a pattern such as \"*\"",
        ),
        (
            2,
            format!(r#"{{"host": "*", "http_method": "*", {limit}}}"#),
            "`rules[1].url_path` is missing, and must be a pattern such as \"*\"",
        ),
        (
            2,
            r#"{"host": "*", "http_method": "*", "url_path": "*", "fixed_target": 0, "rate": 2}"#.to_owned(),
            "`rules[1].rate` is 2, and must be a number from 0 to 1",
        ),
    ];
    for (version, rule, expected) in cases {
        let name = if version == 1 { "service_name" } else { "host" };
        let text = format!(
            r#"{{"version": {version}, "default": {{{limit}}}, "rules": [{{"{name}": "*", {RULE}}}, {rule}]}}"#
        );
        assert_eq!(error(&text).to_string(), format!("invalid sampling rules: {expected}"), "{rule}");
    }
}

#[test]
fn what_is_not_json_is_refused_with_its_place() {
    let cases = [
        ("", "line 1, column 0"),
        ("{\n  \"version\": 2,\n}", "line 3, column 1"),
        (r#"{"version": 2, "default": {"fixed_target": 1, "rate": 0}} x"#, "line 1, column 59"),
        (r#"{"version": 2, "default": {"fixed_target": 1, "rate": NaN}}"#, "line 1, column 55"),
        (r#"{"version": 2, "default": {"fixed_target": 1, "rate": 1e999}}"#, "line 1, column 59"),
    ];
    for (text, place) in cases {
        let error = error(text);
        assert_eq!(error.to_string(), format!("invalid sampling rules: not JSON from {place} on"), "{text}");
        assert!(error.source().is_some_and(|source| source.is::<serde_json::Error>()), "{text}");
    }
}
