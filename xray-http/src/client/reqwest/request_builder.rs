//! The traced request builder. Compiled for every kind of client: `stock` is the module of its types.

use std::fmt::Display;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Version};
use serde::Serialize;

use super::client::{Client, ClientExt as _};
use super::library::Error;
use super::stock::{self, Body, Request};
use crate::client::ClientOptions;

/// A `reqwest` request builder whose call is traced, made by the methods of [`Client`].
///
/// It has the methods of the stock builder; those that need a feature of `reqwest` which this
/// crate does not turn on are reached by [`map`](Self::map).
#[must_use = "a request does nothing until it is sent"]
#[derive(Debug)]
pub struct RequestBuilder {
    inner: stock::RequestBuilder,
    options: ClientOptions,
}

impl RequestBuilder {
    pub(super) fn new(inner: stock::RequestBuilder, options: ClientOptions) -> Self {
        Self { inner, options }
    }

    /// Makes a builder of a client and a request.
    pub fn from_parts(client: Client, request: Request) -> Self {
        let options = client.options().clone();
        Self::new(stock::RequestBuilder::from_parts(client.into_inner(), request), options)
    }

    /// Changes the stock builder, in any way that it offers.
    pub fn map(self, change: impl FnOnce(stock::RequestBuilder) -> stock::RequestBuilder) -> Self {
        Self::new(change(self.inner), self.options)
    }

    /// Adds a header.
    pub fn header<K, V>(self, key: K, value: V) -> Self
    where
        HeaderName: TryFrom<K>,
        <HeaderName as TryFrom<K>>::Error: Into<http::Error>,
        HeaderValue: TryFrom<V>,
        <HeaderValue as TryFrom<V>>::Error: Into<http::Error>,
    {
        self.map(|inner| inner.header(key, value))
    }

    /// Adds headers, in place of those with the same names.
    pub fn headers(self, headers: HeaderMap) -> Self {
        self.map(|inner| inner.headers(headers))
    }

    /// Enables HTTP basic authentication.
    pub fn basic_auth<U: Display, P: Display>(self, username: U, password: Option<P>) -> Self {
        self.map(|inner| inner.basic_auth(username, password))
    }

    /// Enables HTTP bearer authentication.
    pub fn bearer_auth<T: Display>(self, token: T) -> Self {
        self.map(|inner| inner.bearer_auth(token))
    }

    /// Sets the body.
    pub fn body<T: Into<Body>>(self, body: T) -> Self {
        self.map(|inner| inner.body(body))
    }

    /// Sets a timeout for this request, from its start to the end of the response's body.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.map(|inner| inner.timeout(timeout))
    }

    /// Sends a `multipart/form-data` body.
    #[cfg(feature = "reqwest-multipart")]
    pub fn multipart(self, multipart: stock::multipart::Form) -> Self {
        self.map(|inner| inner.multipart(multipart))
    }

    /// Appends pairs to the query string.
    pub fn query<T: Serialize + ?Sized>(self, query: &T) -> Self {
        self.map(|inner| inner.query(query))
    }

    /// Sets the HTTP version.
    pub fn version(self, version: Version) -> Self {
        self.map(|inner| inner.version(version))
    }

    /// Sends a URL-encoded form as the body.
    pub fn form<T: Serialize + ?Sized>(self, form: &T) -> Self {
        self.map(|inner| inner.form(form))
    }

    /// Sends JSON as the body.
    pub fn json<T: Serialize + ?Sized>(self, json: &T) -> Self {
        self.map(|inner| inner.json(json))
    }

    /// Builds the request, to be executed by the client.
    ///
    /// # Errors
    /// What was wrong with the URL, a header or the body.
    pub fn build(self) -> Result<Request, Error> {
        self.inner.build()
    }

    /// Builds the request, and returns the client with it.
    pub fn build_split(self) -> (Client, Result<Request, Error>) {
        let (client, request) = self.inner.build_split();
        (client.xray().with_options(self.options), request)
    }

    /// Clones the builder; `None` if its body is a stream.
    #[must_use]
    pub fn try_clone(&self) -> Option<Self> {
        let inner = self.inner.try_clone()?;
        Some(Self::new(inner, self.options.clone()))
    }

    /// Takes X-Ray off again.
    pub fn into_inner(self) -> stock::RequestBuilder {
        self.inner
    }

    pub(super) fn into_parts(self) -> (stock::RequestBuilder, ClientOptions) {
        (self.inner, self.options)
    }
}
