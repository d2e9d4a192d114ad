//! Calls of the asynchronous client.

use std::future::Future;

use super::call;
use super::client::Client;
use super::library::{self, Error, Request, Response};
use super::request_builder::RequestBuilder;
use crate::client::{ClientCall, ClientOptions, ClientResponse, RunningCall};
use crate::content_length::declared_length;

impl Client {
    /// Executes a request, and records the call.
    ///
    /// # Errors
    /// Those of `reqwest::Client::execute`.
    pub fn execute(&self, request: Request) -> impl Future<Output = Result<Response, Error>> + use<> {
        send(library::RequestBuilder::from_parts(self.inner().clone(), request), self.options().clone())
    }
}

impl RequestBuilder {
    /// Sends the request, and records the call.
    ///
    /// The future does nothing before it is polled. Whatever is current then is the parent.
    ///
    /// # Errors
    /// Those of `reqwest::RequestBuilder::send`.
    pub fn send(self) -> impl Future<Output = Result<Response, Error>> {
        let (builder, options) = self.into_parts();
        send(builder, options)
    }
}

/// Sends a request of the stock builder, and records the call.
pub trait RequestBuilderExt {
    /// Does what `send` does, and records the call: for clients that cannot be replaced by a traced one.
    ///
    /// On a builder of a traced client it is the same as `send`: the call is recorded once.
    ///
    /// # Errors
    /// Those of `send`.
    ///
    /// ```
    /// use xray_http::reqwest::RequestBuilderExt as _;
    ///
    /// # async fn example(client: reqwest::Client) -> Result<(), reqwest::Error> {
    /// let response = client.get("http://shop.example/cart").send_traced().await?;
    /// # Ok(())
    /// # }
    /// ```
    fn send_traced(self) -> impl Future<Output = Result<Response, Error>> + Send;
}

impl RequestBuilderExt for library::RequestBuilder {
    fn send_traced(self) -> impl Future<Output = Result<Response, Error>> + Send {
        send(self, ClientOptions::new())
    }
}

impl RequestBuilderExt for RequestBuilder {
    fn send_traced(self) -> impl Future<Output = Result<Response, Error>> + Send {
        self.send()
    }
}

fn send(builder: library::RequestBuilder, options: ClientOptions) -> impl Future<Output = Result<Response, Error>> {
    ClientCall::new(move || {
        if call::none_is_traced(&options) {
            return Ok(RunningCall::new(None, builder.send()));
        }
        let (client, request) = builder.build_split();
        let mut request = request?;
        let call = call::begin(&options, request.method(), request.url());
        let recorded = call.and_then(|call| call.inject(request.headers_mut()));
        Ok(RunningCall::new(recorded, library::RequestBuilder::from_parts(client, request).send()))
    })
}

impl ClientResponse for Response {
    fn status(&self) -> u16 {
        self.status().as_u16()
    }

    fn content_length(&self) -> Option<u64> {
        declared_length(self.headers()).or_else(|| self.content_length())
    }
}
