//! What is recorded where TLS fails: by every client, with the chain of causes and without the secrets of the URL.

use std::error::Error;
use std::net::Ipv4Addr;
use std::sync::Arc;

use http_body_util::Empty;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use test_support::{Fixture, messages};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::block_in_place;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tower::{Layer as _, ServiceExt as _};
use xray_http::reqwest_middleware::XRayMiddleware;
use xray_http::tower::XRayClientLayer;

#[tokio::test]
async fn reqwest_0_13() {
    use xray_http::reqwest::ClientExt as _;
    let client = reqwest::Client::builder().no_proxy().use_preconfigured_tls(trusting_nobody()).build().unwrap().xray();
    check("reqwest::error::Error", async |url| client.get(url).send().await.map(drop)).await;
}

#[tokio::test]
async fn reqwest_0_12() {
    use xray_http::reqwest_0_12::ClientExt as _;
    let client = reqwest_0_12::Client::builder().no_proxy().use_preconfigured_tls(trusting_nobody());
    let client = client.build().unwrap().xray();
    check("reqwest::error::Error", async |url| client.get(url).send().await.map(drop)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reqwest_0_13_blocking() {
    use xray_http::reqwest::blocking::ClientExt as _;
    let build = || reqwest::blocking::Client::builder().no_proxy().use_preconfigured_tls(trusting_nobody()).build();
    let client = block_in_place(build).unwrap().xray();
    check("reqwest::error::Error", async |url| block_in_place(|| client.get(url).send().map(drop))).await;
    block_in_place(|| drop(client));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reqwest_0_12_blocking() {
    use xray_http::reqwest_0_12::blocking::ClientExt as _;
    let build =
        || reqwest_0_12::blocking::Client::builder().no_proxy().use_preconfigured_tls(trusting_nobody()).build();
    let client = block_in_place(build).unwrap().xray();
    check("reqwest::error::Error", async |url| block_in_place(|| client.get(url).send().map(drop))).await;
    block_in_place(|| drop(client));
}

#[tokio::test]
async fn reqwest_middleware() {
    let client = reqwest::Client::builder().no_proxy().use_preconfigured_tls(trusting_nobody()).build().unwrap();
    let client = reqwest_middleware::ClientBuilder::new(client).with(XRayMiddleware::new()).build();
    let get = async |url| match client.get::<String>(url).send().await {
        Err(reqwest_middleware::Error::Reqwest(error)) => Err(error),
        outcome => panic!("{outcome:?}"),
    };
    check("reqwest::error::Error", get).await;
}

#[tokio::test]
async fn hyper_util() {
    let connector = HttpsConnectorBuilder::new().with_tls_config(trusting_nobody()).https_only().enable_http1().build();
    let client = Client::builder(TokioExecutor::new()).build::<_, Empty<&[u8]>>(connector);
    let client = XRayClientLayer::new().layer(client);
    let get = async |url: String| {
        let request = http::Request::get(url).body(Empty::new()).unwrap();
        client.clone().oneshot(request).await.map(drop)
    };
    check("hyper_util::client::legacy::client::Error", get).await;
}

/// Lets a client call a server that speaks no TLS, and one whose certificate nobody has signed.
async fn check<E: Error + 'static>(outermost: &str, call: impl AsyncFn(String) -> Result<(), E>) {
    for (port, reason) in
        [(serve_plain_http().await, "InvalidContentType"), (serve_self_signed().await, "UnknownIssuer")]
    {
        let fixture = Fixture::start();
        let url = format!("https://us3cret:pas3cret@localhost:{port}/cart?token=s3cret");
        let (outcome, node) = fixture.call(call(url)).await;
        let error = outcome.unwrap_err();
        assert_eq!(node.name(), "localhost");
        assert_eq!((node.get("/fault"), node.get("/http/response")), (&true.into(), &().into()), "{node:?}");
        assert_eq!(node.get("/http/request/url"), &format!("https://localhost:{port}/cart"));
        assert_eq!(node.get("/cause/exceptions/0/type"), outermost);
        let chain = std::iter::successors(Some(&error as &dyn Error), |error| (*error).source());
        assert_eq!(messages(&node).len(), chain.count(), "{node:?}");
        assert!(messages(&node).last().unwrap().contains(reason), "{node:?}");
        assert!(fixture.documents().texts().all(|text| !text.contains("s3cret")), "{node:?}");
    }
}

fn trusting_nobody() -> ClientConfig {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth()
}

/// Answers whatever comes, and returns its port.
async fn serve_plain_http() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut hello = [0; 4096];
            let _ = connection.read(&mut hello).await;
            let _ = connection.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
        }
    });
    port
}

/// Shows a certificate that it has signed itself, and returns its port.
async fn serve_self_signed() -> u16 {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let acceptor = TlsAcceptor::from(Arc::new(builder.with_single_cert(vec![made.cert.der().clone()], key).unwrap()));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let _ = acceptor.accept(connection).await;
        }
    });
    port
}
