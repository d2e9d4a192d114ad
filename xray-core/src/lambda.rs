//! AWS Lambda, where the segment is made by somebody else: where we are, and what stands for that segment.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{fs, io};

use crate::context::{Context, PassedOn};
use crate::entity::{Origin, Settings, TreeHandle};
use crate::env::{self, Environment};
use crate::header::{Sampled, TraceHeader};
use crate::notice::Notice;
use crate::random;

/// Tells Lambda that an X-Ray SDK is there; the same as of the other SDKs.
pub(crate) const MARKER: &str = "/tmp/.aws-xray/initialized";

/// What Lambda says of a function that goes on from a snapshot.
const SNAPSHOT: &str = "snap-start";

/// Whether this program runs in Lambda, as the Python SDK finds out.
///
/// What Lambda does itself, such as deciding about sampling, is left to it then.
pub(crate) fn is_in_lambda(environment: &Environment) -> bool {
    environment.variable(env::LAMBDA_TASK_ROOT).is_some()
}

/// What a recorder knows of Lambda.
#[derive(Debug)]
pub(crate) struct Lambda {
    is_there: bool,
    environment: Environment,
    /// Whether the process may be a copy of others, of which nobody has told us yet.
    may_be_copy: AtomicBool,
}

impl Lambda {
    pub(crate) fn detect(environment: Environment) -> Self {
        let snapshot = environment.variable(env::LAMBDA_INITIALIZATION_TYPE).is_some_and(|kind| kind == SNAPSHOT);
        Self { is_there: is_in_lambda(&environment), environment, may_be_copy: AtomicBool::new(snapshot) }
    }

    /// Mints ids and opens sockets anew before the first invocation, if the process was restored from a snapshot.
    ///
    /// A snapshot is made of a function that has not been invoked, so the first invocation is the first that happens
    /// after it. See <https://docs.aws.amazon.com/lambda/latest/dg/snapstart-uniqueness.html>.
    pub(crate) fn notice_restore(&self) {
        if self.may_be_copy.load(Ordering::Relaxed) && self.may_be_copy.swap(false, Ordering::Relaxed) {
            random::reseed();
        }
    }

    pub(crate) fn is_there(&self) -> bool {
        self.is_there
    }

    /// The header of the present invocation, as far as the environment has it.
    ///
    /// With several invocations at a time the variable is nobody's, see
    /// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances.html>.
    pub(crate) fn header(&self) -> TraceHeader {
        let concurrency = self.environment.variable(env::LAMBDA_MAX_CONCURRENCY);
        if concurrency.and_then(|number| number.parse::<u32>().ok()).is_some_and(|number| number > 1) {
            return TraceHeader::default();
        }
        let header = self.environment.variable(env::LAMBDA_TRACE_HEADER).unwrap_or_default();
        TraceHeader::parse(&header)
    }
}

/// Stands for the segment that a header names.
///
/// Without a parent there is nothing to hang a subsegment on, and without `Sampled=1` nobody has asked for one: nothing is
/// recorded, and the header goes on as it came. Functions without tracing get such headers.
pub(crate) fn facade(settings: &Arc<Settings>, header: TraceHeader) -> Context {
    match (header.root(), header.parent(), header.sampled()) {
        (Some(trace_id), Some(parent), Sampled::Yes) => {
            let origin =
                Origin { trace_id, parent: None, extras: header.shared_extras(), rule_name: None, watch: None };
            Context::Recording(TreeHandle::facade(Arc::clone(settings), parent, origin))
        }
        _ => Context::UnsampledWith(Arc::new(PassedOn { header, libraries: settings.libraries, facade: true })),
    }
}

/// Begins work below what a header names. Where it names a trace and no entity, the work is the trace's segment.
pub(crate) fn begin_below(settings: &Arc<Settings>, header: TraceHeader, name: &str) -> Context {
    match (header.root(), header.parent(), header.sampled()) {
        (Some(trace_id), None, Sampled::Yes) => {
            let origin =
                Origin { trace_id, parent: None, extras: header.shared_extras(), rule_name: None, watch: None };
            Context::Recording(TreeHandle::begin_alone(Arc::clone(settings), name, origin))
        }
        _ => facade(settings, header).begin_child(name),
    }
}

/// Writes the marker. A function whose file system is not as usual goes on without it.
pub(crate) fn mark(marker: &Path) {
    let write = || -> io::Result<()> {
        if let Some(folder) = marker.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::File::create(marker).map(drop)
    };
    if let Err(error) = write() {
        Notice::LambdaNotTold { error: &error, marker: &marker.display() }.log();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marker_is_written_where_it_can_be() {
        let folder = std::env::temp_dir().join(format!("xray-marker-{}", crate::SegmentId::generate()));
        let marker = folder.join(".aws-xray").join("initialized");
        // A warm sandbox has it already.
        for _ in 0..2 {
            mark(&marker);
            assert_eq!(fs::read(&marker).unwrap(), b"");
        }
        // A file is no folder: nothing comes of it.
        mark(&marker.join("below"));
        fs::remove_dir_all(folder).unwrap();
        assert_eq!(MARKER, "/tmp/.aws-xray/initialized");
    }

    #[test]
    fn the_environment_has_the_header_of_one_invocation_at_a_time() {
        let header = "Root=1-57ff426a-80c11c39b0c928905eb0828d;Parent=53995c3f42cd8ad8;Sampled=1";
        for (concurrency, expected) in [("", header), ("1", header), ("2", ""), ("64", ""), ("many", header)] {
            let variables = [(env::LAMBDA_TRACE_HEADER, header), (env::LAMBDA_MAX_CONCURRENCY, concurrency)];
            let lambda = Lambda::detect(Environment::from_iter(variables));
            assert_eq!(lambda.header().to_string(), expected, "{concurrency:?}");
            assert!(!lambda.is_there());
        }
        assert!(is_in_lambda(&Environment::from_iter([(env::LAMBDA_TASK_ROOT, "/var/task")])));
        assert!(!is_in_lambda(&Environment::from_iter([(env::LAMBDA_TASK_ROOT, "")])));
    }
}
