struct Cart;

fn main() {
    let cart = Cart;
    xray_core::record_error(&cart);
}
