#![deny(unused)]

use xray_macros::capture;

#[capture(crate = xray_core)]
fn plain(argument: u8) {
    let variable = 1;
}

#[capture(crate = xray_core)]
fn value(argument: u8) -> Option<u8> {
    let mut variable = 1;
    return Some(variable);
    Some(2)
}

#[capture(crate = xray_core)]
#[must_use]
async fn later(argument: u8) -> Option<u8> {
    let variable = 1;
    value(1)
}

fn main() {
    plain(1);
    value(1);
    later(1);
}
