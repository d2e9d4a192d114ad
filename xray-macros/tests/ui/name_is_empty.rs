use xray_macros::capture;

#[capture(" ")]
fn load() {}

fn main() {
    load();
}
