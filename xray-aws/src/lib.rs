//! Interceptor for the AWS SDK of the AWS X-Ray SDK for Rust.
