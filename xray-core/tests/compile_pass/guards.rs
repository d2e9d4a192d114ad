use xray_core::{Entity, EntityGuard, Segment, Subsegment};

struct Job {
    subsegment: Subsegment,
}

impl Job {
    fn enter(&self) -> EntityGuard<'_> {
        self.subsegment.enter()
    }
}

fn enter(entity: &Entity) -> EntityGuard<'_> {
    entity.enter()
}

fn keeps(segment: &Segment) {
    let _guard = segment.enter();
}

fn main() {
    let segment = xray_core::begin_segment("shop");
    let guard = segment.enter();
    keeps(&segment);
    let subsegment = xray_core::begin_subsegment("part");
    let _part = subsegment.enter();
    let _again = enter(&subsegment);
    let job = Job { subsegment: subsegment.begin_subsegment("job") };
    {
        let _job = job.enter();
    }
    let _entered = xray_core::begin_subsegment("other").entered();
    drop(xray_core::begin_subsegment("at once").enter());
    drop(guard);
    segment.end();
}
