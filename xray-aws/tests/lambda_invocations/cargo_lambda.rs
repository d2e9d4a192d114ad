//! The function under cargo-lambda's emulation of Lambda, which `XRAY_TEST_CARGO_LAMBDA` is the path of.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, Command, Stdio};

use serde_json::json;
use test_support::{Elsewhere, PATIENCE};

use super::function::{Function, become_function};
use super::ministack::{client, invoke};

#[test]
#[ignore = "needs cargo-lambda: run tests/run"]
fn a_function_under_cargo_lambda_is_traced() {
    become_function();
    let lambda = CargoLambda::start();
    let daemon = Elsewhere::start();
    let test = "cargo_lambda::a_function_under_cargo_lambda_is_traced";
    let _function = Function::start(test, "sequential", &format!("{}/.rt", lambda.url), &daemon, &[]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let work = async {
        let client = client(&lambda.url);
        for number in 0..2 {
            // The one that it has not started itself.
            let body = invoke(&client, "_", json!({ "name": number.to_string() })).await;
            let documents = daemon.sent_by_now();
            assert_eq!(documents.len(), number + 1);
            let [root, parent] = ["trace_id", "parent_id"].map(|key| documents[number][key].as_str().unwrap());
            assert_eq!(body["of_function"], format!("Root={root};Parent={parent};Sampled=1"));
            assert_eq!(documents[number]["annotations"]["event"], number.to_string());
        }
    };
    let in_time = async { tokio::time::timeout(PATIENCE, work).await };
    runtime.block_on(in_time).expect("the function should have answered");
}

struct CargoLambda {
    process: Child,
    url: String,
}

impl CargoLambda {
    fn start() -> Self {
        let program = std::env::var("XRAY_TEST_CARGO_LAMBDA")
            .expect("XRAY_TEST_CARGO_LAMBDA is not set: it is the path of the program cargo-lambda");
        // Bound and not listened at, it is given to nobody who asks for any; with SO_REUSEADDR cargo-lambda gets it.
        let held = tokio::net::TcpSocket::new_v4().unwrap();
        held.set_reuseaddr(true).unwrap();
        held.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let port = held.local_addr().unwrap().port();
        let mut command = Command::new(program);
        command.args(["lambda", "watch", "--only-lambda-apis", "--invoke-address", "127.0.0.1", "--invoke-port"]);
        command.arg(port.to_string()).current_dir(env!("CARGO_MANIFEST_DIR")).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let log = BufReader::new(process.stdout.take().unwrap());
        let mut lines = log.lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("starting Runtime server")), "cargo-lambda has not started");
        // It would end if nobody read on.
        std::thread::spawn(move || lines.for_each(drop));
        let listens = || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
        test_support::wait_until("cargo-lambda listens", listens);
        drop(held);
        Self { process, url: format!("http://127.0.0.1:{port}") }
    }
}

impl Drop for CargoLambda {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
