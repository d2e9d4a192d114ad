//! MongoDB client of the AWS X-Ray SDK for Rust.
