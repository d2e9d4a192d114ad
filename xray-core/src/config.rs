//! Set-up: what a recorder is built from, and what can be wrong with it.

use std::any::Any;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::{fmt, mem};

use crate::aborting;
use crate::clock::Clock;
use crate::document::{Platform, to_json};
use crate::emitter::{DaemonAddress, Emitter, UdpEmitter};
use crate::entity::Settings;
use crate::env::{self, Environment};
use crate::lambda::{self, Lambda};
use crate::library::{Library, LibrarySet};
use crate::missing::{ContextMissing, SharedMissing};
use crate::notice::Notice;
use crate::panic::{caught, install_hook};
use crate::plugins::{self, Plugin};
use crate::sampling::{AdaptiveConfig, CentralSampler, FixedSampler, LocalSampler, Sampler, SamplerSetting};

/// What a recorder works with.
pub(crate) struct Configuration {
    pub(crate) settings: Arc<Settings>,
    pub(crate) sampler: Arc<dyn Sampler>,
    pub(crate) service: Option<String>,
    /// That of the variable, which wins over the names in the code of servers.
    pub(crate) tracing_name: Option<String>,
    pub(crate) context_missing: ContextMissing,
    /// What that comes to, on or off.
    pub(crate) missing: SharedMissing,
    pub(crate) switch: Switch,
    pub(crate) address: DaemonAddress,
    pub(crate) lambda: Lambda,
}

impl Drop for Configuration {
    fn drop(&mut self) {
        // A sampler of the program's may panic as it goes.
        let sampler = mem::replace(&mut self.sampler, Arc::new(FixedSampler::NONE));
        let _ = caught(|| drop(sampler));
    }
}

/// Whether the SDK is on.
#[derive(Debug)]
pub(crate) struct Switch {
    pub(crate) enabled: AtomicBool,
    /// The variable is set, and wins over the code.
    pub(crate) is_fixed: bool,
}

/// Builds a [`Recorder`](crate::Recorder); every setter is optional, and the environment wins over all of them.
#[must_use = "a recorder is made by install() or build()"]
#[derive(Debug, Default)]
pub struct RecorderBuilder {
    service: Option<String>,
    version: Option<String>,
    daemon_address: Option<DaemonAddress>,
    context_missing: ContextMissing,
    sampler: Option<Arc<dyn Sampler>>,
    streaming_threshold: Option<usize>,
    collect_sql: bool,
    stack_frames: usize,
    emitter: Option<Box<dyn Emitter>>,
    is_emitter_ours: bool,
    disabled: bool,
    libraries: Option<LibrarySet>,
    plugins: Vec<Box<dyn Plugin>>,
    environment: Environment,
    clock: Clock,
}

impl RecorderBuilder {
    /// Sets the name of segments that are begun without one. Variable: `AWS_XRAY_TRACING_NAME`.
    pub fn service(mut self, name: impl Into<String>) -> Self {
        self.service = Some(name.into());
        self
    }

    /// Sets the program's version, which segments carry as `service.version`.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Sets where the daemon listens; the default is `127.0.0.1:2000`. Variable: `AWS_XRAY_DAEMON_ADDRESS`.
    pub fn daemon_address(mut self, address: DaemonAddress) -> Self {
        self.daemon_address = Some(address);
        self
    }

    /// Sets what happens without a segment; the default is [`ContextMissing::LogError`].
    ///
    /// Variable: `AWS_XRAY_CONTEXT_MISSING`, with `LOG_ERROR`, `IGNORE_ERROR` or `RUNTIME_ERROR`.
    pub fn context_missing(mut self, strategy: ContextMissing) -> Self {
        self.context_missing = strategy;
        self
    }

    /// Sets who decides which traces are recorded; the default is the [`CentralSampler`], and in Lambda, where there is
    /// no way to the rules, [`LocalSampler::default`].
    pub fn sampler(mut self, sampler: impl Sampler + 'static) -> Self {
        self.sampler = Some(Arc::new(sampler));
        self
    }

    /// Sets how many finished subsegments a segment holds before they are sent early; the default is 30.
    ///
    /// With 0 each is sent as soon as it ends.
    pub fn streaming_threshold(mut self, subsegments: usize) -> Self {
        self.streaming_threshold = Some(subsegments);
        self
    }

    /// Sets whether SQL clients record the text of statements; the default is not to.
    ///
    /// Variable: `AWS_XRAY_COLLECT_SQL_QUERIES`. What is recorded has no values in it: every literal is a
    /// `?`, comments are left out, and a text of which that is not certain is not recorded at all.
    pub fn collect_sql(mut self, collect: bool) -> Self {
        self.collect_sql = collect;
        self
    }

    /// Sets how many frames of the stack an error keeps that the program records; the default is none.
    ///
    /// Variable: `AWS_XRAY_STACK_FRAMES`. An error is given the stack of the place that records it first, be that
    /// [`record_error`](crate::Entity::record_error) or a capture, and no other one on its way up. Instruments record no
    /// stacks. All exceptions of a segment or subsegment have 48 KB; of a stack that is larger the innermost frames are kept.
    ///
    /// A stack takes the time of finding its symbols: 0.05 to 0.1 ms, and the first one of a program up to 0.1 s.
    /// Panics have a stack of up to 50 frames if `RUST_LIB_BACKTRACE` or `RUST_BACKTRACE` asks for one, whatever is set here.
    pub fn stack_frames(mut self, frames: usize) -> Self {
        self.stack_frames = frames;
        self
    }

    /// Sets who sends the documents; the default is a [`UdpEmitter`].
    pub fn emitter(mut self, emitter: impl Emitter + 'static) -> Self {
        self.is_emitter_ours = (&emitter as &dyn Any).is::<UdpEmitter>();
        self.emitter = Some(Box::new(emitter));
        self
    }

    /// Turns the SDK on or off; it is on by default. Variable: `AWS_XRAY_SDK_ENABLED`.
    ///
    /// Off, nothing is recorded, nothing is patched, and headers are left as they are. Where the variable has not decided,
    /// [`Recorder::set_enabled`](crate::Recorder::set_enabled) switches it while the program runs.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.disabled = !enabled;
        self
    }

    /// Sets which libraries are traced in this recorder's segments, whatever is [patched](crate::patch) in the process.
    pub fn libraries(mut self, libraries: impl IntoIterator<Item = Library>) -> Self {
        self.libraries = Some(libraries.into_iter().collect());
        self
    }

    /// Sets who says where the program runs; the default is nobody.
    ///
    /// ```
    /// # use xray_core::{Recorder, plugins};
    /// # fn main() -> Result<(), xray_core::ConfigError> {
    /// # let environment = xray_core::Environment::empty();
    /// let recorder = Recorder::builder().plugins([plugins::ecs(), plugins::eks_in("prod")]);
    /// # let recorder = recorder.environment(environment).build()?;
    /// # assert_eq!(recorder.origin(), None);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// They look once, side by side, when the recorder is made, which takes one second at most; one that has not
    /// answered by then is left out, with a warning in the log. [`plugins::detect`](crate::plugins::detect) has all of them.
    pub fn plugins(mut self, plugins: impl IntoIterator<Item = Box<dyn Plugin>>) -> Self {
        self.plugins = plugins.into_iter().collect();
        self
    }

    /// Sets where the variables are read; the default is the process's environment.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// Sets the clock that documents take their times from; the default is the system's.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Reads the environment over what was set.
    pub(crate) fn configure(self) -> Result<Configuration, ConfigError> {
        let environment = &self.environment;
        let by_variable = parsed(environment, env::SDK_ENABLED, "true or false", parse_switch)?;
        let enabled = by_variable.unwrap_or(!self.disabled);
        let collect_sql = parsed(environment, env::COLLECT_SQL_QUERIES, "true or false", parse_switch)?;
        let stack_frames = parsed(environment, env::STACK_FRAMES, "a number of frames, or 0", |value| {
            value.parse::<usize>().map_err(|error| Some(error.into()))
        })?;
        let expected = "LOG_ERROR, IGNORE_ERROR or RUNTIME_ERROR";
        let context_missing = parsed(environment, env::CONTEXT_MISSING, expected, parse_missing)?;
        let expected = "host:port, or udp:host:port tcp:host:port";
        let address = parsed(environment, env::DAEMON_ADDRESS, expected, |value| {
            DaemonAddress::from_str(value).map_err(|error| Some(error.into()))
        })?;
        let expected = "JSON as of version 1.0, or the name of a file that has it";
        let adaptive = parsed(environment, env::ADAPTIVE_SAMPLING_CONFIG, expected, |value| {
            AdaptiveConfig::read(value).map_err(|error| Some(error.into()))
        })?;
        let address = address.or(self.daemon_address).unwrap_or_default();
        let sampler = self.sampler.unwrap_or_else(|| match lambda::is_in_lambda(environment) {
            false => Arc::new(CentralSampler::default()),
            // The platform decides there, and its daemon hands on no rules.
            true => Arc::new(LocalSampler::default()),
        });
        let adaptive = adaptive.map(Arc::new);
        install_hook(aborting::end_current);
        let setting = SamplerSetting { daemon_address: &address, clock: &self.clock, adaptive: adaptive.as_ref() };
        if caught(|| sampler.configure(&setting)).is_err() {
            Notice::SamplerNotConfigured { sampler: &sampler }.log();
        }
        let settings = Settings {
            is_emitter_ours: self.emitter.is_none() || self.is_emitter_ours,
            emitter: self.emitter.unwrap_or_else(|| Box::new(UdpEmitter::new(&address))),
            clock: self.clock,
            streaming_threshold: self.streaming_threshold.unwrap_or(30),
            service: service_block(self.version.as_deref()),
            // A program that turned the SDK off does not wait for what nobody will read.
            platform: if enabled {
                plugins::gather(self.plugins, self.environment.clone())
            } else {
                Platform::default()
            },
            libraries: self.libraries,
            collect_sql: collect_sql.unwrap_or(self.collect_sql),
            stack_frames: stack_frames.unwrap_or(self.stack_frames),
            counters: Default::default(),
        };
        let tracing_name = environment.variable(env::TRACING_NAME);
        let lambda = Lambda::detect(self.environment);
        if enabled && lambda.is_there() {
            lambda::mark(Path::new(lambda::MARKER));
        }
        Ok(Configuration {
            settings: Arc::new(settings),
            sampler,
            service: tracing_name.clone().or(self.service),
            tracing_name,
            context_missing: context_missing.unwrap_or(self.context_missing),
            missing: SharedMissing::default(),
            switch: Switch { enabled: enabled.into(), is_fixed: by_variable.is_some() },
            address,
            lambda,
        })
    }

    /// The configuration of a program that has set nothing up: what cannot be read is left at its default, and returned.
    pub(crate) fn configure_or_default() -> (Configuration, Vec<ConfigError>) {
        let mut environment = Environment::process();
        let mut ignored = Vec::new();
        loop {
            match Self::default().environment(environment.clone()).configure() {
                Ok(configuration) => return (configuration, ignored),
                Err(error) => {
                    environment = environment.without(error.variable);
                    ignored.push(error);
                }
            }
        }
    }
}

type Source = Box<dyn std::error::Error + Send + Sync>;

/// A variable has a value that cannot be read.
#[derive(Debug)]
pub struct ConfigError {
    variable: &'static str,
    value: String,
    expected: &'static str,
    source: Option<Source>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} is {:?}: expected {}", self.variable, self.value, self.expected)
    }
}

impl std::error::Error for ConfigError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

fn parsed<T>(
    environment: &Environment,
    variable: &'static str,
    expected: &'static str,
    parse: impl Fn(&str) -> Result<T, Option<Source>>,
) -> Result<Option<T>, ConfigError> {
    let Some(value) = environment.variable(variable) else { return Ok(None) };
    parse(&value).map(Some).map_err(|source| ConfigError {
        variable,
        value: value.chars().take(200).collect(),
        expected,
        source,
    })
}

fn parse_switch(value: &str) -> Result<bool, Option<Source>> {
    // The words that the Python SDK takes.
    match value.to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "on" | "1" => Ok(true),
        "false" | "f" | "no" | "n" | "off" | "0" => Ok(false),
        _ => Err(None),
    }
}

fn parse_missing(value: &str) -> Result<ContextMissing, Option<Source>> {
    [ContextMissing::LogError, ContextMissing::IgnoreError, ContextMissing::RuntimeError]
        .into_iter()
        .find(|strategy| strategy.to_string().eq_ignore_ascii_case(value))
        .ok_or(None)
}

fn service_block(version: Option<&str>) -> String {
    let version = version.map(|version| format!("\"version\":{},", to_json(version))).unwrap_or_default();
    format!("{{{version}\"runtime\":\"rustc\",\"runtime_version\":{}}}", to_json(env!("XRAY_RUSTC_VERSION")))
}
