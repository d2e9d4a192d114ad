//! The tree of a segment, and the blocks that a program sets by hand.

use aws_xray_sdk as xray;
use xray::{HttpRequest, HttpResponse, Namespace, Sql};

use crate::scenario::{Scenario, in_segment, in_subsegment, scenarios};

pub(crate) const SCENARIOS: &[Scenario] = scenarios![
    segment_alone,
    nested_subsegments,
    sibling_subsegments,
    nested_and_sibling_subsegments,
    deep_nesting,
    two_segments_one_after_the_other,
    segment_that_ends_before_its_subsegment,
    user,
    http_block_on_a_segment,
    http_blocks_on_remote_subsegments,
    sql_block,
    aws_block,
    flags_by_hand,
];

fn segment_alone() {
    xray::begin_segment("shop").end();
}

fn nested_subsegments() {
    in_segment("shop", |_| {
        in_subsegment("order", |_| in_subsegment("cart", |_| in_subsegment("price", |_| ())));
    });
}

fn sibling_subsegments() {
    in_segment("shop", |_| {
        for name in ["cart", "price", "cart"] {
            in_subsegment(name, |_| ());
        }
    });
}

fn nested_and_sibling_subsegments() {
    in_segment("shop", |_| {
        for order in ["order 1", "order 2"] {
            in_subsegment(order, |_| {
                for step in ["cart", "price"] {
                    in_subsegment(step, |_| ());
                }
            });
        }
    });
}

fn deep_nesting() {
    let segment = xray::begin_segment("shop").entered();
    let begin = |level| xray::begin_subsegment(&format!("level {level}")).entered();
    let mut levels: Vec<_> = (1..=25).map(begin).collect();
    while let Some(level) = levels.pop() {
        level.end();
    }
    segment.end();
}

fn two_segments_one_after_the_other() {
    for name in ["first", "second"] {
        in_segment(name, |_| in_subsegment("work", |_| ()));
    }
}

fn segment_that_ends_before_its_subsegment() {
    let segment = xray::begin_segment("shop").entered();
    let slow = xray::begin_subsegment("slow").entered();
    segment.end();
    slow.end();
}

fn user() {
    in_segment("shop", |segment| segment.set_user("customer-17"));
}

fn http_block_on_a_segment() {
    in_segment("shop", |segment| {
        let request = HttpRequest::new("POST", "https://shop.example.com/orders/17");
        segment.set_http_request(request.user_agent("curl/8.5.0").forwarded_for("192.0.2.7"));
        segment.set_http_response(HttpResponse::new(201).content_length(Some(17)));
    });
}

fn http_blocks_on_remote_subsegments() {
    in_segment("shop", |_| {
        for status in [200, 302, 400, 404, 429, 500, 503] {
            in_subsegment("api.example.com", |subsegment| {
                subsegment.set_namespace(Namespace::Remote);
                subsegment
                    .set_http_request(HttpRequest::new("GET", &format!("https://api.example.com/status/{status}")));
                subsegment.set_http_response(HttpResponse::new(status).content_length(Some(0)));
            });
        }
    });
}

fn sql_block() {
    in_segment("shop", |_| {
        in_subsegment("orders@db.example.com", |subsegment| {
            subsegment.set_namespace(Namespace::Remote);
            subsegment.set_sql(
                Sql::new("PostgreSQL")
                    .url("postgresql://app@db.example.com:5432/orders")
                    .user("app")
                    .database_version("15.6")
                    .driver_version("driver 1.2")
                    .sanitized_query("SELECT * FROM orders WHERE id = ?"),
            );
        });
    });
}

fn aws_block() {
    in_segment("shop", |_| {
        in_subsegment("SQS", |subsegment| {
            subsegment.set_namespace(Namespace::Aws);
            subsegment.put_aws("operation", "SendMessage");
            subsegment.put_aws("region", "eu-west-1");
            subsegment.put_aws("request_id", "3f5e0d1c");
            subsegment.put_aws("queue_url", "https://sqs.eu-west-1.amazonaws.com/123456789012/orders");
            subsegment.put_aws("retries", 2);
        });
    });
}

fn flags_by_hand() {
    in_segment("shop", |segment| {
        in_subsegment("error", |subsegment| subsegment.set_error());
        in_subsegment("throttle", |subsegment| subsegment.set_throttle());
        in_subsegment("fault", |subsegment| subsegment.set_fault());
        segment.set_error();
    });
}
