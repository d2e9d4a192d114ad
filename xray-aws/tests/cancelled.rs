//! An operation that is given up is told from one that was answered, whichever way it is traced.
#![cfg(feature = "aws-sdk")]
#![allow(clippy::expect_used, clippy::type_complexity, clippy::unwrap_used)] // as in tests

mod support;

use aws_sdk_dynamodb::Client;
use xray_aws::SdkConfigExt as _;

use support::scripted::{Answer, Server};
use support::{Fixture, dynamodb, sdk_config};

const EMPTY: Answer = Answer::Http(200, "", r#"{"TableNames":[]}"#);
const REFUSED: Answer = Answer::Http(400, "", r#"{"__type":"ResourceNotFoundException"}"#);
const AMID_THE_HEAD: Answer = Answer::Stalled("HTTP/1.1 200 OK\r\n");
const AMID_THE_BODY: Answer = Answer::Stalled("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{");

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dropped_before_its_answer_is_cancelled_and_nothing_else_is() {
    let clients: [(&str, fn(&str) -> Client); 2] = [
        ("interceptor", |url| dynamodb(&sdk_config(url))),
        ("configuration", |url| Client::new(&sdk_config(url).xray())),
    ];
    for (way, client) in clients {
        let fixture = Fixture::start();
        let server = Server::start([EMPTY, REFUSED, AMID_THE_HEAD, AMID_THE_BODY]).await;
        let client = client(&server.url);
        let (_, trace) = fixture
            .traced(async {
                client.list_tables().send().await.unwrap();
                server.arrived().await;
                client.list_tables().send().await.unwrap_err();
                server.arrived().await;
                for _ in 0..2 {
                    let mut call = Box::pin(client.list_tables().send());
                    tokio::select! {
                        _ = &mut call => panic!("nobody has answered"),
                        () = server.arrived() => {}
                    }
                    drop(call);
                }
                drop(client.list_tables().send());
            })
            .await;
        let marks: Vec<_> =
            trace.root().children().iter().map(|call| call.get("/annotations/cancelled") == true).collect();
        assert_eq!(marks, [false, false, true, true], "{way}:\n{trace}");
        assert!(trace.root().children()[2..].iter().all(|call| call.get("/fault").is_null()), "{way}:\n{trace}");
    }
}
