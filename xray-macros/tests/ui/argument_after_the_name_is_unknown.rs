use xray_macros::capture;

#[capture("load", skip_all)]
fn load() {}

fn main() {
    load();
}
