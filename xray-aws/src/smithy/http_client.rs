//! The HTTP client that traces: which calls it traces.

use std::cell::Cell;
use std::sync::Arc;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::interceptors::Intercept as _;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::{RuntimeComponents, RuntimeComponentsBuilder};
use aws_smithy_types::config_bag::ConfigBag;
use xray_core::{ClientCall, Library};

use super::attempt::Attempt;
use super::interceptor::XRayInterceptor;
use super::services::Services;

/// Traces what clients of the AWS SDK send through the HTTP client inside of it.
///
/// [`SdkConfigExt::xray`](crate::SdkConfigExt::xray) puts it into a configuration, and says what it sees and what it does
/// not. By itself it is for those who set the HTTP client of `aws_config`'s loader, which traces the calls for credentials
/// too, or that of one service.
///
/// ```
/// # let inner = aws_smithy_http_client::Builder::new().build_http();
/// use xray_aws::XRayHttpClient;
///
/// let loader = aws_config::from_env().http_client(XRayHttpClient::new(inner));
/// ```
#[derive(Clone, Debug)]
pub struct XRayHttpClient {
    inner: SharedHttpClient,
    services: Arc<Services>,
}

impl XRayHttpClient {
    /// Makes a client that traces and leaves the rest to `inner`. One in another traces once.
    #[must_use]
    pub fn new(inner: impl HttpClient + 'static) -> Self {
        Self { inner: SharedHttpClient::new(inner), services: Arc::default() }
    }
}

impl HttpClient for XRayHttpClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        if INSIDE.get() || !is_traced() {
            return self.inner.http_connector(settings, components);
        }
        let connector = {
            let _inside = Inside::enter();
            self.inner.http_connector(settings, components)
        };
        match operation(components) {
            Some(operation) => {
                SharedHttpConnector::new(Traced { connector, operation, services: Arc::clone(&self.services) })
            }
            None => connector,
        }
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        bag: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.inner.validate_base_client_config(components, bag)
    }

    // Each operation comes by here once, and it is the only place that tells what it is.
    fn validate_final_config(&self, components: &RuntimeComponents, bag: &ConfigBag) -> Result<(), BoxError> {
        if is_traced() {
            self.services.learn(bag);
        }
        self.inner.validate_final_config(components, bag)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.inner.connector_metadata()
    }
}

/// Whether an attempt that is made here is recorded, or at least has a header.
fn is_traced() -> bool {
    ClientCall::of(Library::AwsSdk).is_traced()
}

/// The operation; `None` if its interceptor traces it, or if it is none of a service crate, such as those of the instance's
/// own metadata.
///
/// Every operation of a service crate has an interceptor by the name of `<Operation>EndpointParamsInterceptor`, after those of
/// the program.
fn operation(components: &RuntimeComponents) -> Option<&'static str> {
    let mut operation = None;
    for interceptor in components.interceptors() {
        let name = interceptor.name();
        if name == XRayInterceptor::NAME {
            return None;
        }
        operation = name.strip_suffix("EndpointParamsInterceptor").or(operation);
    }
    operation
}

/// Sends the attempts of one operation.
#[derive(Debug)]
struct Traced {
    connector: SharedHttpConnector,
    operation: &'static str,
    services: Arc<Services>,
}

impl HttpConnector for Traced {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        match Attempt::begin(self.operation, &self.services, &mut request) {
            Some(attempt) => HttpConnectorFuture::new(attempt.finish(self.connector.call(request))),
            None => self.connector.call(request),
        }
    }
}

thread_local! {
    /// Whether a client of ours, around this one, is being asked for a connector.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

struct Inside;

impl Inside {
    fn enter() -> Self {
        INSIDE.set(true);
        Self
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.set(false);
    }
}
