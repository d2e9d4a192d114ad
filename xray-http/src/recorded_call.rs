//! The mark of a request whose call is recorded.

use http::uri::Authority;
use http::{Request, header};

/// Marks, among its extensions, a request whose call is recorded, and says where it goes, if that is known.
///
/// An instrument further in leaves the call alone. A service that is called in the process gets the mark with the request, which
/// it may hand on to somebody else.
#[derive(Clone)]
pub(crate) struct RecordedCall(Option<Authority>);

impl RecordedCall {
    pub(crate) fn mark<B>(request: &mut Request<B>) {
        let target = target(request);
        request.extensions_mut().insert(Self(target));
    }

    /// Whether the call of a request is recorded further out: one to the same place.
    pub(crate) fn covers<B>(request: &Request<B>) -> bool {
        match request.extensions().get::<Self>() {
            Some(Self(Some(recorded))) => target(request).is_none_or(|target| target == *recorded),
            // Something in between may say where the call goes, as in the client of tonic.
            Some(Self(None)) => true,
            None => false,
        }
    }

    /// Takes the mark off a request that has arrived. Whether it had one.
    pub(crate) fn take<B>(request: &mut Request<B>) -> bool {
        request.extensions_mut().remove::<Self>().is_some()
    }
}

fn target<B>(request: &Request<B>) -> Option<Authority> {
    let of_header = || Authority::try_from(request.headers().get(header::HOST)?.as_bytes()).ok();
    request.uri().authority().cloned().or_else(of_header)
}
