use xray_macros::capture;

#[capture(crate = xray_core)]
fn wrong() -> Option<u8> {
    "one"
}

#[capture(crate = xray_core)]
async fn wrong_later() -> Option<u8> {
    let one: u8 = "one";
    Some(one)
}

#[capture(crate = xray_core)]
fn forgotten() -> Option<u8> {
    let _one = 1;
}

fn main() {
    wrong();
    drop(wrong_later());
    forgotten();
}
