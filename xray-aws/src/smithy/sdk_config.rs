//! Attaching to a configuration.

use aws_smithy_runtime::client::defaults::default_http_client_plugin_v2;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::RuntimePlugin as _;
use aws_types::SdkConfig;

use super::http_client::XRayHttpClient;

/// Attaches X-Ray to the configuration that clients of the AWS SDK are made from.
pub trait SdkConfigExt: Sized {
    /// Traces every client that is made from the returned configuration, by whomever: the program, or a library that it is
    /// handed to.
    ///
    /// What is recorded is what [`XRayInterceptor`](crate::XRayInterceptor) records, which is the better choice where the
    /// program makes the client itself. Attached too, the interceptor traces the call, and this does not.
    ///
    /// A configuration can carry an HTTP client and no interceptor, and so there are limits:
    /// - A call that is tried again is a subsegment for each attempt, each with its `retries`.
    /// - What fails before anything is sent is not recorded: an input that is refused, credentials that are not found.
    /// - A timeout of the operation or of the attempt looks like a call that was dropped: it ends, and is not at fault. So
    ///   does an answer that arrives whole and cannot be understood, or an error that S3 sends with the status 200.
    /// - `region` is the one that the request is signed for.
    /// - A client whose own configuration sets another HTTP client is not traced.
    /// - A call without a segment is not reported as one whose context is missing.
    ///
    /// A call that is not recorded takes as long as without it, but for the header of one that is not sampled.
    ///
    /// A configuration without an HTTP client gets the SDK's default one, which then is shared by all clients; where the
    /// program was built without one, the configuration is returned as it is.
    ///
    /// ```
    /// use xray_aws::SdkConfigExt as _;
    ///
    /// # let config = aws_config::SdkConfig::builder().behavior_version(aws_config::BehaviorVersion::latest()).build();
    /// // let config = aws_config::load_from_env().await;
    /// let config = config.xray();
    /// let dynamodb = aws_sdk_dynamodb::Client::new(&config);
    /// ```
    #[must_use = "a client is traced that is made from the returned configuration"]
    fn xray(self) -> Self;
}

impl SdkConfigExt for SdkConfig {
    fn xray(self) -> Self {
        match self.http_client().or_else(|| default_http_client(self.behavior_version())) {
            Some(inner) => self.into_builder().http_client(XRayHttpClient::new(inner)).build(),
            None => self,
        }
    }
}

/// The client that the SDK would take.
fn default_http_client(version: Option<BehaviorVersion>) -> Option<SharedHttpClient> {
    let plugin = default_http_client_plugin_v2(version.unwrap_or_else(BehaviorVersion::latest))?;
    plugin.runtime_components(&RuntimeComponentsBuilder::new("X-Ray")).http_client()
}
