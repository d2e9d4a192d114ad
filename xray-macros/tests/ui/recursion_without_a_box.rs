use xray_macros::capture;

#[capture(crate = xray_core)]
async fn down(steps: u8) -> Result<u8, String> {
    if steps == 0 { Ok(0) } else { down(steps - 1).await }
}

fn main() {
    drop(down(1));
}
