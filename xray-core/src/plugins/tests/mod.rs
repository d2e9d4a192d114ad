//! Plugins against recorded metadata, services that misbehave, and what arrives at the daemon.

mod metadata;
mod on_segments;
mod service;

use std::path::PathBuf;
use std::time::Duration;

use super::*;
use crate::env::Environment;
use serde_json::Value;

/// Far more than any machine needs, so that no test depends on how busy it is.
const PATIENT: Duration = Duration::from_secs(60);

/// A file system with just these files, which goes with the value.
struct Files(PathBuf);

impl Files {
    fn new(files: &[(&str, &str)]) -> Self {
        let root = std::env::temp_dir().join(format!("xray-plugins-{}", crate::id::SegmentId::generate()));
        for (path, content) in files {
            let path = root.join(path.trim_start_matches('/'));
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        Self(root)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What the plugins find there, as the JSON that a segment would carry.
fn found(plugins: Vec<Box<dyn Plugin>>, variables: &[(&str, &str)], files: &[(&str, &str)]) -> Value {
    let files = Files::new(files);
    let surroundings = Surroundings::under(Environment::from_iter(variables.iter().copied()), &files.0);
    on_segments::segment_on(gather::gather_within(PATIENT, plugins, surroundings))
}
