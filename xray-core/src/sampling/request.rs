/// What is known about a request when it is decided whether to trace it.
///
/// A field that the request does not have, or has empty, is not compared: it matches every rule. All fields are absent
/// by default. Beware of what follows: a request of which only the service name is known matches the first local rule,
/// whatever that rule's path. The AWS SDKs do the same. Only the resource ARN and the attributes must be there for a rule
/// of the X-Ray service that asks for them.
///
/// ```
/// use xray_core::sampling::SamplingRequest;
///
/// let request = SamplingRequest::new().host("shop.example.com").method("GET").path("/cart");
/// assert_eq!(request.path, Some("/cart"));
/// assert_eq!(request.service_name, None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub struct SamplingRequest<'a> {
    /// The host that the request names, as in its `Host` header.
    pub host: Option<&'a str>,
    /// The HTTP method.
    pub method: Option<&'a str>,
    /// The path of the URL, without the query.
    pub path: Option<&'a str>,
    /// The name of the service that serves the request: the name of the segment.
    pub service_name: Option<&'a str>,
    /// The kind of platform that the service runs on, such as `AWS::EC2::Instance`: the origin of the segment.
    pub service_type: Option<&'a str>,
    /// The ARN of what runs the service, such as that of a container or of a Lambda function.
    pub resource_arn: Option<&'a str>,
    /// What else is known, by the names that the attributes of sampling rules use.
    pub attributes: &'a [(&'a str, &'a str)],
}

impl<'a> SamplingRequest<'a> {
    /// Creates a request of which nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the host that the request names.
    pub fn host(mut self, host: &'a str) -> Self {
        self.host = Some(host);
        self
    }

    /// Sets the HTTP method.
    pub fn method(mut self, method: &'a str) -> Self {
        self.method = Some(method);
        self
    }

    /// Sets the path of the URL, without the query.
    pub fn path(mut self, path: &'a str) -> Self {
        self.path = Some(path);
        self
    }

    /// Sets the name of the service that serves the request.
    pub fn service_name(mut self, service_name: &'a str) -> Self {
        self.service_name = Some(service_name);
        self
    }

    /// Sets the kind of platform that the service runs on.
    pub fn service_type(mut self, service_type: &'a str) -> Self {
        self.service_type = Some(service_type);
        self
    }

    /// Sets the ARN of what runs the service.
    pub fn resource_arn(mut self, resource_arn: &'a str) -> Self {
        self.resource_arn = Some(resource_arn);
        self
    }

    /// Sets what else is known, by the names that the attributes of sampling rules use.
    pub fn attributes(mut self, attributes: &'a [(&'a str, &'a str)]) -> Self {
        self.attributes = attributes;
        self
    }
}
