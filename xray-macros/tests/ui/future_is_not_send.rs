use std::rc::Rc;

use xray_macros::capture;

fn spawn(_: impl Future + Send) {}

async fn wait() {}

#[capture(crate = xray_core)]
async fn counts(id: u8) -> Result<u8, String> {
    let count = Rc::new(id);
    wait().await;
    Ok(*count)
}

fn main() {
    spawn(counts(1));
}
