//! The AWS SDK for Rust, and AWS Lambda, in traces of the AWS X-Ray SDK for Rust.
//!
//! Feature `lambda`: functions on `lambda_runtime`, see the module `lambda`. What follows is about the other one.
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
//! - `account_id`, of the owner of what is called, where the call names it: in an ARN, in the URL of a queue, in the host, or as the
//!   owner that is expected of a bucket.
//! - What the call was about: bucket, key, prefix, table, index, queue, topic, function and the like, and counts.
//!   Never an item, a value, a message, a payload or an expression with values.
//! - Errors: a 4xx is an `error`, a throttled call `throttle` too, a 5xx a `fault`; with the service's code and message.
//!   A timeout, a refused connection or an answer that cannot be read is a `fault` with the chain of its causes.
//!   What the program records further up, `?` through a capture for instance, refers to it instead of repeating it.
//!   A 3xx without a code of the service is no error, though the client returns one: `304` says that nothing has changed.
//!
//! A call whose future is dropped ends there, and is not at fault. A presigned request gets no subsegment and no header,
//! because somebody else will send it. Calls to X-Ray itself are not traced.
//!
//! # Clients that are there already
//! - One that the program holds: `let client = xray_aws::attach!(aws_sdk_s3, client);` makes a traced client of it.
//! - Those that libraries make for themselves, from a configuration: [`SdkConfigExt::xray`] traces every client of a
//!   configuration, with less detail.
//! - A single call: `client.get_object().customize().interceptor(XRayInterceptor::new())`.
//!
//! # What stays untraced
//! - A client made by `Client::new(&config)` of a configuration without `.xray()`.
//! - Calls that the SDK makes for itself, such as those for credentials, unless its loader was given an [`XRayHttpClient`].
//! - The body of a streaming output: the subsegment ends with the headers. Wrap what reads the body:
//!   `output.body.collect().in_subsegment("download")`.
//! - Spawned calls, as everywhere: `tokio::spawn(client.get_object().send().in_current())`.

#[cfg(feature = "lambda")]
pub mod lambda;
pub mod sqs;

#[cfg(feature = "aws-sdk")]
mod smithy;

#[cfg(feature = "aws-sdk")]
mod parameters;
#[cfg(feature = "aws-sdk")]
mod service_error;
#[cfg(feature = "aws-sdk")]
mod signed_text;

#[cfg(feature = "aws-sdk")]
mod percent;

#[cfg(feature = "aws-sdk")]
pub use parameters::Parameter;
#[cfg(feature = "aws-sdk")]
pub use smithy::{SdkConfigExt, XRayHttpClient, XRayInterceptor};

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
    ($($service:ident)::+, $config:expr $(,)?) => {{
        let mut config = $($service)::+::config::Builder::from($config);
        config.push_interceptor($crate::XRayInterceptor::new().permanent());
        $($service)::+::Client::from_conf(config.build())
    }};
}

/// Makes a traced client of one that exists.
///
/// The result is the crate's own `Client`, with the configuration and the connections of the other, and an
/// [`XRayInterceptor`] attached; the other stays as it is. It does no harm to one that is traced already.
///
/// ```
/// # let config = aws_config::SdkConfig::builder().behavior_version(aws_config::BehaviorVersion::latest()).build();
/// let client = aws_sdk_dynamodb::Client::new(&config);
/// let client: aws_sdk_dynamodb::Client = xray_aws::attach!(aws_sdk_dynamodb, client);
/// ```
#[cfg(feature = "aws-sdk")]
#[macro_export]
macro_rules! attach {
    ($($service:ident)::+, $client:expr $(,)?) => {{
        let mut config = $client.config().to_builder();
        config.push_interceptor($crate::XRayInterceptor::new().permanent());
        $($service)::+::Client::from_conf(config.build())
    }};
}
