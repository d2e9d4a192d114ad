//! The tables and limits, against what AWS has published: none of these facts is taken from the tables.

use regex::Regex;

use super::*;

/// `java_pattern` of the schema's `name`, restricted to the version of Unicode that its `pattern` lists, and to the basic plane.
const NAME: &str = r"^[[\p{L}\p{Z}\p{N}&&\p{Age=8.0}&&[\u{0}-\u{FFFF}]]_.:/%&#=+\-@]$";

#[test]
fn names_have_the_characters_of_the_schema() {
    let schema = Regex::new(NAME).unwrap();
    let mut text = [0; 4];
    let differs = ('\0'..=char::MAX)
        .filter(|character| is_in_name(*character) != schema.is_match(character.encode_utf8(&mut text)));
    // They have become letters since. Two that have become marks are left out, though the schema lists them.
    assert_eq!(differs.collect::<Vec<_>>(), ['\u{1cf2}', '\u{1cf3}']);
    // Counted in the schema's `pattern`, and less these two.
    assert_eq!(('\0'..=char::MAX).filter(|character| is_in_name(*character)).count(), 49_473 - 2);
}

#[test]
fn what_changes_a_word_is_spelling() {
    let spelling = Regex::new(r"^[\p{L}\p{N}\p{M}\u{200c}]$").unwrap();
    // Variation selectors and what encloses a symbol change how a symbol looks.
    let looks = Regex::new(r"^[\u{fe00}-\u{fe0f}\u{20d0}-\u{20f0}\u{e0100}-\u{e01ef}]$").unwrap();
    // Younger than the table.
    let is_young = Regex::new(r"^\P{Age=14.0}$").unwrap();
    let mut text = [0; 4];
    for character in ('\0'..=char::MAX).filter(|character| !is_in_name(*character)) {
        let text: &str = character.encode_utf8(&mut text);
        let expected = spelling.is_match(text) && !looks.is_match(text);
        // Circled letters are symbols, and words as well.
        let is_either = is_young.is_match(text) || (character.is_alphabetic() && !spelling.is_match(text));
        assert!(is_either || is_spelling(character) == expected, "{character:?} {:x}", u32::from(character));
    }
}

/// What the guide says under "Segment fields", "HTTP request data", "Annotations" and "Metadata", and the schema.
#[test]
fn limits_are_those_of_the_guide_and_of_the_schema() {
    assert_eq!((LONGEST_NAME, LONGEST_TEXT, LONGEST_ANNOTATION_KEY, LONGEST_ANNOTATION), (200, 250, 500, 1_000));
    assert_eq!((MOST_ANNOTATIONS, RESERVED_NAMESPACE), (50, "AWS."));
    const { assert!(LARGEST_DOCUMENT <= 64 * 1_024) };
    assert_eq!((0..=65_535).filter(|status| is_status(*status)).count(), 500);
    assert!(is_status(100) && is_status(599));
    let keys = Regex::new("^[a-zA-Z0-9_]$").unwrap();
    let in_keys = (0..=255).filter(|byte| IN_ANNOTATION_KEY[usize::from(*byte)]).map(char::from).collect::<String>();
    assert!(in_keys.len() == 63 && in_keys.chars().all(|character| keys.is_match(&character.to_string())), "{in_keys}");
}

/// The types of the schema and of the typed model of OpenTelemetry's receiver, which refuses a segment for any other.
#[test]
fn fields_of_the_aws_block_have_the_types_of_the_schema_and_of_the_receivers() {
    let kind = |field: Result<Option<Kind>, _>| format!("{:?}", field.unwrap().unwrap());
    for (key, expected) in [
        ("operation", "Text"),
        ("account_id", "Account"),
        ("region", "Text"),
        ("request_id", "Text"),
        ("queue_url", "Url"),
        ("table_name", "Text"),
        ("retries", "Count"),
        ("table_names", "Texts"),
    ] {
        assert_eq!(kind(call_field(key)), expected, "{key}");
    }
    for (key, fields) in [
        ("ecs", &[r#"("container", Text)"#][..]),
        ("ec2", &[r#"("instance_id", Text)"#, r#"("availability_zone", Text)"#]),
        (
            "elastic_beanstalk",
            &[r#"("environment_name", Text)"#, r#"("version_label", Text)"#, r#"("deployment_id", Count)"#],
        ),
        ("eks", &[r#"("cluster_name", Text)"#, r#"("pod", Text)"#, r#"("container_id", Text)"#]),
        ("cloudwatch_logs", &[r#"("log_group", Text)"#, r#"("arn", Text)"#]),
        ("tracing", &[r#"("sdk", Text)"#]),
    ] {
        let kind = kind(segment_field(key));
        assert!(fields.iter().all(|field| kind.contains(field)), "{key}: {kind}");
    }
    assert!(call_field("ec2").is_err() && segment_field("queue_url").is_err() && call_field("TableName").is_err());
    assert!(call_field("anything_else").is_ok_and(|kind| kind.is_none()));
}

#[test]
fn addresses_are_told_from_other_texts() {
    for (text, is_request, is_database) in [
        ("https://shop.example:8443/cart", true, true),
        ("http://[::1]/x", true, true),
        ("http://h", true, false),
        ("/cart/@me", true, false),
        ("postgres://app@h/db", false, true),
        ("mysql://h1,h2/db", true, true),
        ("http://h/a?b", false, false),
        ("http://user:pass@h/x", false, false),
        ("http://h:x/y", false, false),
        ("http:///y", false, false),
        ("://h/y", false, false),
        ("h/y", false, false),
        ("", false, false),
    ] {
        assert_eq!((is_request_url(text), is_database_url(text)), (is_request, is_database), "{text}");
    }
}
