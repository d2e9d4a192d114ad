//! Random lives of random trees against a plain model: every entity arrives once, whole and below its parent.

#![allow(clippy::unwrap_used)] // as in tests

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};

use fastrand::Rng;
use serde_json::Value;
use test_support::{assert_references, builder};
use xray_core::emitter::{EmitError, Emitter, SegmentDocument};
use xray_core::testing::{Documents, validate};
use xray_core::{Entity, Exception, Recorder, Segment, Subsegment, current_subsegment};

const CASES: u64 = 400;
const STEPS: usize = 150;

#[test]
fn every_entity_arrives_once_below_its_parent() {
    for seed in 0..CASES {
        let failed = std::panic::catch_unwind(|| live(seed)).is_err();
        assert!(!failed, "the case of seed {seed} failed, as said above");
    }
}

fn live(seed: u64) {
    let mut random = Rng::with_seed(seed);
    let mut life = Life::new(&mut random);
    // Some trees are deep, some are broad.
    let depth = random.f64();
    for _ in 0..STEPS {
        match random.u8(..100) {
            0..45 => life.begin(&mut random, depth),
            45..70 => life.end(&mut random),
            70..85 => life.annotate(&mut random),
            85..94 => life.fail(&mut random),
            94..96 => life.leak(&mut random),
            96 => life.end_segment(),
            _ => life.annotate_what_ended(&mut random),
        }
    }
    while !life.open.is_empty() {
        life.end(&mut random);
    }
    life.end_segment();
    life.check();
}

/// The tree under test, and what is expected of it.
struct Life {
    recorder: Recorder,
    limit: usize,
    threshold: usize,
    documents: Arc<Mutex<Vec<Vec<u8>>>>,
    segment: Option<Segment>,
    /// The model of all entities, the segment first.
    entities: Vec<Model>,
    /// Handles on open subsegments that own them, and those that only look at any.
    open: Vec<(usize, Subsegment)>,
    looks: Vec<(usize, Subsegment)>,
    finished: usize,
    rejected: u64,
}

#[derive(Debug, Default)]
struct Model {
    id: String,
    parent: Option<usize>,
    name: String,
    annotations: BTreeMap<String, Value>,
    messages: HashSet<String>,
    leaked: bool,
}

#[derive(Debug)]
struct Collects(Arc<Mutex<Vec<Vec<u8>>>>, usize);

impl Emitter for Collects {
    fn emit(&self, document: SegmentDocument<'_>) -> Result<(), EmitError> {
        assert!(document.json().len() <= self.1);
        self.0.lock().unwrap().push(document.json().to_vec());
        Ok(())
    }

    fn max_document_size(&self) -> usize {
        self.1
    }
}

impl Life {
    fn new(random: &mut Rng) -> Self {
        let threshold = [0, 1, 2, 5, 30, usize::MAX][random.usize(..6)];
        let limit = [2_000, 3_000, 8_900, 64_000][random.usize(..4)];
        let documents = Arc::new(Mutex::new(Vec::new()));
        let emitter = Collects(Arc::clone(&documents), limit);
        let recorder = builder().emitter(emitter).streaming_threshold(threshold).build().unwrap();
        let segment = recorder.begin_segment("0");
        let model = Model { id: segment.id().unwrap().to_string(), name: "0".to_owned(), ..Model::default() };
        Self {
            recorder,
            limit,
            threshold,
            documents,
            segment: Some(segment),
            entities: vec![model],
            open: Vec::new(),
            looks: Vec::new(),
            finished: 0,
            rejected: 0,
        }
    }

    /// Below an open one mostly, and at times below one that ended long ago.
    fn begin(&mut self, random: &mut Rng, depth: f64) {
        let name = self.entities.len().to_string();
        let (parent, subsegment) = match (self.open.last(), random.choice(&self.looks), &self.segment) {
            (_, Some((parent, look)), _) if random.f64() < 0.1 => (*parent, look.begin_subsegment(&name)),
            (Some((parent, handle)), _, _) if random.f64() < depth => (*parent, handle.begin_subsegment(&name)),
            (Some(_), _, _) if random.f64() < 0.5 => {
                let (parent, handle) = &self.open[random.usize(..self.open.len())];
                (*parent, handle.begin_subsegment(&name))
            }
            (_, _, Some(segment)) => (0, segment.begin_subsegment(&name)),
            _ => return,
        };
        let look = {
            let _entered = subsegment.enter();
            current_subsegment()
        };
        let id = subsegment.id().unwrap().to_string();
        self.looks.push((self.entities.len(), look));
        self.open.push((self.entities.len(), subsegment));
        self.entities.push(Model { id, parent: Some(parent), name, ..Model::default() });
    }

    fn end(&mut self, random: &mut Rng) {
        if self.open.is_empty() {
            return;
        }
        let last = self.open.len() - 1;
        let position = if random.bool() { last } else { random.usize(..=last) };
        let (_, subsegment) = self.open.remove(position);
        self.ending(move || subsegment.end());
    }

    fn end_segment(&mut self) {
        if let Some(segment) = self.segment.take() {
            self.ending(move || segment.end());
        }
    }

    /// Nothing leaves as long as no more are held than may be, and then no more than that stay.
    fn ending(&mut self, end: impl FnOnce()) {
        let before = self.arrived();
        end();
        self.finished += 1;
        let (after, most) = (self.arrived(), if self.segment.is_some() { self.threshold } else { 0 });
        assert!(self.finished - after <= most, "{} are held, and {most} may be", self.finished - after);
        if self.finished - before <= most {
            assert_eq!(after, before, "nothing has to leave");
        }
    }

    fn annotate(&mut self, random: &mut Rng) {
        let (key, value) = (format!("key{}", random.u8(..4)), "é".repeat(random.usize(..100)));
        let Some((index, entity)) = self.any_open(random) else { return };
        entity.put_annotation(&key, &value);
        self.entities[index].annotations.insert(key, value.into());
    }

    fn fail(&mut self, random: &mut Rng) {
        let message = format!("error {}", random.u8(..3));
        let Some((index, entity)) = self.any_open(random) else { return };
        entity.record_exception(Exception::new("error", &message));
        self.entities[index].messages.insert(message);
    }

    fn annotate_what_ended(&mut self, random: &mut Rng) {
        let ended = |index: &usize| self.open.iter().all(|(open, _)| open != index) && !self.entities[*index].leaked;
        let Some((_, look)) = random.choice(&self.looks).filter(|(index, _)| ended(index)) else { return };
        look.put_annotation("late", true);
        self.rejected += 1;
    }

    /// Forgets a handle. What failed is kept, because others may refer to its errors.
    fn leak(&mut self, random: &mut Rng) {
        if self.open.is_empty() {
            return;
        }
        let position = random.usize(..self.open.len());
        if self.entities[self.open[position].0].messages.is_empty() {
            let (index, subsegment) = self.open.remove(position);
            self.entities[index].leaked = true;
            std::mem::forget(subsegment);
        }
    }

    fn any_open(&self, random: &mut Rng) -> Option<(usize, &Entity)> {
        let subsegments = self.open.iter().map(|(index, subsegment)| (*index, &**subsegment));
        let all: Vec<_> = self.segment.iter().map(|segment| (0, &**segment)).chain(subsegments).collect();
        random.choice(all)
    }

    /// How many entities have arrived.
    fn arrived(&self) -> usize {
        let documents = self.documents.lock().unwrap();
        documents.iter().map(|json| json.windows(12).filter(|window| window == b"\"start_time\"").count()).sum()
    }

    fn check(&self) {
        let documents = self.documents.lock().unwrap();
        let documents: Vec<Value> = documents.iter().map(|json| serde_json::from_slice(json).unwrap()).collect();
        for document in &documents {
            validate(document).unwrap();
        }
        let stats = self.recorder.stats();
        let counts = (stats.emitted, stats.rejected_values, stats.trimmed_values, stats.dropped());
        assert_eq!(counts, (documents.len() as u64, self.rejected, 0, 0), "limit {}", self.limit);
        let by_id: HashMap<&str, &Model> = self.entities.iter().map(|model| (model.id.as_str(), model)).collect();
        let mut missing: HashSet<&str> =
            self.entities.iter().filter(|model| !model.leaked).map(|model| model.id.as_str()).collect();
        let mut pending: Vec<(&Value, Option<&str>)> =
            documents.iter().map(|document| (document, document["parent_id"].as_str())).collect();
        while let Some((entity, parent)) = pending.pop() {
            let id = entity["id"].as_str().unwrap();
            assert!(missing.remove(id), "{id} is unknown or came twice");
            let model = by_id[id];
            assert_eq!(parent, model.parent.map(|parent| self.entities[parent].id.as_str()), "the parent of {id}");
            check_content(entity, model);
            pending.extend(entity["subsegments"].as_array().into_iter().flatten().map(|child| (child, Some(id))));
        }
        assert!(missing.is_empty(), "these never came: {missing:?}");
        assert_references(&documents.into_iter().collect::<Documents>());
    }
}

fn check_content(entity: &Value, model: &Model) {
    assert_eq!(entity["name"], model.name);
    let annotations: BTreeMap<_, _> =
        entity["annotations"].as_object().cloned().unwrap_or_default().into_iter().collect();
    assert_eq!(annotations, model.annotations, "{}", model.name);
    if model.messages.is_empty() {
        assert!(entity["cause"].is_null(), "{entity}");
    } else if entity["cause"].is_string() {
        assert_eq!(model.messages.len(), 1, "only one can be a mere reference: {entity}");
    } else {
        let exceptions = entity["cause"]["exceptions"].as_array().unwrap().iter();
        let messages: HashSet<_> =
            exceptions.map(|exception| exception["message"].as_str().unwrap().to_owned()).collect();
        assert_eq!(messages, model.messages, "{}", model.name);
    }
}
