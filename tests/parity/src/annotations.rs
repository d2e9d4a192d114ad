//! Annotations, which are indexed and strict, and metadata, which is neither.

use aws_xray_sdk as xray;
use serde::Serialize;
use serde_json::json;

use crate::scenario::{Scenario, in_segment, in_subsegment, scenarios};

pub(crate) const SCENARIOS: &[Scenario] = scenarios![
    annotations_of_each_type,
    annotations_on_what_is_current,
    annotation_put_twice,
    annotation_keys_with_other_characters,
    annotation_values_of_other_types,
    annotation_values_that_are_not_numbers,
    annotation_value_that_is_too_long,
    metadata_in_namespaces,
    metadata_values,
    metadata_of_a_type_of_the_program,
    metadata_put_twice,
    metadata_in_a_reserved_namespace,
];

fn annotations_of_each_type() {
    in_segment("shop", |segment| {
        segment.put_annotation("text", "c-17");
        segment.put_annotation("unicode", "Zoë 福");
        segment.put_annotation("empty", "");
        segment.put_annotation("integer", 42);
        segment.put_annotation("negative", -7);
        segment.put_annotation("large", 9_007_199_254_740_993_i64);
        segment.put_annotation("float", 19.99);
        segment.put_annotation("zero", 0);
        segment.put_annotation("yes", true);
        segment.put_annotation("no", false);
    });
}

fn annotations_on_what_is_current() {
    in_segment("shop", |_| {
        xray::put_annotation("at", "segment");
        in_subsegment("order", |_| xray::put_annotation("at", "subsegment"));
        xray::put_annotation("after", 1);
    });
}

fn annotation_put_twice() {
    in_segment("shop", |segment| {
        segment.put_annotation("customer", "c-17");
        segment.put_annotation("customer", 18);
    });
}

fn annotation_keys_with_other_characters() {
    in_segment("shop", |segment| {
        segment.put_annotation("customer-id", 1);
        segment.put_annotation("customer name", 2);
        segment.put_annotation("prix_été", 3);
        segment.put_annotation("Good_1", 4);
    });
}

/// Python drops the other three while it runs; here they do not compile.
fn annotation_values_of_other_types() {
    in_segment("shop", |segment| segment.put_annotation("kept", 1));
}

fn annotation_values_that_are_not_numbers() {
    in_segment("shop", |segment| {
        segment.put_annotation("nan", f64::NAN);
        segment.put_annotation("infinite", f64::INFINITY);
        segment.put_annotation("kept", 1.5);
    });
}

fn annotation_value_that_is_too_long() {
    in_segment("shop", |segment| {
        segment.put_annotation("at_the_limit", "a".repeat(1_000));
        segment.put_annotation("over_the_limit", "b".repeat(1_500));
    });
}

fn metadata_in_namespaces() {
    in_segment("shop", |segment| {
        segment.put_metadata("customer", "c-17");
        segment.put_metadata("items", 3);
        segment.put_metadata_in("billing", "customer", "c-18");
        in_subsegment("order", |subsegment| {
            xray::put_metadata("step", "price");
            subsegment.put_metadata_in("my namespace", "step", "price");
        });
    });
}

fn metadata_values() {
    in_segment("shop", |segment| {
        segment.put_metadata("text", "Zoë said \"福\"\n");
        segment.put_metadata("integer", -3);
        segment.put_metadata("float", 0.5);
        segment.put_metadata("yes", true);
        segment.put_metadata("no", false);
        segment.put_metadata("nothing", ());
        segment.put_metadata("list", json!([1, "two", [3.0], null]));
        segment.put_metadata("map", json!({"a": {"b": {"c": [true, {"d": "e"}]}}}));
        segment.put_metadata("empty_list", json!([]));
        segment.put_metadata("empty_map", json!({}));
    });
}

fn metadata_of_a_type_of_the_program() {
    #[derive(Serialize)]
    struct Item {
        name: &'static str,
        price: Price,
    }

    #[derive(Serialize)]
    #[serde(untagged)]
    enum Price {
        Exact(f64),
        Whole(u32),
    }

    #[derive(Serialize)]
    struct Cart {
        customer: &'static str,
        items: Vec<Item>,
    }

    let cart = Cart {
        customer: "c-17",
        items: vec![Item { name: "book", price: Price::Exact(12.5) }, Item { name: "pen", price: Price::Whole(1) }],
    };
    in_segment("shop", |segment| segment.put_metadata("cart", &cart));
}

fn metadata_put_twice() {
    in_segment("shop", |segment| {
        segment.put_metadata("cart", json!({"items": 1, "coupon": "A"}));
        segment.put_metadata("cart", json!({"items": 2}));
    });
}

fn metadata_in_a_reserved_namespace() {
    in_segment("shop", |segment| {
        segment.put_metadata_in("AWS.billing", "a", 1);
        segment.put_metadata_in("AWSome", "b", 2);
    });
}
