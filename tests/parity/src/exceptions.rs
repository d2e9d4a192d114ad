//! Errors and what they leave behind.

use std::error::Error;
use std::fmt;

use aws_xray_sdk as xray;
use xray::{Exception, HttpResponse, Namespace};

use crate::scenario::{Scenario, in_segment, in_subsegment, scenarios};

pub(crate) const SCENARIOS: &[Scenario] = scenarios![
    capture_of_a_function_that_returns,
    capture_named_after_the_function,
    capture_of_a_function_that_fails,
    exception_raised_through_three_levels,
    exception_that_reaches_the_segment,
    exception_recorded_twice_on_one_subsegment,
    two_exceptions_on_one_subsegment,
    exception_of_a_child_beside_one_of_its_own,
    exception_with_a_chain_of_causes,
    exception_without_a_message,
    exception_with_a_message_in_other_scripts,
    exception_that_the_far_side_raised,
    exception_and_http_status,
];

/// What fails in the scenarios: the program's own error, of the same name in both languages.
#[derive(Debug)]
struct OrderError {
    message: &'static str,
    source: Option<ConnectionError>,
}

impl OrderError {
    fn new(message: &'static str) -> Self {
        Self { message, source: None }
    }
}

impl fmt::Display for OrderError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.message)
    }
}

impl Error for OrderError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

#[derive(Debug)]
struct ConnectionError(&'static str);

impl fmt::Display for ConnectionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl Error for ConnectionError {}

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
    in_segment("shop", |segment| {
        let outcome = xray::capture("order", |_| Err::<(), _>(OrderError::new("no price")));
        segment.record_error(&outcome.unwrap_err());
    });
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
            let source = Some(ConnectionError("price service is down"));
            Err::<(), _>(OrderError { message: "no price", source })
        });
        assert!(outcome.is_err());
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
            subsegment.record_exception(Exception::from_error(&OrderError::new("no price")).remote(true));
            subsegment.set_fault();
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
