//! HTTP clients of the AWS X-Ray SDK for Rust.
