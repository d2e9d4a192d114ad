//! Values, names, trees and headers of any size: valid documents arrive, and none is missing.

use std::collections::BTreeMap;

use test_support::Fixture;
use xray_core::testing::Node;
use xray_core::{
    Exception, HttpRequest, HttpResponse, Namespace, Preparation, SegmentId, Sql, Subsegment, TraceHeader,
};

#[test]
fn a_value_that_fits_into_no_document_is_replaced_by_its_size() {
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop");
    segment.put_metadata("large", "x".repeat(5_000_000));
    segment.put_metadata("some", "x".repeat(500_000));
    segment.put_metadata("small", 1);
    segment.begin_subsegment("part").end();
    segment.end();
    let root = traced.only_trace().root();
    assert_eq!(*root.get("/metadata/default/large"), "[not recorded: at least 5000002 bytes are more than fit]");
    assert_eq!(*root.get("/metadata/default/some"), "[not recorded: 500002 bytes are more than fit]");
    assert_eq!(*root.get("/metadata/default/small"), 1);
    assert_eq!(traced.documents().len(), 1);
}

#[test]
fn the_largest_values_of_an_entity_that_is_too_large_by_itself_are_replaced() {
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop");
    for (key, length) in [("a", 30_000), ("b", 50_000), ("c", 20_000)] {
        segment.put_metadata(key, "x".repeat(length));
    }
    let error = segment.begin_subsegment("child");
    error.record_error("inner");
    segment.record_error("inner");
    segment.record_error("own");
    drop(error);
    segment.end();
    let trace = traced.only_trace();
    let root = trace.find("shop");
    let length = |key: &str| root.get(&format!("/metadata/default/{key}")).as_str().unwrap().len();
    assert_eq!((length("a"), length("c")), (30_000, 20_000));
    assert_eq!(*root.get("/metadata/default/b"), "[not recorded: 50002 bytes are more than fit]");
    assert_eq!(traced.recorder.stats().trimmed_values, 1);
    // The exceptions fit: they are as they were.
    assert_eq!(root.get("/cause/exceptions/0/cause"), trace.find("child").get("/cause/exceptions/0/id"));
    assert_eq!(*root.get("/cause/exceptions/1/message"), "own");
}

/// An entity that fills its document to the last byte keeps everything, with children or without.
#[test]
fn nothing_is_taken_out_of_what_just_fits() {
    let empty = {
        let traced = Fixture::start();
        let segment = traced.recorder.begin_segment("shop");
        segment.put_metadata("a", "");
        segment.put_metadata("b", "");
        segment.end();
        traced.documents().texts().next().unwrap().len()
    };
    let room = 64_000 - empty;
    for (length, children, documents, trimmed) in [(room, 0, 1, 0), (room, 2, 3, 0), (room + 1, 2, 1, 1)] {
        let traced = Fixture::start();
        let segment = traced.recorder.begin_segment("shop");
        segment.put_metadata("a", "x".repeat(30_000));
        segment.put_metadata("b", "x".repeat(length - 30_000));
        (0..children).for_each(|_| segment.begin_subsegment("part").end());
        segment.end();
        let stats = traced.recorder.stats();
        assert_eq!((stats.emitted, stats.trimmed_values), (documents, trimmed), "{length} bytes, {children} children");
        traced.documents();
    }
}

/// With a threshold, 69 of each group leave alone and the others with it. Without, no more documents than groups and the segment.
#[test]
fn ten_thousand_subsegments_arrive() {
    for (threshold, counts) in [(30, 7_001..=7_001), (usize::MAX, 25..=101)] {
        let traced = Fixture::with(|builder| builder.streaming_threshold(threshold));
        let segment = traced.recorder.begin_segment("shop");
        for group in 0..100 {
            let outer = segment.begin_subsegment("group");
            for number in 1..100 {
                let part = outer.begin_subsegment("part");
                part.put_annotation("number", group * 100 + number);
            }
        }
        segment.end();
        let root = traced.only_trace().root();
        assert_eq!(root.children().len(), 100);
        let mut numbers: Vec<_> = root
            .children()
            .iter()
            .flat_map(Node::children)
            .map(|part| part.get("/annotations/number").as_u64().unwrap())
            .collect();
        numbers.sort_unstable();
        let expected = (0..100).flat_map(|group| (1..100).map(move |number| group * 100 + number));
        assert_eq!(numbers, expected.collect::<Vec<u64>>(), "threshold {threshold}");
        let count = traced.documents().len();
        assert!(counts.contains(&count), "{count} documents with threshold {threshold}");
    }
}

#[test]
fn ten_thousand_siblings_arrive() {
    let traced = Fixture::with(|builder| builder.streaming_threshold(usize::MAX));
    let segment = traced.recorder.begin_segment("shop");
    (0..10_000).for_each(|_| segment.begin_subsegment("part").end());
    segment.end();
    assert_eq!(traced.only_trace().root().children().len(), 10_000);
}

#[test]
fn a_tree_of_20_megabytes_arrives() {
    let traced = Fixture::with(|builder| builder.streaming_threshold(usize::MAX));
    let segment = traced.recorder.begin_segment("shop");
    for _ in 0..20 {
        let outer = segment.begin_subsegment("outer");
        for _ in 0..50 {
            let part = outer.begin_subsegment("part");
            part.put_metadata("payload", "x".repeat(20_000));
        }
    }
    segment.end();
    let root = traced.only_trace().root();
    let payloads: usize = root
        .children()
        .iter()
        .flat_map(Node::children)
        .map(|part| part.get("/metadata/default/payload").as_str().unwrap().len())
        .sum();
    assert_eq!(payloads, 20_000_000);
    assert_eq!(traced.recorder.stats().trimmed_values, 0);
}

#[test]
fn a_chain_of_five_thousand_arrives() {
    for threshold in [30, usize::MAX] {
        let traced = Fixture::with(|builder| builder.streaming_threshold(threshold));
        let segment = traced.recorder.begin_segment("shop");
        let mut chain: Vec<Subsegment> = vec![segment.begin_subsegment("0")];
        for level in 1..5_000 {
            chain.push(chain[level - 1].begin_subsegment(&level.to_string()));
        }
        while let Some(deepest) = chain.pop() {
            deepest.record_error("the same all the way up");
        }
        segment.end();
        let mut node = traced.only_trace().root();
        for level in 0..5_000 {
            node = node.child(&level.to_string());
        }
        assert!(node.children().is_empty());
        let exceptions = node.get("/cause/exceptions").as_array().unwrap();
        assert_eq!(exceptions.len(), 1);
    }
}

#[test]
fn names_and_annotations_of_any_length_are_cut_to_what_is_allowed() {
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment(&"福".repeat(10_000));
    segment.begin_subsegment(&"🦀".repeat(10_000)).end();
    segment.begin_subsegment(&"\u{0}".repeat(10_000)).set_name(&"é".repeat(10_000));
    let annotated = segment.begin_subsegment("annotated");
    for number in 0..2_000 {
        annotated.put_annotation(&format!("key{number}"), "é".repeat(1_100));
    }
    annotated.put_annotation(&"k".repeat(1_000), 1);
    drop(annotated);
    segment.set_user(&"é".repeat(10_000));
    segment.end();
    let trace = traced.only_trace();
    let names: Vec<_> = trace.nodes().iter().map(|node| node.name().to_owned()).collect();
    assert_eq!(names, ["福".repeat(200), "unnamed".to_owned(), "é".repeat(200), "annotated".to_owned()]);
    assert_eq!(trace.root().get("/user").as_str(), Some("é".repeat(250).as_str()));
    // X-Ray indexes 50, and of those as many are kept as fit into a document.
    let annotations = trace.find("annotated").get("/annotations").as_object().unwrap().len() as u64;
    let stats = traced.recorder.stats();
    assert_eq!(stats.rejected_values + stats.trimmed_values + annotations, 2_001);
    assert!(stats.trimmed_values + annotations <= 50, "{stats:?}");
    assert!(annotations >= 30, "{annotations} times 2,000 bytes and the key fit into 64,000");
}

#[test]
fn an_annotation_that_is_put_over_and_over_takes_no_more_room() {
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop");
    for number in 0..10_000 {
        segment.put_annotation("large", "x".repeat(1_000));
        segment.put_annotation("number", number);
    }
    segment.set_name("renamed");
    segment.end();
    let root = traced.only_trace().root();
    assert_eq!((root.name(), root.get("/annotations/number").as_u64()), ("renamed", Some(9_999)));
    assert_eq!(root.get("/annotations/large").as_str().unwrap().len(), 1_000);
}

/// Whatever comes in, what goes out and what is sent is valid.
#[test]
fn hostile_headers_do_no_harm() {
    let root = "Root=1-57ff426a-80c11c39b0c928905eb0828d";
    let cases = [
        String::new(),
        ";".repeat(100_000),
        "=".repeat(100_000),
        "Root=".repeat(10_000),
        format!("{root};Parent={}", "a".repeat(100_000)),
        format!("{root};{}", "k=v;".repeat(50_000)),
        format!("{root};Parent=\u{0}\r\nX-Injected: 1"),
        format!("{root};evil=a\r\nX-Injected: 1;Sampled=1"),
        format!("{root};Lineage={}", "é".repeat(10_000)),
        format!("{root};Parent=0000000000000000;Sampled=2"),
        "Root=1-00000000-000000000000000000000000;Sampled=1".to_owned(),
        "Root=1-57ff426a-80c11c39b0c928905eb0828😀;Sampled=1".to_owned(),
        format!("{root};Self=1-x;self=2;SELF=3;Sampled=1;Sampled=?"),
    ];
    for header in &cases {
        let traced = Fixture::start();
        let parsed = TraceHeader::parse(header);
        let segment = traced.recorder.segment("shop").trace_header(parsed).begin();
        let outgoing = segment.trace_header().unwrap().to_string();
        let shown: String = header.chars().take(80).collect();
        assert!(outgoing.len() < 2_000 && outgoing.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{shown}");
        assert!(!outgoing.contains("Self=") && !outgoing.contains('\n'), "{shown}: {outgoing}");
        segment.begin_subsegment("part").end();
        segment.end();
        assert_eq!(traced.only_trace().render(), "shop\n└─ part\n", "{shown}");
    }
}

/// Control characters take six bytes each in JSON: the worst that a text can do.
#[test]
fn an_entity_at_every_limit_at_once_arrives() {
    for text in ["x", "福", "\u{1}"] {
        let traced = Fixture::start();
        let long = text.repeat(5_000);
        let segment = traced.recorder.begin_segment(&format!("shop {long}"));
        segment.set_user(&long);
        let part = segment.begin_subsegment(&format!("part {long}"));
        fill(&part, &long);
        let below = part.begin_subsegment("below");
        fill(&below, &long);
        drop((below, part));
        segment.end();
        let trace = traced.only_trace();
        assert_eq!(trace.nodes().len(), 3, "{text:?}");
        let below = trace.find("below");
        assert_eq!(*below.get("/fault"), true, "{text:?}");
        assert_eq!(*below.get("/cause/exceptions/0/type"), *"first", "{text:?}: a fault keeps its cause");
        assert!(traced.recorder.stats().trimmed_values > 0, "{text:?}");
    }
}

fn fill(subsegment: &Subsegment, long: &str) {
    subsegment.set_namespace(Namespace::Remote);
    subsegment.set_http_request(
        HttpRequest::new("POST", &format!("https://shop.example/{long}"))
            .user_agent(long)
            .forwarded_for(long)
            .traced(true),
    );
    subsegment.set_http_response(HttpResponse::new(500).content_length(Some(u64::MAX)));
    subsegment.set_sql(
        Sql::new(long)
            .url(&format!("postgres://user@host/{}", "x".repeat(10_000)))
            .database_version(long)
            .driver_version(long)
            .user(long)
            .preparation(Preparation::Call)
            .sanitized_query(long),
    );
    (0..200).for_each(|_| subsegment.put_precursor(SegmentId::generate()));
    subsegment.record_exception(Exception::new("first", long));
    for number in 0..100 {
        let chain = Exception::new(&format!("outer {long}"), long).caused_by(Exception::new("inner", long));
        subsegment.record_exception(Exception::new("number", &format!("{number} {long}")).caused_by(chain));
    }
    for number in 0..1_001 {
        subsegment.put_annotation(&format!("key{number}"), long);
        subsegment.put_metadata(&format!("key{number}"), long);
    }
    for number in 0..100 {
        subsegment.put_metadata_in(&format!("namespace {number} {long}"), long, BTreeMap::from([(long, long)]));
    }
    subsegment.put_aws("operation", long);
    subsegment.put_aws("table_names", vec![long; 10]);
}

/// The `aws` block is filled by instruments, from what users call their queues and tables.
#[test]
fn an_aws_block_that_is_too_large_is_made_to_fit() {
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop");
    let part = segment.begin_subsegment("part");
    part.set_namespace(Namespace::Aws);
    part.put_aws("operation", "ListTables");
    part.put_aws("table_names", vec!["x".repeat(1_000); 55]);
    part.put_aws("queue_url", "x".repeat(50_000));
    part.put_aws("topic_arn", "x".repeat(70_000));
    drop(part);
    segment.end();
    let part = traced.only_trace().find("part");
    assert_eq!(*part.get("/aws/operation"), *"ListTables");
    assert!(part.get("/aws/table_names").is_null() && part.get("/aws/topic_arn").is_null(), "they cannot be notes");
    let stats = traced.recorder.stats();
    assert_eq!((stats.trimmed_values, stats.rejected_values), (1, 1));
}

/// What a socket takes may be less than what the service takes.
#[test]
fn a_small_limit_is_kept_as_well() {
    for limit in [2_000, 8_900, 30_000] {
        let traced = Fixture::with(|builder| builder.streaming_threshold(usize::MAX)).limited_to(limit);
        let segment = traced.recorder.begin_segment("shop");
        (0..20).for_each(|_| segment.begin_subsegment("part").put_annotation("key", "x".repeat(1_000)));
        segment.end();
        let documents = traced.documents();
        let longest = documents.texts().map(str::len).max().unwrap();
        assert!((limit / 2..=limit).contains(&longest), "{longest} bytes of {limit}");
        let root = documents.only_trace().root();
        let lengths: Vec<_> =
            root.children().iter().map(|part| part.get("/annotations/key").as_str().unwrap().len()).collect();
        assert_eq!(lengths, [1_000; 20], "{limit}");
        assert_eq!(traced.recorder.stats().trimmed_values, 0, "{limit}");
    }
}
