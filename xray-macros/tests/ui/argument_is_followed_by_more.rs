use xray_macros::capture;

#[capture(crate = xray_core, "load")]
fn load() {}

fn main() {
    load();
}
