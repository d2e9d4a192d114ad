//! Connections that become WebSockets, with the libraries that programs have them by.
#![cfg(all(feature = "axum", feature = "actix-web", feature = "reqwest"))]
#![allow(clippy::unwrap_used)] // as in tests

#[path = "support/actix.rs"]
mod actix;
mod support;
#[path = "support/server.rs"]
mod server;

use actix_web::web::{self, Payload};
use actix_web::{HttpRequest, HttpResponse};
use axum::Router;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::any;
use futures::{SinkExt as _, StreamExt as _};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use xray_core::{Segment, SegmentId, TraceId, XRayFutureExt as _, begin_subsegment, current_segment};

use actix::Site;
use server::layer;
use support::{Fixture, serve};

#[tokio::test(flavor = "multi_thread")]
async fn messages_flow_behind_the_segment_of_axums_handshake() {
    // axum runs this in a task of its own: only what it is given knows of the request.
    async fn echo(mut socket: WebSocket, segment: Segment) {
        while let Some(Ok(message)) = socket.recv().await {
            segment.begin_subsegment("message").end();
            // The other side may have closed it.
            let _ = socket.send(message).await;
        }
    }
    async fn upgrade(upgrade: WebSocketUpgrade) -> Response {
        let segment = current_segment();
        upgrade.on_upgrade(|socket| echo(socket, segment))
    }
    let fixture = Fixture::start();
    let url = serve(Router::new().route("/socket", any(upgrade)).layer(layer(&fixture, "shop"))).await;
    talk(&fixture, &url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_flow_behind_the_segment_of_actix_webs_handshake() {
    async fn upgrade(request: HttpRequest, body: Payload) -> actix_web::Result<HttpResponse> {
        let (response, mut session, mut messages) = actix_ws::handle(&request, body)?;
        let echo = async move {
            while let Some(Ok(message)) = messages.recv().await {
                begin_subsegment("message").end();
                match message {
                    actix_ws::Message::Text(text) => session.text(text).await.unwrap(),
                    _ => break,
                }
            }
            session.close(None).await.unwrap();
        };
        actix_web::rt::spawn(echo.in_current());
        Ok(response)
    }
    let site = Site::serve(|config| {
        config.route("/socket", web::get().to(upgrade));
    });
    talk(&site.fixture, &site.url).await;
}

/// Opens a socket, has messages answered, and closes it.
///
/// The segment ends with the handshake. What the messages begin are subsegments of it, each sent by itself.
async fn talk(fixture: &Fixture, url: &str) {
    let (root, parent) = (TraceId::generate(), SegmentId::generate());
    let url = format!("{}/socket", url.replace("http://", "ws://"));
    let mut request = url.into_client_request().unwrap();
    let header = format!("Root={root};Parent={parent};Sampled=?");
    request.headers_mut().insert("x-amzn-trace-id", header.parse().unwrap());
    let (mut socket, response) = connect_async(request).await.unwrap();
    assert_eq!(
        (response.status().as_u16(), server::trace_header(response.headers())),
        (101, &*format!("Root={root};Sampled=1"))
    );

    let trace = fixture.wait_for(1).only_trace();
    assert_eq!(trace.render(), "shop GET 101 (parent not captured)\n", "nobody has said or closed anything");
    assert_eq!((trace.id(), trace.root().get("/parent_id")), (&*root.to_string(), &parent.to_string().into()));
    assert!(trace.root().json().get("end_time").is_some());

    for message in ["one", "two"] {
        socket.send(message.into()).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap().to_text().unwrap(), message);
    }
    socket.close(None).await.unwrap();
    while socket.next().await.is_some() {}

    // One for each message, of which the last closes, and no second segment.
    let documents = fixture.wait_for(4);
    let expected = "shop GET 101 (parent not captured)\n├─ message\n├─ message\n└─ message\n";
    assert_eq!(documents.only_trace().render(), expected);
    assert!(documents.iter().all(|document| document.get("in_progress").is_none()));
}
