//! The AWS SDK for Rust in traces of the AWS X-Ray SDK for Rust.
//!
//! Feature `aws-sdk`: every client of the family `aws-sdk-*`, with one interceptor and no dependency on any
//! of them. An operation becomes one subsegment, however often it is tried.
//!
//! ```
//! # #[cfg(feature = "aws-sdk")] {
//! use aws_sdk_s3 as s3;
//! use xray_aws::XRayInterceptor;
//!
//! # let config = aws_config::SdkConfig::builder().behavior_version(aws_config::BehaviorVersion::latest()).build();
//! // let config = aws_config::load_from_env().await;
//! let client = s3::Client::from_conf(
//!     s3::config::Builder::from(&config).interceptor(XRayInterceptor::new()).build(),
//! );
//! // The same in one line:
//! let client = xray_aws::client!(aws_sdk_s3, &config);
//! # }
//! ```
//!
//! An attached interceptor records while the library `aws-sdk` is patched and a segment is current.
//!
//! # What is recorded
//! - The service as X-Ray names it (`S3`, `DynamoDB`, `SecretsManager`), `operation`, `region`, `request_id`, `id_2`,
//!   `retries`, and the status and length of the response.
//! - What the call was about: bucket, key, prefix, table, index, queue, topic, function and the like, and counts.
//!   Never an item, a value, a message, a payload or an expression with values.
//! - Errors: a 4xx is an `error`, a throttled call `throttle` too, a 5xx a `fault`; with the service's code and message.
//!   A timeout, a refused connection or an answer that cannot be read is a `fault` with the chain of its causes.
//!
//! A call whose future is dropped ends there, and is not at fault. A presigned request gets no subsegment and no header,
//! because somebody else will send it. Calls to X-Ray itself are not traced.
//!
//! # What stays untraced
//! - A client made by `Client::new(&config)` or inside of another library: a configuration cannot carry an interceptor.
//!   Make the client as above and hand it over. A single call of such a client is traced by
//!   `client.get_object().customize().interceptor(XRayInterceptor::new())`.
//! - Calls that the SDK makes for itself, such as those for credentials.
//! - The body of a streaming output: the subsegment ends with the headers. Wrap what reads the body:
//!   `output.body.collect().in_subsegment("download")`.
//! - Spawned calls, as everywhere: `tokio::spawn(client.get_object().send().in_current())`.

#[cfg(feature = "aws-sdk")]
mod smithy;

#[cfg(feature = "aws-sdk")]
mod parameters;
#[cfg(feature = "aws-sdk")]
mod service_error;

#[cfg(feature = "aws-sdk")]
mod percent;

#[cfg(feature = "aws-sdk")]
pub use smithy::XRayInterceptor;

/// Makes a traced client of a service crate from an `SdkConfig`.
///
/// The result is the crate's own `Client`, with an [`XRayInterceptor`] attached. For a client with a configuration of its
/// own attach the interceptor to the crate's `config::Builder`.
///
/// ```
/// # let config = aws_config::SdkConfig::builder().behavior_version(aws_config::BehaviorVersion::latest()).build();
/// let dynamodb: aws_sdk_dynamodb::Client = xray_aws::client!(aws_sdk_dynamodb, &config);
/// ```
#[cfg(feature = "aws-sdk")]
#[macro_export]
macro_rules! client {
    ($($service:ident)::+, $config:expr $(,)?) => {
        $($service)::+::Client::from_conf(
            $($service)::+::config::Builder::from($config).interceptor($crate::XRayInterceptor::new()).build(),
        )
    };
}
