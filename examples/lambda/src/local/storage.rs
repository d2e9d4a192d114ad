//! An S3 in this process, behind a real socket, that keeps objects as files.

use std::error::Error;
use std::net::SocketAddr;

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
    pub(crate) async fn start() -> Result<Self, Box<dyn Error + Send + Sync>> {
        let directory = tempfile::tempdir()?;
        std::fs::create_dir(directory.path().join(crate::BUCKET))?;
        let files = s3s_fs::FileSystem::new(directory.path()).map_err(|error| format!("{error:?}"))?;
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        let service = HandleError::new(service.build(), async |_: HttpError| StatusCode::INTERNAL_SERVER_ERROR);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        tokio::spawn(async { axum::serve(listener, Router::new().fallback_service(service)).await });
        Ok(Self { address, _directory: directory })
    }

    /// The variables by which clients find it.
    pub(crate) fn environment(&self) -> [(&'static str, String); 5] {
        [
            ("AWS_ENDPOINT_URL", format!("http://{}", self.address)),
            ("AWS_REGION", "eu-central-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.to_owned()),
            // One that is set on this machine belongs to other keys.
            ("AWS_SESSION_TOKEN", String::new()),
        ]
    }
}

const ACCESS_KEY: &str = "example";
const SECRET_KEY: &str = "not-a-secret";
