//! The recorder: one configuration, for the process, a thread, or who holds it.

use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock};

use crate::config::{ConfigError, Configuration, RecorderBuilder};
use crate::emitter::DaemonAddress;
use crate::entity::Stats;
use crate::missed;
use crate::missing::{self, Missing, MissingScope};
use crate::notice::Notice;

/// Begins segments with one configuration; clones share it.
///
/// Most programs [install](RecorderBuilder::install) one at start-up and never name it again.
///
/// ```
/// # use xray_core::Recorder;
/// let recorder = Recorder::builder().service("checkout").build()?;
/// let segment = recorder.begin_segment("checkout");
/// assert!(segment.trace_id().is_some());
/// # Ok::<(), xray_core::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct Recorder(pub(crate) Shared);

impl Recorder {
    /// Begins the set-up.
    pub fn builder() -> RecorderBuilder {
        RecorderBuilder::default()
    }

    fn new(configuration: Configuration) -> Self {
        let recorder = Self(Shared(Arc::new(configuration)));
        recorder.0.missing.set(recorder.missing());
        recorder
    }

    /// The recorder that is used here: the one of this thread's scope, or the installed one, or the default.
    #[must_use]
    pub fn current() -> Self {
        if let Ok(Some(scoped)) = SCOPED.try_with(|scoped| scoped.borrow().last().cloned()) {
            return scoped;
        }
        let installed = PROCESS_WIDE.read().unwrap_or_else(PoisonError::into_inner).clone();
        installed.unwrap_or_else(default_recorder)
    }

    /// What became of this recorder's documents.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let elsewhere = if self.is_process_wide() { missed::total() } else { 0 };
        Stats { missing_segments: self.0.missing.missed() + elsewhere, ..self.0.settings.counters.stats() }
    }

    /// The service's name, if one is set.
    #[must_use]
    pub fn service(&self) -> Option<&str> {
        self.0.service.as_deref()
    }

    /// The name that the variable `AWS_XRAY_TRACING_NAME` gives, if it is set. Servers name all their segments by it.
    #[must_use]
    pub fn tracing_name(&self) -> Option<&str> {
        self.0.tracing_name.as_deref()
    }

    /// The kind of AWS resource that the [plugins](crate::plugins) found the program on, such as `AWS::EC2::Instance`.
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        self.0.settings.platform.origin()
    }

    /// Whether anything is recorded at all.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.0.switch.enabled.load(Ordering::Relaxed)
    }

    /// Whether threads without a scope use this recorder.
    pub(crate) fn is_process_wide(&self) -> bool {
        let process_wide = PROCESS_WIDE.read().unwrap_or_else(PoisonError::into_inner);
        process_wide.as_ref().is_some_and(|recorder| recorder.0.is(&self.0))
    }

    /// Where the daemon is expected.
    #[must_use]
    pub fn daemon_address(&self) -> &DaemonAddress {
        &self.0.address
    }

    /// Uses this recorder on this thread until the guard is dropped: tests run side by side that way.
    pub fn scope(&self) -> RecorderScope {
        let _ = SCOPED.try_with(|scoped| scoped.borrow_mut().push(self.clone()));
        RecorderScope {
            recorder: self.clone(),
            _missing: missing::scope(self.0.missing.clone()),
            not_send: PhantomData,
        }
    }

    /// A program that turned the SDK off does not want to hear of missing segments.
    pub(crate) fn missing(&self) -> Missing {
        if self.is_enabled() { Missing::Reported(self.0.context_missing) } else { Missing::SwitchedOff }
    }
}

impl RecorderBuilder {
    /// Makes a recorder of one's own, beside the process-wide one.
    ///
    /// # Errors
    /// If a variable has a value that cannot be read.
    pub fn build(self) -> Result<Recorder, ConfigError> {
        self.configure().map(Recorder::new)
    }

    /// Makes the process-wide recorder, which `begin_segment` and all instruments use.
    ///
    /// A later call replaces it, and so does the first one where segments were begun before it; open segments go on as they
    /// were begun. The sampler of the recorder that was replaced ends with the last clone of it.
    ///
    /// # Errors
    /// If a variable has a value that cannot be read. Nothing is installed then.
    pub fn install(self) -> Result<Recorder, ConfigError> {
        let recorder = self.build()?;
        let before = {
            let mut process_wide = PROCESS_WIDE.write().unwrap_or_else(PoisonError::into_inner);
            missing::set(recorder.missing());
            process_wide.replace(recorder.clone())
        };
        // Dropped outside of the lock: it may be the last of its emitter and its sampler, whose thread ends then.
        drop(before);
        Ok(recorder)
    }
}

/// A panic leaves a recorder as it was: what a caught panic has seen of it can be used on.
impl UnwindSafe for Recorder {}
impl RefUnwindSafe for Recorder {}

impl fmt::Debug for Recorder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut output = formatter.debug_struct("Recorder");
        output.field("service", &self.service()).field("enabled", &self.is_enabled());
        output.field("daemon_address", &self.0.address).field("stats", &self.stats()).finish_non_exhaustive()
    }
}

/// A configuration, of which the compiler knows no more than that any thread may have it. So it finds out at once that a future
/// with a recorder in it is `Send`, as deep as that future may be in others.
#[derive(Clone)]
pub(crate) struct Shared(Arc<dyn AnyConfiguration>);

trait AnyConfiguration: Send + Sync {
    fn configuration(&self) -> &Configuration;
}

impl AnyConfiguration for Configuration {
    fn configuration(&self) -> &Configuration {
        self
    }
}

impl Shared {
    fn is(&self, other: &Self) -> bool {
        std::ptr::addr_eq(Arc::as_ptr(&self.0), Arc::as_ptr(&other.0))
    }
}

impl Deref for Shared {
    type Target = Configuration;

    fn deref(&self) -> &Configuration {
        self.0.configuration()
    }
}

/// The recorder that was installed, or else the one that was made when a recorder was asked for first.
static PROCESS_WIDE: RwLock<Option<Recorder>> = RwLock::new(None);

/// The recorder of a program that has installed none, until it does.
///
/// It is not made under the lock that holds it, because that runs the program's code: what is wrong in the environment is
/// logged. Threads that come at the same time may each make one; the first is taken.
#[cold]
fn default_recorder() -> Recorder {
    let (configuration, ignored) = RecorderBuilder::configure_or_default();
    let made = Recorder::new(configuration);
    let mut process_wide = PROCESS_WIDE.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(other) = process_wide.clone() {
        drop(process_wide);
        return other;
    }
    missing::set(made.missing());
    *process_wide = Some(made.clone());
    drop(process_wide);
    ignored.iter().for_each(|error| Notice::VariableIgnored { error }.log());
    made
}

thread_local! {
    static SCOPED: RefCell<Vec<Recorder>> = const { RefCell::new(Vec::new()) };
}

/// Uses a recorder on this thread until it is dropped, made by [`Recorder::scope`].
#[must_use = "the recorder is used only as long as this lives"]
#[derive(Debug)]
pub struct RecorderScope {
    recorder: Recorder,
    _missing: MissingScope,
    not_send: PhantomData<*const ()>,
}

impl Drop for RecorderScope {
    fn drop(&mut self) {
        let ended = SCOPED.try_with(|scoped| {
            let mut scoped = scoped.borrow_mut();
            let position = scoped.iter().rposition(|recorder| recorder.0.is(&self.recorder.0));
            position.map(|position| scoped.remove(position))
        });
        // Dropped outside of the borrow: it may be the last of its emitter.
        drop(ended);
    }
}
