//! The beginning of a request's segment.

use std::borrow::Cow;

use xray_core::Recorder;
use xray_core::sampling::SamplingRequest;

use super::header;
use super::naming::Naming;
use super::options::ServerOptions;
use super::request::{Incoming, describe};
use super::running::Course;
use super::serving::{Serving, is_serving};
use crate::deadline::{self, Deadline};

/// What begins the segments of a server.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    naming: Naming,
    options: ServerOptions,
}

impl Server {
    pub(crate) fn new(naming: Naming) -> Self {
        Self { naming, options: ServerOptions::new() }
    }

    pub(crate) fn set_options(&mut self, options: ServerOptions) {
        self.options = options;
    }

    /// Begins the segment of a request.
    ///
    /// An instrument within another one's request adds nothing, be that traced or left out, unless a traced client has made the
    /// request there: then it is one to another service.
    pub(crate) fn begin(&self, request: &impl Incoming, was_called: bool) -> Course {
        if is_serving() && !was_called {
            return Course::Untraced;
        }
        if self.options.ignores(request) {
            return Course::LeftOut;
        }
        let recorder = self.options.recorder.clone().unwrap_or_else(Recorder::current);
        if recorder.is_enabled() { Course::Serving(self.begin_with(&recorder, request)) } else { Course::Untraced }
    }

    fn begin_with(&self, recorder: &Recorder, request: &impl Incoming) -> Serving {
        let (mut header, mut requested) = header::incoming(request);
        let mut stranger = None;
        if self.options.distrusts_callers {
            stranger = Some(std::mem::take(&mut header));
            requested = false;
        }
        let name = self.name_of(recorder, request);
        let route = if self.options.sample_by_route { request.expected_route() } else { None };
        let path = route.as_deref().unwrap_or(request.path());
        let mut sampled_by = SamplingRequest::new().method(request.method()).path(path).service_name(&name);
        if let Some(host) = request.host() {
            sampled_by = sampled_by.host(host);
        }
        let segment = recorder.segment(&name).trace_header(header).sampling_request(sampled_by).begin();
        if segment.is_recording() {
            segment.set_http_request(describe(request));
            if let Some(stranger) = stranger.filter(|header| header.root().is_some() && header.parent().is_some()) {
                segment.put_link(&stranger);
            }
        }
        let mut serving = Serving::new(segment.into(), requested, request.method() == "HEAD");
        if serving.is_recording() && request.is_grpc() {
            serving.set_deadline(request.header(deadline::HEADER).and_then(Deadline::of));
        }
        serving.record_route(|| request.route());
        serving
    }

    fn name_of<'a>(&'a self, recorder: &'a Recorder, request: &'a impl Incoming) -> Cow<'a, str> {
        match recorder.tracing_name() {
            Some(name) => name.into(),
            None => match self.naming.name_of(request) {
                name if name.is_empty() => recorder.service().unwrap_or_default().into(),
                name => name,
            },
        }
    }
}
