//! Durations, and bars on a time line that all nodes share.

use serde_json::Value;

use super::super::join::Tree;

/// From the first start to the last time known.
pub(super) struct Timeline {
    start: f64,
    seconds: f64,
}

impl Timeline {
    pub(super) fn of(tree: &Tree) -> Self {
        let (mut first, mut last) = (f64::INFINITY, f64::NEG_INFINITY);
        for entity in &tree.entities {
            for time in ["start_time", "end_time"].into_iter().filter_map(|key| seconds(entity.json(), key)) {
                first = first.min(time);
                last = last.max(time);
            }
        }
        Self { start: first, seconds: last - first }
    }

    /// A bar with a precision of half a column; lighter, and up to the end, for what is pending.
    pub(super) fn bar(&self, json: &Value, columns: usize) -> String {
        let Some(start) = seconds(json, "start_time") else {
            return String::new();
        };
        let end = seconds(json, "end_time");
        let halves = columns * 2;
        let first = self.position(start, halves).floor().min(halves as f64 - 1.0) as usize;
        let last = end.map_or(halves, |end| self.position(end, halves).round() as usize).clamp(first + 1, halves);
        let cell = |column: usize| {
            let is_covered = |half| (first..last).contains(&half);
            match (is_covered(2 * column), is_covered(2 * column + 1), end) {
                (false, false, _) => ' ',
                (_, _, None) => '░',
                (true, true, _) => '█',
                (true, false, _) => '▌',
                (false, true, _) => '▐',
            }
        };
        (0..columns).map(cell).collect()
    }

    fn position(&self, time: f64, halves: usize) -> f64 {
        if self.seconds > 0.0 { (time - self.start) / self.seconds * halves as f64 } else { 0.0 }
    }
}

/// The duration in the unit that suits it.
pub(super) fn duration(json: &Value) -> String {
    let Some(start) = seconds(json, "start_time") else {
        return "-".to_owned();
    };
    let Some(end) = seconds(json, "end_time") else {
        return "pending".to_owned();
    };
    // Doubles of this era are a quarter of a microsecond apart.
    let microseconds = ((end - start) * 1e6).round();
    match microseconds / 1e6 {
        seconds if seconds < 0.001 => format!("{microseconds} µs"),
        seconds if seconds < 1.0 => format!("{:.1} ms", seconds * 1e3),
        seconds if seconds < 60.0 => format!("{seconds:.2} s"),
        seconds if seconds < 3600.0 => format!("{:.1} min", seconds / 60.0),
        seconds => format!("{:.1} h", seconds / 3600.0),
    }
}

fn seconds(json: &Value, key: &str) -> Option<f64> {
    json.get(key).and_then(Value::as_f64)
}
