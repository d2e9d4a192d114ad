//! The world around the shop, in this process but behind real sockets: a payment service, S3, and the X-Ray daemon.

use std::error::Error;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use aws_sdk_s3::config::{Credentials, Region};
use aws_xray_sdk::{Environment, testing::Daemon};
use axum::error_handling::HandleError;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s::{HttpError, S3Result, s3_error};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::shop::Charge;

/// Everything runs until this is dropped.
pub(crate) struct World {
    pub(crate) daemon: Daemon,
    directory: TempDir,
    payments: SocketAddr,
    s3: SocketAddr,
}

impl World {
    pub(crate) async fn start() -> Result<Self, Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        Ok(Self {
            daemon: Daemon::start()?,
            payments: serve(payments()).await?,
            s3: serve(s3(directory.path())?).await?,
            directory,
        })
    }

    /// No variables: those of this machine win over the code, and may point to its real daemon.
    pub(crate) fn environment(&self) -> Environment {
        Environment::empty()
    }

    /// A place for files.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// A client that finds `payments.internal`, which no name server knows.
    pub(crate) fn http_client(&self) -> reqwest::Result<reqwest::Client> {
        reqwest::Client::builder().no_proxy().resolve("payments.internal", self.payments).build()
    }

    /// The configuration of a client that finds our S3.
    pub(crate) fn s3_config(&self) -> aws_sdk_s3::config::Builder {
        aws_sdk_s3::Config::builder()
            .endpoint_url(format!("http://{}", self.s3))
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "quickstart"))
            // Buckets are not host names here, and nothing is encrypted.
            .force_path_style(true)
            .http_client(aws_smithy_http_client::Builder::new().build_http())
    }
}

async fn serve(service: Router) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async { axum::serve(listener, service).await });
    Ok(address)
}

/// The card says how the payment ends, as with the test cards of real payment services.
fn payments() -> Router {
    async fn charge(Json(charge): Json<Charge>) -> StatusCode {
        match charge.card.as_str() {
            "declined" => StatusCode::PAYMENT_REQUIRED,
            "rate-limited" => StatusCode::TOO_MANY_REQUESTS,
            "broken" => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::OK,
        }
    }
    Router::new().route("/charges", post(charge))
}

/// S3 that keeps objects as files, and checks signatures.
fn s3(directory: &Path) -> Result<Router, Box<dyn Error>> {
    let root = directory.join("s3");
    for bucket in ["receipts-eu", "receipts-us"] {
        std::fs::create_dir_all(root.join(bucket))?;
    }
    let files = s3s_fs::FileSystem::new(&root).map_err(|error| format!("{error:?}"))?;
    let mut service = S3ServiceBuilder::new(files);
    service.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
    service.set_access(ExistingBuckets(root));
    let service = HandleError::new(service.build(), async |_: HttpError| StatusCode::INTERNAL_SERVER_ERROR);
    Ok(Router::new().fallback_service(service))
}

/// Where S3 says `NoSuchBucket`, this file system would make the bucket.
struct ExistingBuckets(PathBuf);

#[async_trait::async_trait]
impl S3Access for ExistingBuckets {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        match context.s3_path().get_bucket_name() {
            Some(bucket) if !self.0.join(bucket).is_dir() => Err(s3_error!(NoSuchBucket)),
            _ => Ok(()),
        }
    }
}

const ACCESS_KEY: &str = "quickstart";
const SECRET_KEY: &str = "not-a-secret";
