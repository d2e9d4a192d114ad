use xray_core::XRayFutureExt as _;

fn main() {
    let work = || 5;
    std::thread::spawn(work.in_current());
    (move || work()).in_subsegment("work");
}
