use xray_macros::capture;

#[capture]
const fn load() {}

fn main() {
    load();
}
