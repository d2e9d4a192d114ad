//! An S3 in this process, behind a real socket, that keeps objects as files.

use std::error::Error;
use std::net::SocketAddr;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::Credentials;
use axum::Router;
use axum::error_handling::HandleError;
use axum::http::StatusCode;
use s3s::HttpError;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use tempfile::TempDir;
use tokio::net::TcpListener;

/// Runs until the program ends; its files go when this is dropped.
pub(crate) struct Storage {
    address: SocketAddr,
    _directory: TempDir,
}

impl Storage {
    pub(crate) async fn start() -> Result<Self, Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        let files = s3s_fs::FileSystem::new(directory.path()).map_err(|error| format!("{error:?}"))?;
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        let service = HandleError::new(service.build(), async |_: HttpError| StatusCode::INTERNAL_SERVER_ERROR);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        tokio::spawn(async { axum::serve(listener, Router::new().fallback_service(service)).await });
        Ok(Self { address, _directory: directory })
    }

    /// The configuration of clients that find it.
    pub(crate) async fn config(&self) -> SdkConfig {
        aws_config::defaults(BehaviorVersion::latest())
            .endpoint_url(format!("http://{}", self.address))
            .region(Region::from_static("eu-central-1"))
            .credentials_provider(Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "example"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .load()
            .await
    }
}

const ACCESS_KEY: &str = "example";
const SECRET_KEY: &str = "not-a-secret";
