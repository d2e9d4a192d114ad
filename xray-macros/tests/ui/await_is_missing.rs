use xray_macros::capture;

#[capture(crate = xray_core)]
async fn load(id: u8) -> Result<u8, String> {
    Ok(id)
}

#[capture(crate = xray_core)]
async fn load_twice(id: u8) -> Result<u8, String> {
    let one = load(id)?;
    let two: u8 = load(id).await;
    Ok(one + two)
}

fn main() {
    drop(load_twice(1));
}
