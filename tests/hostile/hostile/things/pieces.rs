//! The parts of a call that are the program's, whatever instrument is around them: one of them reacts.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use actix_web::ResponseError;
use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;
use futures_core::Stream;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use tower::Service;

use crate::behaviour::react;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// None of them.
    Nothing,
    /// A service is asked whether it is ready.
    Ready,
    Call,
    Poll,
    DropFuture,
    /// The future gives an error, which is displayed.
    Error,
    DropError,
    Body,
    BodySize,
    /// The body gives an error, which is displayed.
    BodyError,
    DropBody,
}

/// A thing, and the piece that it is.
#[derive(Clone, Copy, Debug)]
pub struct Played {
    pub name: &'static str,
    pub piece: Piece,
}

impl Played {
    /// A call of which nothing reacts.
    pub const NOTHING: Self = Self { name: "", piece: Piece::Nothing };

    pub fn at(self, piece: Piece) {
        if self.piece == piece {
            react(self.name);
        }
    }

    /// The error of a call, if it is to fail.
    pub fn fails(self) -> Result<(), Failed> {
        if matches!(self.piece, Piece::Error | Piece::DropError) { Err(Failed(self, Piece::Error)) } else { Ok(()) }
    }
}

/// An error whose `Display` or `Drop` reacts.
#[derive(Debug)]
pub struct Failed(pub Played, Piece);

impl fmt::Display for Failed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.at(self.1);
        formatter.write_str("failed")
    }
}

impl Error for Failed {}

impl ResponseError for Failed {}

impl Drop for Failed {
    fn drop(&mut self) {
        self.0.at(Piece::DropError);
    }
}

/// A future that is ready at the first poll.
pub struct Work<T> {
    played: Played,
    outcome: Option<T>,
}

impl<T> Work<T> {
    pub fn new(played: Played, outcome: T) -> Self {
        Self { played, outcome: Some(outcome) }
    }
}

impl<T: Unpin> Future for Work<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<T> {
        self.played.at(Piece::Poll);
        self.outcome.take().map_or(Poll::Pending, Poll::Ready)
    }
}

impl<T> Drop for Work<T> {
    fn drop(&mut self) {
        self.played.at(Piece::DropFuture);
    }
}

/// A body of one frame, or of none and an error.
#[derive(Debug)]
pub struct Frames {
    played: Played,
    left: usize,
}

impl Frames {
    pub fn new(played: Played) -> Self {
        Self { played, left: 1 }
    }

    fn next(&mut self) -> Option<Result<Bytes, Failed>> {
        self.played.at(Piece::Body);
        self.left = self.left.checked_sub(1)?;
        Some(match self.played.piece {
            Piece::BodyError => Err(Failed(self.played, Piece::BodyError)),
            _ => Ok(Bytes::from_static(b"lamp")),
        })
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        self.played.at(Piece::DropBody);
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = Failed;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Failed>>> {
        Poll::Ready(self.next().map(|data| data.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        self.played.at(Piece::BodySize);
        SizeHint::new()
    }
}

impl Stream for Frames {
    type Item = Result<Bytes, Failed>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Failed>>> {
        Poll::Ready(self.next())
    }
}

impl MessageBody for Frames {
    type Error = actix_web::Error;

    fn size(&self) -> BodySize {
        self.played.at(Piece::BodySize);
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, actix_web::Error>>> {
        Poll::Ready(self.next().map(|data| data.map_err(actix_web::Error::from)))
    }
}

/// A client or a server.
pub struct Inner(pub Played);

impl<B> Service<Request<B>> for Inner {
    type Response = Response<Frames>;
    type Error = Failed;
    type Future = Work<Result<Response<Frames>, Failed>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        self.0.at(Piece::Ready);
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> Self::Future {
        self.0.at(Piece::Call);
        // Of gRPC, so that the call of a client goes on with the body.
        let response =
            Response::builder().header("content-type", "application/grpc").body(Frames::new(self.0)).unwrap();
        Work::new(self.0, self.0.fails().map(|()| response))
    }
}

/// Makes a call of a traced service, to the end of the answer's body.
pub fn call<S, B>(mut service: S)
where
    S: Service<Request<String>, Response = Response<B>>,
    B: Body,
{
    let mut context = Context::from_waker(Waker::noop());
    let _ = service.poll_ready(&mut context);
    let request =
        Request::builder().uri("http://shop.example/shop.Stock/Count").header("content-type", "application/grpc");
    let answer = poll(service.call(request.body(String::new()).unwrap()));
    let Some(Ok(response)) = answer else { return };
    let mut body = Box::pin(response.into_body());
    let _ = body.size_hint();
    while let Poll::Ready(Some(Ok(_))) = body.as_mut().poll_frame(&mut context) {}
}

/// The outcome of a future that is ready at the first poll.
pub fn poll<F: Future>(future: F) -> Option<F::Output> {
    match Box::pin(future).as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => Some(outcome),
        Poll::Pending => None,
    }
}

/// Runs a future that needs a runtime.
pub fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
