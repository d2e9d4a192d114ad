//! The business: ordinary Rust. Only `#[xray::capture]` and the `put_` lines know that there is a trace.

use aws_sdk_s3::primitives::ByteStream;
use aws_xray_sdk as xray;
use reqwest::StatusCode;

use crate::orders::{Order, ParseOrderError};

/// Sells things: remembers the order, charges the customer, files a receipt.
pub(crate) struct Shop {
    database: rusqlite::Connection,
    payments: PaymentsClient,
    receipts: aws_sdk_s3::Client,
}

/// A `reqwest::Client` that is traced.
type PaymentsClient = xray::http::reqwest::Client;

impl Shop {
    /// Opens for business, with a table for the orders.
    pub(crate) fn open(
        database: rusqlite::Connection,
        payments: PaymentsClient,
        receipts: aws_sdk_s3::Client,
    ) -> rusqlite::Result<Self> {
        database.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, cents INTEGER)", ())?;
        Ok(Self { database, payments, receipts })
    }

    /// A subsegment holds all that is done for one order, and the error if there is one.
    #[xray::capture]
    pub(crate) async fn place_order(&self, line: &str) -> Result<(), OrderError> {
        let order: Order = line.parse()?;
        xray::put_annotation("order", order.id);
        xray::put_annotation("customer", order.customer.as_str());
        xray::put_metadata("order", &order);

        let cents = i64::from(order.quantity) * price_in_cents(&order.product)?;
        // First, because the primary key refuses an order that was placed before.
        self.save(&order, cents)?;
        self.charge(&order, cents).await?;
        self.file_receipt(&order, cents).await
    }

    fn save(&self, order: &Order, cents: i64) -> Result<(), OrderError> {
        self.database.execute("INSERT INTO orders VALUES (?, ?, ?)", (order.id, &order.customer, cents))?;
        Ok(())
    }

    async fn charge(&self, order: &Order, cents: i64) -> Result<(), OrderError> {
        let charge = Charge { card: order.card.clone(), cents };
        let response = self.payments.post("http://payments.internal/charges").json(&charge).send().await?;
        match response.status() {
            status if status.is_success() => Ok(()),
            StatusCode::PAYMENT_REQUIRED => Err(OrderError::Declined),
            status => Err(OrderError::Payments(status)),
        }
    }

    async fn file_receipt(&self, order: &Order, cents: i64) -> Result<(), OrderError> {
        let text = format!("{} x {}: {cents} cents\n", order.quantity, order.product);
        self.receipts
            .put_object()
            .bucket(format!("receipts-{}", order.region))
            .key(format!("{}.txt", order.id))
            .body(ByteStream::from(text.into_bytes()))
            .send()
            .await
            .map_err(|error| OrderError::ReceiptNotFiled(Box::new(error.into())))?;
        Ok(())
    }
}

/// What the payment service is asked.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct Charge {
    pub(crate) card: String,
    pub(crate) cents: i64,
}

fn price_in_cents(product: &str) -> Result<i64, OrderError> {
    match product {
        "mouse" => Ok(2_500),
        "keyboard" => Ok(7_000),
        "monitor" => Ok(28_000),
        "laptop" => Ok(140_000),
        _ => Err(OrderError::UnknownProduct(product.to_owned())),
    }
}

/// An order is not placed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OrderError {
    #[error("the line is not an order")]
    Malformed(#[from] ParseOrderError),
    #[error("there is no product {0:?}")]
    UnknownProduct(String),
    #[error("the order is not saved")]
    NotSaved(#[from] rusqlite::Error),
    #[error("the card is declined")]
    Declined,
    #[error("the payment service answers {}", .0.as_u16())]
    Payments(StatusCode),
    #[error("the payment service does not answer")]
    PaymentsDown(#[from] reqwest::Error),
    #[error("the receipt is not filed")]
    ReceiptNotFiled(#[source] Box<aws_sdk_s3::Error>),
}
