use xray_macros::capture;

#[capture(load)]
fn load() {}

fn main() {
    load();
}
