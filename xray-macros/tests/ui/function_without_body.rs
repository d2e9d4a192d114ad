use xray_macros::capture;

trait Store {
    #[capture]
    fn load(&self);
}

struct Cart;

impl Store for Cart {
    fn load(&self) {}
}

fn main() {
    Cart.load();
}
