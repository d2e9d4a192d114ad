use xray_macros::capture;

fn spawn(_: impl Future + 'static) {}

#[capture(crate = xray_core)]
async fn length(text: &str) -> Result<usize, String> {
    Ok(text.len())
}

fn main() {
    let text = String::from("text");
    spawn(length(&text));
}
