fn spawn(_: impl Future + Send) {}

async fn work() {}

async fn task() {
    let _current = xray_core::begin_segment("shop").entered();
    work().await;
}

fn main() {
    spawn(task());
}
