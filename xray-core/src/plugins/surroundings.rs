//! What plugins look at: variables, files, and metadata services.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::env::Environment;
use crate::fetch::{FetchError, Request};
use crate::notice::Notice;

/// What a plugin can look at: the recorder's variables, and the machine.
#[derive(Clone, Debug)]
pub struct Surroundings {
    environment: Environment,
    /// Where the file system begins.
    root: PathBuf,
}

/// More than any file or answer has that is read here, in bytes.
const LARGEST: u64 = 256 * 1_024;
/// For one request to a metadata service, which is on the same machine.
const TIME_LIMIT: Duration = Duration::from_secs(1);

impl Surroundings {
    pub(super) fn new(environment: Environment) -> Self {
        Self { environment, root: PathBuf::from("/") }
    }

    #[cfg(test)]
    pub(super) fn under(environment: Environment, root: &std::path::Path) -> Self {
        Self { environment, root: root.to_owned() }
    }

    /// A variable of the [recorder's environment](crate::RecorderBuilder::environment) that is set and not empty.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<String> {
        self.environment.variable(name)
    }

    /// A file that is there, at most 256 KiB of it; broken UTF-8 is replaced.
    pub(super) fn file(&self, path: &str) -> Option<String> {
        let mut content = Vec::new();
        let file = File::open(self.root.join(path.trim_start_matches('/'))).ok()?;
        file.take(LARGEST).read_to_end(&mut content).ok()?;
        Some(String::from_utf8_lossy(&content).into_owned())
    }

    /// Whether there is a file.
    pub(super) fn has_file(&self, path: &str) -> bool {
        self.root.join(path.trim_start_matches('/')).exists()
    }

    /// A file that is a JSON object; one that is there and is none is logged.
    pub(super) fn json_file(&self, path: &str) -> Option<Map<String, Value>> {
        object(path, self.file(path)?.as_bytes())
    }

    /// The answer to a `GET`, which is a JSON object; one that is none is logged.
    pub(super) fn json(&self, url: &str, header: Option<(&str, &str)>) -> Option<Map<String, Value>> {
        let request = Request::get(url);
        let request = header.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        object(url, &answer(url, request)?)
    }

    /// The answer to a `PUT` without a body, if it is a text.
    pub(super) fn put(&self, url: &str, (name, value): (&str, &str)) -> Option<String> {
        answer(url, Request::put(url).header(name, value)).and_then(|body| String::from_utf8(body).ok())
    }
}

fn answer(url: &str, request: Request<'_>) -> Option<Vec<u8>> {
    match request.send(TIME_LIMIT) {
        Ok(body) => Some(body),
        Err(error @ FetchError::Invalid) => {
            Notice::MetadataServiceNotAsked { url, error: &error }.log();
            None
        }
        // Most often the program just does not run there.
        Err(error) => {
            Notice::MetadataServiceSilent { url, error: &error }.log();
            None
        }
    }
}

fn object(source: &str, json: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(json).map_err(|error| Notice::NotAnObject { source, error: &error }.log()).ok()
}

/// A field of an object, if it is a text that is not empty.
pub(super) fn text<'a>(object: &'a Map<String, Value>, field: &str) -> Option<&'a str> {
    object.get(field).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// An object of those values that are known.
pub(super) fn known<const N: usize>(values: [(&str, Option<String>); N]) -> Map<String, Value> {
    values.into_iter().filter_map(|(key, value)| Some((key.to_owned(), Value::from(value?)))).collect()
}
