//! Orders as they come in: one line of text each.

use std::num::ParseIntError;
use std::path::Path;
use std::str::FromStr;
use std::{fs, io};

/// An order that makes sense; whether it can be fulfilled is for the shop to find out.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Order {
    pub(crate) id: u32,
    pub(crate) customer: String,
    // What is serialised goes into the trace, and whoever reads traces need not see this.
    #[serde(skip)]
    pub(crate) card: String,
    pub(crate) product: String,
    pub(crate) quantity: u32,
    pub(crate) region: String,
}

/// Reads the lines of a file but for the first, which names the columns.
pub(crate) fn read_lines(file: &Path) -> io::Result<Vec<String>> {
    let text = fs::read_to_string(file)?;
    Ok(text.lines().skip(1).filter(|line| !line.trim().is_empty()).map(str::to_owned).collect())
}

impl FromStr for Order {
    type Err = ParseOrderError;

    fn from_str(line: &str) -> Result<Self, ParseOrderError> {
        let fields: Vec<_> = line.split(',').map(str::trim).collect();
        let [id, customer, card, product, quantity, region] = fields[..] else {
            return Err(ParseOrderError::Fields { found: fields.len() });
        };
        Ok(Self {
            id: number("order", id)?,
            customer: customer.to_owned(),
            card: card.to_owned(),
            product: product.to_owned(),
            quantity: number("quantity", quantity)?,
            region: region.to_owned(),
        })
    }
}

fn number(field: &'static str, value: &str) -> Result<u32, ParseOrderError> {
    value.parse().map_err(|source| ParseOrderError::Number { field, value: value.to_owned(), source })
}

/// A line is not an order.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ParseOrderError {
    #[error("an order has 6 fields, not {found}")]
    Fields { found: usize },
    #[error("the {field} is {value:?}")]
    Number { field: &'static str, value: String, source: ParseIntError },
}
