fn spawn(_: impl Future + Send) {}

async fn work() {}

async fn task() {
    let _current = xray_core::Recorder::current().scope();
    work().await;
}

fn main() {
    spawn(task());
}
