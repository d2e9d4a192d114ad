//! The traced client. Compiled for every kind of client: `stock` is the module of its types.

use std::ops::Deref;

use super::library::{IntoUrl, Method};
use super::request_builder::RequestBuilder;
use super::stock;
use crate::client::ClientOptions;

/// Attaches X-Ray to a client.
pub trait ClientExt {
    /// Makes a client whose calls are traced. The connection pool and all settings stay.
    ///
    /// A client that is traced already is returned as it is.
    fn xray(self) -> Client;
}

impl ClientExt for stock::Client {
    fn xray(self) -> Client {
        Client { inner: self, options: ClientOptions::new() }
    }
}

impl ClientExt for Client {
    fn xray(self) -> Client {
        self
    }
}

/// A `reqwest` client whose calls are traced, made by [`ClientExt::xray`]; clones share its connections.
///
/// It has the methods of the stock client, so code that makes calls with it stays as it is.
///
/// # What is not traced
///
/// It derefs to the stock client, therefore `&client` is accepted where a function wants a reference to that
/// one, a `&reqwest::Client`. **The calls of such a function are silently not traced.** Let it take a
/// reference to this type, or let it end its requests with `send_traced()` where they end with `send()`.
/// [The module](super) has an example.
///
/// The same holds for `reqwest::get`, for a builder made by `reqwest::RequestBuilder::from_parts`, and for
/// other crates that take a stock client by value: give them [`into_inner`](Self::into_inner). A field or
/// an argument of the type `reqwest::Client` does not compile with this one; give it this type.
#[derive(Clone, Debug, Default)]
pub struct Client {
    inner: stock::Client,
    options: ClientOptions,
}

impl Client {
    /// Makes a traced client with the default settings; for others, build a stock client and attach X-Ray by [`ClientExt::xray`].
    ///
    /// # Panics
    /// If TLS or the resolver cannot be set up, as the stock client does.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets which calls are traced, under which names, and which services are told of the trace.
    ///
    /// By default every call is traced and sends the trace header. Clones made before keep the options that they have.
    #[must_use]
    pub fn with_options(mut self, options: ClientOptions) -> Self {
        self.options = options;
        self
    }

    /// Begins a `GET` request.
    pub fn get<U: IntoUrl>(&self, url: U) -> RequestBuilder {
        self.traced(self.inner.get(url))
    }

    /// Begins a `POST` request.
    pub fn post<U: IntoUrl>(&self, url: U) -> RequestBuilder {
        self.traced(self.inner.post(url))
    }

    /// Begins a `PUT` request.
    pub fn put<U: IntoUrl>(&self, url: U) -> RequestBuilder {
        self.traced(self.inner.put(url))
    }

    /// Begins a `PATCH` request.
    pub fn patch<U: IntoUrl>(&self, url: U) -> RequestBuilder {
        self.traced(self.inner.patch(url))
    }

    /// Begins a `DELETE` request.
    pub fn delete<U: IntoUrl>(&self, url: U) -> RequestBuilder {
        self.traced(self.inner.delete(url))
    }

    /// Begins a `HEAD` request.
    pub fn head<U: IntoUrl>(&self, url: U) -> RequestBuilder {
        self.traced(self.inner.head(url))
    }

    /// Begins a request of any method.
    pub fn request<U: IntoUrl>(&self, method: Method, url: U) -> RequestBuilder {
        self.traced(self.inner.request(method, url))
    }

    /// The client, for calls that are not to be traced.
    #[must_use]
    pub fn inner(&self) -> &stock::Client {
        &self.inner
    }

    /// Takes X-Ray off again.
    #[must_use]
    pub fn into_inner(self) -> stock::Client {
        self.inner
    }

    pub(super) fn options(&self) -> &ClientOptions {
        &self.options
    }

    fn traced(&self, builder: stock::RequestBuilder) -> RequestBuilder {
        RequestBuilder::new(builder, self.options.clone())
    }
}

impl Deref for Client {
    type Target = stock::Client;

    fn deref(&self) -> &stock::Client {
        &self.inner
    }
}

impl From<stock::Client> for Client {
    fn from(client: stock::Client) -> Self {
        client.xray()
    }
}
