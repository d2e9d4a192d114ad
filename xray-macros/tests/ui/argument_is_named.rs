use xray_macros::capture;

#[capture(name = "load")]
fn load() {}

fn main() {
    load();
}
