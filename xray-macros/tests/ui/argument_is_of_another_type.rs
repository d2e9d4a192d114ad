use xray_macros::capture;

#[capture(crate = xray_core)]
async fn load(id: u8, name: &str) -> Result<u8, std::num::ParseIntError> {
    let missing: u8 = name.parse::<u8>()?;
    let wrong: u16 = "x".parse::<f32>()?;
    Ok(id + missing + wrong)
}

fn main() {
    drop(load("one", 2));
}
