//! Errors and what they leave behind.

use std::error::Error;

use aws_xray_sdk as xray;
use xray::{Exception, HttpResponse, Namespace};

use crate::scenario::{ConnectionError, OrderError, Scenario, in_segment, in_subsegment, scenarios};

pub(crate) const SCENARIOS: &[Scenario] = scenarios![
    capture_of_a_function_that_returns,
    capture_named_after_the_function,
    capture_of_a_function_that_fails,
    exception_raised_through_three_levels,
    exception_that_reaches_the_segment,
    exception_recorded_twice_on_one_subsegment,
    exception_reused_on_another_segment,
    two_exceptions_on_one_subsegment,
    exception_of_a_child_beside_one_of_its_own,
    exception_with_a_chain_of_causes,
    exception_that_is_text,
    exception_without_a_message,
    exception_with_a_message_in_other_scripts,
    exception_that_the_far_side_raised,
    exception_and_http_status,
];

fn capture_of_a_function_that_returns() {
    #[xray::capture("load cart")]
    fn load(identifier: i32) -> i32 {
        xray::put_annotation("id", identifier);
        identifier * 2
    }

    in_segment("shop", |_| println!("{}", load(21)));
}

fn capture_named_after_the_function() {
    #[xray::capture]
    fn load_cart() {}

    in_segment("shop", |_| load_cart());
}

fn capture_of_a_function_that_fails() {
    #[xray::capture("load cart")]
    fn load() -> Result<(), OrderError> {
        Err(OrderError::new("cart 17 is gone"))
    }

    in_segment("shop", |_| {
        if let Err(error) = load() {
            println!("{error}");
        }
    });
}

fn exception_raised_through_three_levels() {
    in_segment("shop", |_| {
        let outcome = xray::capture("order", |_| {
            xray::capture("cart", |_| xray::capture("price", |_| Err::<(), _>(OrderError::new("no price"))))
        });
        assert!(outcome.is_err());
    });
}

fn exception_that_reaches_the_segment() {
    let outcome = in_segment("shop", |_| xray::capture("order", |_| Err::<(), _>(OrderError::new("no price"))));
    assert!(outcome.is_err());
}

fn exception_recorded_twice_on_one_subsegment() {
    in_segment("shop", |_| {
        in_subsegment("order", |subsegment| {
            let error = OrderError::new("no price");
            subsegment.record_error(&error);
            subsegment.record_error(&error);
        });
    });
}

/// A connection that failed once, say, whose error is handed to whoever asks for it.
fn exception_reused_on_another_segment() {
    let error = OrderError::new("no price");
    for name in ["first", "second"] {
        in_segment(name, |_| in_subsegment("order", |subsegment| subsegment.record_error(&error)));
    }
}

fn two_exceptions_on_one_subsegment() {
    in_segment("shop", |_| {
        in_subsegment("order", |subsegment| {
            subsegment.record_error(&OrderError::new("no price"));
            subsegment.record_error(&OrderError::new("no stock"));
        });
    });
}

/// The parent records its own error, then sees the one that its child recorded.
fn exception_of_a_child_beside_one_of_its_own() {
    in_segment("shop", |_| {
        in_subsegment("order", |order| {
            let error = OrderError::new("no price");
            in_subsegment("cart", |cart| cart.record_error(&error));
            order.record_error(&OrderError::new("no stock"));
            order.record_error(&error);
        });
    });
}

fn exception_with_a_chain_of_causes() {
    in_segment("shop", |_| {
        let outcome = xray::capture("order", |_| {
            Err::<(), _>(OrderError::new("no price").caused_by(ConnectionError("price service is down")))
        });
        assert!(outcome.is_err());
    });
}

fn exception_that_is_text() {
    in_segment("shop", |_| {
        let text = xray::capture("text", |_| Err::<(), _>("no price".to_owned()));
        let boxed = xray::capture("boxed text", |_| Err::<(), Box<dyn Error>>("no price".into()));
        assert!(text.is_err() && boxed.is_err());
    });
}

fn exception_without_a_message() {
    in_segment("shop", |_| in_subsegment("order", |subsegment| subsegment.record_error(&OrderError::new(""))));
}

fn exception_with_a_message_in_other_scripts() {
    in_segment("shop", |_| {
        in_subsegment("order", |subsegment| {
            subsegment.record_error(&OrderError::new("prix \"été\" 福\nsecond line"));
        });
    });
}

fn exception_that_the_far_side_raised() {
    in_segment("shop", |_| {
        in_subsegment("price", |subsegment| {
            subsegment.set_namespace(Namespace::Remote);
            subsegment.record_fault(Exception::from_error(&OrderError::new("no price")).remote(true));
        });
    });
}

fn exception_and_http_status() {
    in_segment("shop", |_| {
        in_subsegment("api.example.com", |subsegment| {
            subsegment.set_namespace(Namespace::Remote);
            subsegment.set_http_response(HttpResponse::new(404));
            subsegment.record_error(&OrderError::new("not found"));
        });
    });
}
