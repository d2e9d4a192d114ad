//! Sampling rules from a file, and what is said of one that is wrong.

#![allow(clippy::unwrap_used)] // as in tests

use std::error::Error;
use std::fs;
use std::io;
use std::path::PathBuf;

use test_support::Fixture;
use xray_core::SegmentId;
use xray_core::sampling::{CentralSampler, LocalSampler};

/// A file that is there as long as this lives.
struct Rules(PathBuf);

impl Rules {
    fn new(content: impl AsRef<[u8]>) -> Self {
        let file = std::env::temp_dir().join(format!("xray-rules-{}.json", SegmentId::generate()));
        fs::write(&file, content).unwrap();
        Self(file)
    }
}

impl Drop for Rules {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

const NOTHING: &str = r#"{"version": 2, "default": {"fixed_target": 0, "rate": 0}}"#;

#[test]
fn the_rules_of_a_file_decide() {
    let everything = NOTHING.replace("\"rate\": 0", "\"rate\": 1");
    // Also with the mark that some editors begin a file with.
    for (rules, documents) in [(NOTHING, 0), (&*everything, 1), (&*format!("\u{feff}{everything}"), 1)] {
        let file = Rules::new(rules);
        let sampler = LocalSampler::from_file(&file.0).unwrap();
        let traced = Fixture::with(|builder| builder.sampler(sampler));
        traced.recorder.begin_segment("shop").end();
        assert_eq!(traced.documents().len(), documents, "{rules}");
    }
    let file = Rules::new(NOTHING);
    let _fallback = CentralSampler::builder().fallback(LocalSampler::from_file(file.0.to_str().unwrap()).unwrap());
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_name_the_place_and_the_value() {
    let cases: [(Vec<u8>, &str); 6] = [
        (NOTHING.replace("\"rate\": 0", "\"rate\": 7").into(), "`default.rate` is 7, and must be a number from 0 to 1"),
        (NOTHING.replace('2', "3").into(), "`version` is 3, and must be the number 1 or 2"),
        (b"{\n  \"version\": 2,\n}".into(), "not JSON from line 3, column 1 on"),
        (b"".into(), "not JSON from line 1, column 0 on"),
        (b"\xff\xfe".into(), "the file cannot be read"),
        (vec![b' '; 1_000_001], "the file cannot be read"),
    ];
    for (content, expected) in cases {
        let file = Rules::new(content);
        let error = LocalSampler::from_file(&file.0).unwrap_err();
        assert_eq!(error.to_string(), format!("invalid sampling rules in {}: {expected}", file.0.display()));
    }
    let missing = std::env::temp_dir().join("xray-no-such-rules.json");
    let error = LocalSampler::from_file(&missing).unwrap_err();
    assert!(error.to_string().ends_with("xray-no-such-rules.json: the file cannot be read"), "{error}");
    let source = error.source().and_then(|source| source.downcast_ref::<io::Error>()).unwrap();
    assert_eq!(source.kind(), io::ErrorKind::NotFound);
    assert!(LocalSampler::from_file(std::env::temp_dir()).is_err(), "a folder");
    let error = LocalSampler::from_json("7").unwrap_err().to_string();
    assert!(error.starts_with("invalid sampling rules: the document is 7"), "{error}");
}
