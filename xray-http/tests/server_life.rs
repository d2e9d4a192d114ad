//! How long a request's segment lives, and what runs in it.
#![cfg(feature = "axum")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;
#[path = "support/server.rs"]
mod server;

use std::convert::Infallible;
use std::io;
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::{Request, Response, header};
use axum::routing::get;
use axum::{BoxError, Router};
use futures::Stream;
use http_body_util::BodyExt as _;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tower::{Layer as _, Service, ServiceBuilder, ServiceExt as _, service_fn};
use xray_core::{XRayFutureExt as _, begin_subsegment};
use xray_http::{Naming, XRayLayer};

use server::{Asked, layer, only_segment, options, segments, send, serve_traced};
use support::{Fixture, PATIENCE, hyper_client, request, serve};

#[tokio::test(flavor = "multi_thread")]
async fn the_handler_and_the_body_run_in_the_segment_which_ends_with_the_body() {
    let fixture = Fixture::start();
    let (chunks, received) = unbounded_channel();
    let body = once(Chunks(received));
    let handler = move || async move {
        begin_subsegment("handler").end();
        tokio::spawn(async { begin_subsegment("spawned").end() }.in_current()).await.unwrap();
        Body::from_stream(body())
    };
    let url = serve_traced(&fixture, handler).await;
    let response = hyper_client().oneshot(request("GET", &url)).await.unwrap();
    let mut body = response.into_body();
    for chunk in ["one", "two"] {
        chunks.send(chunk).unwrap();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), chunk);
        fixture.assert_nothing_sent();
    }
    drop(chunks);
    assert!(body.frame().await.is_none());
    let trace = only_segment(&fixture).trace().clone();
    assert_eq!(trace.render(), "shop GET 200\n├─ handler\n├─ spawned\n├─ one\n├─ two\n└─ dropped\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_ends_the_segment_without_fault() {
    let fixture = Fixture::start();
    let (arrived, mut arrivals) = unbounded_channel();
    let silent = move || async move {
        let _dropped = Dropped;
        arrived.send(()).unwrap();
        std::future::pending::<()>().await;
    };
    let (open, endless) = unbounded_channel();
    let endless = once(Chunks(endless));
    let body = move || async move { Body::from_stream(endless()) };
    let router = Router::new().route("/silent", get(silent)).route("/endless", get(body));
    let url = serve(router.layer(layer(&fixture, "shop"))).await;

    // Before the response.
    let client = hyper_client();
    let call = tokio::spawn(client.oneshot(request("GET", &format!("{url}/silent"))));
    arrivals.recv().await.unwrap();
    call.abort();
    let trace = segments(&fixture, 1).remove(0).trace().clone();
    assert_eq!(trace.render(), "shop GET {cancelled=true}\n└─ dropped\n");

    // Amid the body.
    let client = hyper_client();
    let mut response = client.oneshot(request("GET", &format!("{url}/endless"))).await.unwrap();
    open.send("one").unwrap();
    response.body_mut().frame().await.unwrap().unwrap();
    drop(response);
    let trace = segments(&fixture, 2).remove(1).trace().clone();
    assert_eq!(trace.render(), "shop GET 200 {cancelled=true}\n├─ one\n└─ dropped\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_a_fault_and_goes_on() {
    let fixture = Fixture::start();
    let service = layer(&fixture, "shop").layer(service_fn(async |request: Request<Body>| {
        match request.uri().path() {
            "/handler" => panic!("no cart 17"),
            "/later" => {
                tokio::task::yield_now().await;
                panic!("no cart 18")
            }
            _ => {}
        }
        let body = futures::stream::poll_fn(|_| -> Poll<Option<Result<Bytes, Infallible>>> { panic!("no chunk") });
        Ok::<_, Infallible>(Response::new(Body::from_stream(body)))
    }));
    for (position, (path, message)) in
        [("/handler", "no cart 17"), ("/later", "no cart 18"), ("/body", "no chunk")].into_iter().enumerate()
    {
        let served = service.clone().oneshot(request("GET", path));
        let outcome = tokio::spawn(async { served.await.unwrap().into_body().collect().await.unwrap() }).await;
        assert_eq!(outcome.unwrap_err().into_panic().downcast_ref::<&str>(), Some(&message));
        let segment = segments(&fixture, position + 1).remove(position);
        assert_eq!(segment.get("/fault"), true, "{path}");
        assert_eq!(segment.get("/cause/exceptions/0/type"), "panic", "{path}");
        assert_eq!(segment.get("/cause/exceptions/0/message"), message, "{path}");
        assert_eq!(segment.get("/cause/exceptions").as_array().unwrap().len(), 1, "{path}");
    }
    // Through a server, which goes on serving.
    let url = serve_traced(&fixture, async |request: Request<Body>| {
        assert_ne!(request.uri().path(), "/panic", "the handler's own");
    })
    .await;
    hyper_client().oneshot(request("GET", &format!("{url}/panic"))).await.unwrap_err();
    assert_eq!(segments(&fixture, 4)[3].get("/fault"), true);
    send(request("GET", &url)).await;
    assert_eq!(segments(&fixture, 5)[4].get("/fault"), &Value::Null);
}

/// Another request's panic has only cancelled it.
#[tokio::test(flavor = "multi_thread")]
async fn a_panic_elsewhere_is_not_the_requests() {
    let fixture = Fixture::start();
    let service = layer(&fixture, "shop").layer(service_fn(async |_| {
        std::future::pending::<()>().await;
        Ok::<_, Infallible>(Response::new(Body::empty()))
    }));
    let mut pending = Box::pin(service.oneshot(request("GET", "/")));
    assert!(futures::poll!(&mut pending).is_pending());
    tokio::spawn(async move {
        let _pending = pending;
        panic!("somebody else's");
    })
    .await
    .unwrap_err();
    assert_eq!(only_segment(&fixture).get("/fault"), &Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_services_and_bodies_are_faults_with_their_causes() {
    let fixture = Fixture::start();
    fn failure() -> io::Error {
        io::Error::new(io::ErrorKind::NotFound, Refused)
    }
    let own = service_fn(async |_: Request<Body>| Err::<Response<Body>, _>(failure()));
    let boxed = service_fn(async |_: Request<Body>| Err::<Response<Body>, BoxError>(failure().into()));
    let body = service_fn(async |_: Request<Body>| {
        Ok::<_, Infallible>(Response::new(Body::from_stream(futures::stream::iter([Err::<Bytes, _>(failure())]))))
    });
    let answer = layer(&fixture, "shop").layer(own).oneshot(request("GET", "/own")).await;
    assert_eq!(answer.unwrap_err().kind(), io::ErrorKind::NotFound, "it is handed on");
    let boxing: XRayLayer<_, xray_http::tower::OwnErrors> = XRayLayer::new("shop").with_options(options(&fixture));
    boxing.layer(boxed).oneshot(request("GET", "/boxed")).await.unwrap_err();
    let response = layer(&fixture, "shop").layer(body).oneshot(request("GET", "/body")).await.unwrap();
    response.into_body().collect().await.unwrap_err();
    for (segment, status) in segments(&fixture, 3).iter().zip([Value::Null, Value::Null, json!(200)]) {
        assert_eq!(segment.get("/fault"), true);
        assert_eq!(segment.get("/http/response/status"), &status);
        let exceptions = segment.get("/cause/exceptions").as_array().unwrap();
        assert_eq!(exceptions.last().unwrap()["message"], "refused by the cellar", "{segment:?}");
    }
}

/// What waits until a service is ready is in no segment.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_not_ready_is_waited_for() {
    let fixture = Fixture::start();
    let mut service = layer(&fixture, "shop").layer(Readiness { asked: 0 });
    assert!(futures::poll!(Box::pin(service.ready())).is_pending());
    fixture.assert_nothing_sent();
    let response = service.ready().await.unwrap().call(request("GET", "/")).await.unwrap();
    drop(response);
    assert_eq!(service.ready().await.unwrap_err().kind(), io::ErrorKind::BrokenPipe, "the error of the service");
    assert_eq!(only_segment(&fixture).trace().render(), "shop GET 200\n");
    assert_eq!(fixture.documents().len(), 1);
}

/// As of a WebSocket: the connection goes on for long, the request does not.
#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_ends_the_segment_with_the_headers() {
    let fixture = Fixture::start();
    let service = layer(&fixture, "shop").layer(service_fn(upgrade));
    let held = service.clone().oneshot(request("GET", "/held")).await.unwrap();
    assert_eq!(only_segment(&fixture).get("/http/response/status"), 101);
    drop(held);

    let url = serve_hyper(service).await;
    let mut connection = TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap();
    connection
        .write_all(b"GET / HTTP/1.1\r\nhost: shop\r\nconnection: upgrade\r\nupgrade: ping\r\n\r\n")
        .await
        .unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101"));
    assert_eq!(segments(&fixture, 2)[1].get("/http/response/status"), 101, "the connection is open");
    connection.write_all(b"ping").await.unwrap();
    let mut pong = [0; 4];
    connection.read_exact(&mut pong).await.unwrap();
    assert_eq!(&pong, b"pong");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_within_another_ones_request_adds_nothing() {
    for sampled in [true, false] {
        let sampler = Asked::answering(sampled);
        let fixture = Fixture::with(|builder| builder.sampler(sampler.clone()));
        let stream = async || Body::from_stream(futures::stream::iter([Ok::<_, Infallible>("one")]));
        let router = Router::new().route("/", get(stream));
        let router = router.route_layer(layer(&fixture, "inner")).layer(layer(&fixture, "outer"));
        let url = serve(router).await;
        send(request("GET", &url)).await;
        assert_eq!(sampler.questions().len(), 1);
        if sampled {
            assert_eq!(only_segment(&fixture).trace().render(), "outer GET 200\n");
        }
        fixture.assert_nothing_sent();
        // Left out by the outer one, a request is left out.
        let outer = XRayLayer::new("outer").with_options(options(&fixture).ignore_path("/"));
        let router = Router::new().route("/", get(async || ())).route_layer(layer(&fixture, "inner")).layer(outer);
        send(request("GET", &serve(router).await)).await;
        assert_eq!(sampler.questions().len(), 1);
        // One that an outer layer sees whose SDK is off is the inner one's.
        let off = Fixture::with(|builder| builder.enabled(false));
        let router = Router::new().route("/", get(async || ())).route_layer(layer(&fixture, "inner"));
        send(request("GET", &serve(router.layer(layer(&off, "off"))).await)).await;
        assert_eq!(sampler.questions().len(), 2);
        off.assert_nothing_sent();
        if sampled {
            let names: Vec<_> = segments(&fixture, 2).iter().map(|segment| segment.name().to_owned()).collect();
            assert_eq!(names, ["outer", "inner"]);
        }
        fixture.assert_nothing_sent();
    }
}

/// On a single-threaded runtime it is current wherever the program has entered nothing else.
#[test]
fn the_segment_of_main_is_not_that_of_requests() {
    let fixture = Fixture::start();
    let main = fixture.recorder.begin_segment("main").entered();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let url = serve_traced(&fixture, async || begin_subsegment("handler").end()).await;
        send(request("GET", &url)).await;
    });
    assert_eq!(only_segment(&fixture).trace().render(), "shop GET 200\n└─ handler\n");
    main.end();
    assert_eq!(segments(&fixture, 2)[1].trace().render(), "main\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn layers_can_be_stacked_and_stored() {
    struct Shop {
        _layer: XRayLayer,
        service: xray_http::XRayService<tower::timeout::Timeout<Echo>, xray_http::tower::BoxedErrors>,
    }
    type Echo = tower::util::BoxCloneService<Request<Body>, Response<Body>, Infallible>;
    let fixture = Fixture::start();
    let echo: Echo = tower::util::BoxCloneService::new(service_fn(async |request: Request<Body>| {
        Ok(Response::new(request.into_body()))
    }));
    let timeout = tower::timeout::Timeout::new(echo.clone(), PATIENCE);
    let shop = Shop {
        _layer: XRayLayer::default(),
        service: XRayLayer::new(Naming::fixed("stored")).with_options(options(&fixture)).layer(timeout),
    };
    drop(shop.service.clone().oneshot(request("GET", "/")).await.unwrap());
    let stacked = ServiceBuilder::new()
        .buffer::<Request<Body>>(8)
        .timeout(PATIENCE)
        .layer(layer(&fixture, "stacked"))
        .service(echo);
    drop(stacked.oneshot(request("GET", "/")).await.unwrap());
    let names: Vec<_> = segments(&fixture, 2).iter().map(|segment| segment.name().to_owned()).collect();
    assert_eq!(names, ["stored", "stacked"]);
}

/// Agrees to a protocol of its own: an answer to each ping.
async fn upgrade(mut request: Request<Body>) -> Result<Response<Body>, Infallible> {
    tokio::spawn(async move {
        let Ok(connection) = hyper::upgrade::on(&mut request).await else { return };
        let mut connection = TokioIo::new(connection);
        let mut ping = [0; 4];
        connection.read_exact(&mut ping).await.unwrap();
        connection.write_all(b"pong").await.unwrap();
    });
    // A body that never ends shows who waits for it.
    let endless = Body::from_stream(futures::stream::pending::<Result<Bytes, io::Error>>());
    let response = Response::builder().status(101).header(header::CONNECTION, "upgrade");
    Ok(response.header(header::UPGRADE, "ping").body(endless).unwrap())
}

/// Hands a value to whoever asks first.
fn once<T>(value: T) -> impl Fn() -> T + Clone {
    let value = Arc::new(Mutex::new(Some(value)));
    move || value.lock().unwrap().take().unwrap()
}

/// Serves with bare hyper, over HTTP/1.1 and HTTP/2.
async fn serve_hyper<S, B>(service: S) -> String
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: axum::body::HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let service = service.map_request(|request: Request<hyper::body::Incoming>| request.map(Body::new));
    tokio::spawn(async move {
        loop {
            let (connection, _) = listener.accept().await.unwrap();
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(async move {
                let server = Builder::new(TokioExecutor::new());
                let _ = server.serve_connection_with_upgrades(TokioIo::new(connection), service).await;
            });
        }
    });
    url
}

#[derive(Debug)]
struct Refused;

impl std::fmt::Display for Refused {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("refused by the cellar")
    }
}

impl std::error::Error for Refused {}

/// A service that is not ready at first, then is, and then is broken.
#[derive(Debug)]
struct Readiness {
    asked: usize,
}

impl Service<Request<Body>> for Readiness {
    type Response = Response<Body>;
    type Error = io::Error;
    type Future = std::future::Ready<io::Result<Response<Body>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.asked += 1;
        match self.asked {
            1 => Poll::Pending,
            2 => Poll::Ready(Ok(())),
            _ => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        std::future::ready(Ok(Response::new(Body::empty())))
    }
}

/// A stream that begins a subsegment for each chunk, and one when it is dropped.
struct Chunks(UnboundedReceiver<&'static str>);

impl Stream for Chunks {
    type Item = Result<&'static str, io::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = self.0.poll_recv(context);
        if let Poll::Ready(Some(chunk)) = polled {
            begin_subsegment(chunk).end();
        }
        polled.map(|chunk| chunk.map(Ok))
    }
}

impl Drop for Chunks {
    fn drop(&mut self) {
        begin_subsegment("dropped").end();
    }
}

/// Begins a subsegment when it is dropped.
struct Dropped;

impl Drop for Dropped {
    fn drop(&mut self) {
        begin_subsegment("dropped").end();
    }
}
