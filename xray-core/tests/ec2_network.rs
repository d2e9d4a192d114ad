//! EC2's metadata service has one address everywhere: it is reached there, in a network of its own.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::fs;
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use test_support::Fixture;
use xray_core::plugins;

const INSIDE: &str = "XRAY_TEST_INSIDE_OF_NETWORK";
const TEST: &str = "an_instance_is_found_at_the_address_of_its_metadata_service";

/// The test starts itself again where `169.254.169.254` is the machine itself. What is asked there goes through a socket in
/// the file system, which networks do not divide, to ministack.
#[test]
#[ignore = "needs ministack, and `ip` to make a network: run tests/run"]
fn an_instance_is_found_at_the_address_of_its_metadata_service() {
    match std::env::var_os(INSIDE) {
        Some(socket) => inside(Path::new(&socket)),
        None => outside(),
    }
}

fn outside() {
    let url = std::env::var("XRAY_TEST_MINISTACK_URL").expect("XRAY_TEST_MINISTACK_URL is not set: run tests/run");
    let server = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let socket = Socket(std::env::temp_dir().join(format!("xray-ec2-{}.socket", std::process::id())));
    let listener = UnixListener::bind(&socket.0).unwrap();
    thread::spawn(move || {
        for near in listener.incoming().flatten() {
            let far = std::net::TcpStream::connect(&server).unwrap();
            relay((near.try_clone().unwrap(), far.try_clone().unwrap()), (far, near));
        }
    });
    let network = "ip link set lo up && ip address add 169.254.169.254/32 dev lo && exec \"$@\"";
    // Who is root already may make one without more, and in a container often only so.
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let child = Command::new("unshare")
        .args((!is_root).then_some("--map-root-user"))
        .args(["--net", "sh", "-c", network, "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", TEST, "--ignored", "--nocapture"])
        .env(INSIDE, &socket.0)
        .output()
        .expect("unshare, of util-linux, can be started");
    let output = format!("{}{}", String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    assert!(child.status.success() && output.contains("1 passed"), "inside of the network:\n{output}");
}

fn inside(socket: &Path) {
    let listener = TcpListener::bind("169.254.169.254:80").unwrap();
    let socket = socket.to_owned();
    thread::spawn(move || {
        for near in listener.incoming().flatten() {
            let far = UnixStream::connect(&socket).unwrap();
            relay((near.try_clone().unwrap(), far.try_clone().unwrap()), (far, near));
        }
    });
    let fixture = Fixture::with(|builder| builder.plugins([plugins::ec2()]));
    let segment = fixture.trace_blocking(|| {}).root();
    assert_eq!(segment.get("/origin"), "AWS::EC2::Instance");
    // What ministack says of itself.
    assert_eq!(segment.get("/aws/ec2/ami_id"), "ami-ministack");
    assert_eq!(segment.get("/aws/ec2/availability_zone"), "us-east-1a");
    assert_eq!(segment.get("/aws/ec2/instance_size"), "t3.micro");
    assert!(segment.get("/aws/ec2/instance_id").as_str().unwrap().starts_with("i-"));
}

/// Copies both ways until each side has closed.
fn relay<A, B>(there: (A, B), back: (B, A))
where
    A: io::Read + io::Write + Send + 'static,
    B: io::Read + io::Write + Send + 'static,
{
    thread::spawn(move || copy(there));
    thread::spawn(move || copy(back));
}

fn copy((mut from, mut to): (impl io::Read, impl io::Write)) {
    let _ = io::copy(&mut from, &mut to);
}

struct Socket(PathBuf);

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
