//! Simulated load against a plain re-statement of the algorithm.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::*;

const RULES: usize = 25;

/// The name of a rule that was reported, and its target if it got one.
type Given = (String, Option<Value>);

/// One rule, as §4.4 of the protocol reference describes it.
#[derive(Clone, Debug, Default)]
struct Model {
    reservoir: u64,
    fixed_rate: f64,
    rate: f64,
    quota: u64,
    expires_at: u64,
    refreshed_at: u64,
    interval: u64,
    second: u64,
    used: u64,
    has_borrowed: bool,
    counts: Statistics,
}

impl Model {
    fn decide(&mut self, now: u64, random: f64) -> bool {
        self.counts.requests += 1;
        if self.second != now {
            (self.second, self.used, self.has_borrowed) = (now, 0, false);
        }
        if now > self.expires_at {
            let is_first = !std::mem::replace(&mut self.has_borrowed, true);
            if is_first && self.reservoir != 0 {
                self.counts.borrowed += 1;
                return true;
            }
        } else if self.quota > self.used {
            self.used += 1;
            self.counts.sampled += 1;
            return true;
        }
        let sampled = random < self.rate;
        self.counts.sampled += u64::from(sampled);
        sampled
    }
}

/// Ten minutes of 1,000 requests a second: every decision, every report and every count is what the algorithm gives.
#[test]
fn ten_minutes_of_load_are_counted_exactly() {
    simulate(7, 600, 1_000);
}

#[test]
fn other_loads_are_counted_exactly() {
    for seed in 0..8 {
        simulate(seed, 120, 1 << seed);
    }
}

fn simulate(seed: u64, seconds: u64, requests_per_second: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let name = |number: usize| if number == RULES - 1 { "Default".to_owned() } else { format!("r{number:02}") };
    let mut models: BTreeMap<String, Model> = BTreeMap::new();
    let mut rules = Vec::new();
    for number in 0..RULES {
        let rate = random.f64() / 4.0;
        let model = Model { reservoir: random.u64(..3), fixed_rate: rate, rate, interval: 10, ..Model::default() };
        let fields = json!({
            "URLPath": format!("/api/{number}/*"), "Priority": number + 1, "FixedRate": model.rate,
            "ReservoirSize": model.reservoir,
        });
        rules.push(rule(&name(number), fields));
        models.insert(name(number), model);
    }
    random.shuffle(&mut rules);
    let mut client = Client::start(rules);
    let given = Arc::new(Mutex::new(Vec::new()));
    client.service.set_targets(give_targets(client.clock.clone(), seed, Arc::clone(&given)));

    let mut decisions = 0;
    let (mut seen, mut fetches) = (0, 0);
    let mut fetched_at = client.poller.fetched_at;
    let step = Duration::from_micros(1_000_000 / requests_per_second);
    for _ in 0..seconds * requests_per_second {
        let number = random.usize(..RULES + 3).min(RULES - 1);
        let path = format!("/api/{number}/cart");
        let now = client.clock.unix_seconds();
        // The draw of this decision, for both.
        decisions += 1;
        fastrand::seed(decisions);
        let draw = fastrand::Rng::with_seed(decisions).f64();
        let expected = models.get_mut(&name(number)).unwrap().decide(now, draw);
        assert_eq!(client.path(&path), Some((name(number), expected)), "decision {decisions}");

        client.clock.advance(step);
        let due = client.poller.step(&client.shared);
        assert!(due > Duration::ZERO && due <= Duration::from_secs(11), "{due:?}");
        if fetched_at != client.poller.fetched_at {
            fetched_at = client.poller.fetched_at;
            fetches += 1;
            // A fetch brings the rate of the rule back, until the next target.
            models.values_mut().for_each(|model| model.rate = model.fixed_rate);
        }
        let given: Vec<_> = given.lock().unwrap().drain(..).collect();
        if !given.is_empty() {
            let statistics = client.service.statistics();
            check_report(&mut models, &statistics[seen..], client.clock.unix_seconds());
            seen = statistics.len();
        }
        for (name, target) in given {
            if let Some(target) = target {
                follow(models.get_mut(&name).unwrap(), &target, client.clock.unix_seconds());
            }
        }
    }
    assert!(seen > RULES * seconds as usize / 40, "{seen} statistics");
    assert!(fetches >= seconds / 301, "{fetches} fetches");
}

/// What was due was reported, all of it and exactly.
fn check_report(models: &mut BTreeMap<String, Model>, statistics: &[Value], now: u64) {
    let mut due: Vec<_> = models
        .iter_mut()
        .filter(|(_, model)| model.counts.requests > 0 && now >= model.refreshed_at + model.interval)
        .map(|(name, model)| (name.clone(), std::mem::take(&mut model.counts)))
        .collect();
    let mut reported: Vec<_> = statistics
        .iter()
        .map(|document| {
            let count = |field: &str| document[field].as_u64().unwrap();
            let counts = counts(count("RequestCount"), count("SampledCount"), count("BorrowCount"));
            (document["RuleName"].as_str().unwrap().to_owned(), counts)
        })
        .collect();
    due.sort_by(|left, right| left.0.cmp(&right.0));
    reported.sort_by(|left, right| left.0.cmp(&right.0));
    assert_eq!(reported, due, "at {now}");
}

/// Targets of every kind, and for some rules none.
fn give_targets(clock: Clock, seed: u64, given: Arc<Mutex<Vec<Given>>>) -> impl Fn(&Value) -> Value + Send {
    let random = Mutex::new(fastrand::Rng::with_seed(seed));
    move |report| {
        let mut random = random.lock().unwrap();
        let mut targets = Vec::new();
        for document in report["SamplingStatisticsDocuments"].as_array().unwrap() {
            let name = document["RuleName"].as_str().unwrap();
            let mut target = json!({"RuleName": name, "FixedRate": random.f64() / 4.0});
            if random.u8(..4) > 0 {
                target["ReservoirQuota"] = json!(random.u64(..5));
                target["ReservoirQuotaTTL"] = json!((clock.unix_seconds() + random.u64(..30)) as f64);
            }
            if random.u8(..4) == 0 {
                target["Interval"] = json!(random.u64(5..30));
            }
            let is_given = random.u8(..8) > 0;
            given.lock().unwrap().push((name.to_owned(), is_given.then(|| target.clone())));
            targets.extend(is_given.then_some(target));
        }
        json!({"SamplingTargetDocuments": targets})
    }
}

fn follow(model: &mut Model, target: &Value, now: u64) {
    model.rate = target["FixedRate"].as_f64().unwrap();
    model.refreshed_at = now;
    if let Some(quota) = target["ReservoirQuota"].as_u64() {
        model.quota = quota;
        model.expires_at = target["ReservoirQuotaTTL"].as_f64().unwrap() as u64;
    }
    if let Some(interval) = target["Interval"].as_u64() {
        model.interval = interval;
    }
}
