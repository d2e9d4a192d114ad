fn main() {
    let _segment = xray_core::begin_segment("shop").enter();
    let _guard = xray_core::begin_subsegment("part").enter();
    let _current = xray_core::current_segment().enter();
    println!("in the part");
}
