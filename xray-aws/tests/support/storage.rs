//! An S3 in this process, which checks signatures and stores files.

use std::net::Ipv4Addr;

use aws_config::SdkConfig;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::{ACCESS_KEY, SECRET_KEY, sdk_config};

/// The configuration for clients of a server of its own, and the directory of that server.
pub async fn start() -> (SdkConfig, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let mut service = S3ServiceBuilder::new(FileSystem::new(directory.path()).unwrap());
    service.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
    let service = service.build();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = service.clone();
            tokio::spawn(async move {
                let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    (sdk_config(&url), directory)
}
