//! Calls of the blocking client.

use super::super::call;
use super::client::Client;
use super::library::Error;
use super::request_builder::RequestBuilder;
use super::stock::{self, Request, Response};
use crate::client::{self, ClientOptions, ClientResponse};
use crate::content_length::declared_length;

impl Client {
    /// Executes a request, and records the call.
    ///
    /// # Errors
    /// Those of `reqwest::blocking::Client::execute`.
    pub fn execute(&self, request: Request) -> Result<Response, Error> {
        send(stock::RequestBuilder::from_parts(self.inner().clone(), request), self.options())
    }
}

impl RequestBuilder {
    /// Sends the request, and records the call as a child of what is current on this thread.
    ///
    /// # Errors
    /// Those of `reqwest::blocking::RequestBuilder::send`.
    pub fn send(self) -> Result<Response, Error> {
        let (builder, options) = self.into_parts();
        send(builder, &options)
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
    fn send_traced(self) -> Result<Response, Error>;
}

impl RequestBuilderExt for stock::RequestBuilder {
    fn send_traced(self) -> Result<Response, Error> {
        send(self, &ClientOptions::new())
    }
}

impl RequestBuilderExt for RequestBuilder {
    fn send_traced(self) -> Result<Response, Error> {
        self.send()
    }
}

fn send(builder: stock::RequestBuilder, options: &ClientOptions) -> Result<Response, Error> {
    if call::none_is_traced(options) {
        return builder.send();
    }
    let (client, request) = builder.build_split();
    let mut request = request?;
    let call = call::begin(options, request.method(), request.url());
    let recorded = call.and_then(|call| call.inject(request.headers_mut()));
    let outcome = stock::RequestBuilder::from_parts(client, request).send();
    if let Some(subsegment) = recorded {
        client::record(&subsegment, &outcome);
        subsegment.end();
    }
    outcome
}

impl ClientResponse for Response {
    fn status(&self) -> u16 {
        self.status().as_u16()
    }

    fn content_length(&self) -> Option<u64> {
        declared_length(self.headers()).or_else(|| self.content_length())
    }
}
