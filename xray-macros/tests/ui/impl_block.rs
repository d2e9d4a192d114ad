use xray_macros::capture;

struct Cart;

#[capture]
impl Cart {
    fn load(&self) {}
}

fn main() {
    Cart.load();
}
