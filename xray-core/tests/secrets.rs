//! No password reaches the wire, whatever characters it has and wherever its URL is quoted.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use test_support::Fixture;
use xray_core::{Exception, HttpRequest, Sql};

const SCHEMES: [&str; 10] =
    ["mysql", "postgres", "amqp", "redis", "mongodb+srv", "jdbc:postgresql", "http", "https", "socks5", "kafka"];
const USERS: [&str; 6] = ["u", "app", "", "us%40er", "user_1", "админ"];
const HOSTS: [&str; 6] = ["host", "db.example:5432", "h1,h2", "127.0.0.1:80", "[::1]:6379", "localhost"];
const BEFORE: [&str; 6] =
    ["", "cannot connect to ", "bad URL '", "url=", "(see http://docs.example/x and ", "from redis://h1/0 to "];
const AFTER: [&str; 6] = [
    "",
    ": refused",
    "/db?sslmode=off' is bad",
    "/v#x)",
    " and http://docs.example/?q=1",
    ", then mail me@example.com",
];
/// Everything that a password may hold, what has a meaning in URLs most often.
const CHARACTERS: &str = "abcXYZ0123456789/?#@:&=+%$!*~^|\\ \t\"'`<>()[]{},;.-_/?#@: éпароль密碼🦀";

/// A driver quotes a URL just because its password is not escaped.
#[test]
fn no_part_of_a_password_is_sent() {
    let mut random = fastrand::Rng::with_seed(11);
    let characters: Vec<char> = CHARACTERS.chars().collect();
    let one_of = |random: &mut fastrand::Rng, choices: &[&'static str]| choices[random.usize(..choices.len())];
    for _ in 0..60 {
        let traced = Fixture::start();
        let segment = traced.recorder.begin_segment("shop");
        let mut passwords = Vec::new();
        for _ in 0..60 {
            let length = random.usize(4..20);
            let password: String = (0..length).map(|_| characters[random.usize(..characters.len())]).collect();
            let [scheme, user, host] = [&SCHEMES[..], &USERS, &HOSTS].map(|choices| one_of(&mut random, choices));
            let url = format!("{scheme}://{user}:{password}@{host}");
            let text = format!("{}{url}{}", one_of(&mut random, &BEFORE), one_of(&mut random, &AFTER));
            segment.record_error(text.as_str());
            let call = segment.begin_subsegment("call");
            call.set_http_request(HttpRequest::new("GET", &format!("{url}/x?y=1")));
            call.set_sql(Sql::new("MySQL").url(&format!("{url}/db")));
            call.put_aws("queue_url", format!("{url}/q"));
            call.record_exception(Exception::new("Outer", "x").caused_by(Exception::new("Inner", &text)));
            passwords.push((password, text));
        }
        segment.end();
        let mut sent = String::new();
        traced.documents().iter().for_each(|document| collect_texts(document, &mut sent));
        for (password, text) in passwords {
            let password: Vec<char> = password.chars().collect();
            for run in password.windows(4) {
                let run: String = run.iter().collect();
                // `/x?y`, ` and` and the like stand beside the URLs as well.
                let is_harmless =
                    [SCHEMES, ["/x", "/db", "/q", "://", "", "", "", "", "", ""]].concat().contains(&run.as_str());
                assert!(is_harmless || !sent.contains(&run), "{run:?} of {text:?} was sent: {sent}");
            }
        }
    }
}

/// What follows white space or a quote in a password may look like another URL, and a password may be longer than any text of
/// a document.
#[test]
fn no_part_of_a_password_that_looks_like_urls_or_is_long_is_sent() {
    let mut random = fastrand::Rng::with_seed(17);
    // Letters that nothing else has.
    let word = |random: &mut fastrand::Rng, longest: usize| -> String {
        (0..random.usize(3..=longest)).map(|_| random.choice(*b"QWERTZ").map(char::from).unwrap()).collect()
    };
    for round in 0..60 {
        let traced = Fixture::start();
        let segment = traced.recorder.begin_segment("shop");
        let mut texts = Vec::new();
        for number in 0..20 {
            let mut password = if random.bool() { random.u16(..).to_string() } else { String::new() };
            for _ in 0..random.usize(1..5) {
                let separator = random.choice([" ", "\"", "'", " '", "\t(", "`", "/", " see: ", "?", "#"]).unwrap();
                password += &format!("{}{separator}{}://", word(&mut random, 9), random.choice(SCHEMES).unwrap());
            }
            password += &word(&mut random, if number == 0 { 3_000 } else { 700 });
            let [before, after, host, user, scheme] = [&BEFORE[..5], &AFTER, &HOSTS, &["u", "app", ""], &SCHEMES]
                .map(|choices| random.choice(choices).unwrap());
            let url = format!("{scheme}://{user}:{password}@{host}");
            texts.push(format!("{before}{url}{after}"));
            segment.record_exception(Exception::new("error", &texts[number]));
            let call = segment.begin_subsegment("call");
            call.set_http_request(HttpRequest::new("GET", &format!("{url}/x?y=1")));
            call.set_sql(Sql::new("MySQL").url(&format!("{url}/db")));
            call.put_aws("queue_url", format!("{url}/q"));
        }
        segment.end();
        let mut sent = String::new();
        traced.documents().iter().for_each(|document| collect_texts(document, &mut sent));
        let leaked = sent.lines().find(|line| line.split(|c| !"QWERTZ".contains(c)).any(|run| run.len() >= 3));
        assert_eq!(leaked, None, "in round {round}");
    }
}

/// The texts of a document, as they were before they became JSON; random ids may hold the same digits as a password.
fn collect_texts(value: &Value, texts: &mut String) {
    match value {
        Value::String(text) => {
            texts.push_str(text);
            texts.push('\n');
        }
        Value::Array(values) => values.iter().for_each(|value| collect_texts(value, texts)),
        Value::Object(fields) => {
            let is_text =
                |(key, value): &(&String, &Value)| !(key.ends_with("id") || *key == "cause" && value.is_string());
            fields.iter().filter(is_text).for_each(|(_, value)| collect_texts(value, texts));
        }
        _ => {}
    }
}

/// 160 kB of URLs took 2.7 s.
#[test]
fn no_more_of_a_message_is_read_than_is_looked_at() {
    #[derive(Debug)]
    struct Endless(Arc<AtomicUsize>);
    impl fmt::Display for Endless {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            loop {
                formatter.write_str("http://h/ ")?;
                self.0.fetch_add("http://h/ ".len(), Ordering::Relaxed);
            }
        }
    }
    impl Error for Endless {}

    let read = Arc::new(AtomicUsize::new(0));
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop");
    segment.record_error(&Endless(Arc::clone(&read)));
    segment.record_exception(Exception::new("error", &"http://h/ ".repeat(1_000_000)));
    segment.end();
    let root = traced.only_trace().root();
    let lengths = test_support::messages(&root).iter().map(|message| message.chars().count()).collect::<Vec<_>>();
    assert_eq!(lengths, [2_000]);
    assert!((2_000..2_600).contains(&read.load(Ordering::Relaxed)), "{read:?}");
}
