use xray_macros::capture;

#[capture]
pub struct Cart {
    pub total: u64,
}

fn main() {
    let _cart = Cart { total: 1 };
}
