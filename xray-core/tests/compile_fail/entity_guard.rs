fn spawn(_: impl Future + Send) {}

async fn work() {}

async fn task() {
    let segment = xray_core::begin_segment("shop");
    let _current = segment.enter();
    work().await;
}

fn main() {
    spawn(task());
}
