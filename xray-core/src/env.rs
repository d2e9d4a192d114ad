//! The variables that configure the SDK: the only place that reads the environment.

use std::collections::HashMap;
use std::fmt;

/// The variables that a recorder reads.
///
/// The default is the environment of the process. Tests, and programs that keep their
/// configuration elsewhere, give their own:
///
/// ```
/// # use xray_core::{Environment, Recorder};
/// let environment = Environment::from_iter([("AWS_XRAY_CONTEXT_MISSING", "LOG_EROR")]);
/// let error = Recorder::builder().environment(environment).build().unwrap_err();
/// assert!(error.to_string().contains("LOG_ERROR, IGNORE_ERROR or RUNTIME_ERROR"));
/// ```
#[derive(Clone, Default)]
pub struct Environment {
    /// `None` stands for the process.
    variables: Option<HashMap<String, String>>,
    left_out: Vec<&'static str>,
}

/// Where the daemon is: `host:port`, or `udp:host:port tcp:host:port`. It wins over the code.
pub(crate) const DAEMON_ADDRESS: &str = "AWS_XRAY_DAEMON_ADDRESS";
/// The service's name. It wins over the code.
pub(crate) const TRACING_NAME: &str = "AWS_XRAY_TRACING_NAME";
/// What happens without a segment. It wins over the code.
pub(crate) const CONTEXT_MISSING: &str = "AWS_XRAY_CONTEXT_MISSING";
/// `false` turns the SDK off. It wins over the code.
pub(crate) const SDK_ENABLED: &str = "AWS_XRAY_SDK_ENABLED";
/// `true` records the text of SQL statements, as in the SDK for Node.js. It wins over the code.
pub(crate) const COLLECT_SQL_QUERIES: &str = "AWS_XRAY_COLLECT_SQL_QUERIES";
/// How many frames of the stack an error keeps that the program records. It wins over the code.
pub(crate) const STACK_FRAMES: &str = "AWS_XRAY_STACK_FRAMES";
/// What adaptive sampling takes for an anomaly: JSON, or the file that has it.
pub(crate) const ADAPTIVE_SAMPLING_CONFIG: &str = "AWS_XRAY_ADAPTIVE_SAMPLING_CONFIG";

/// Where a Lambda function's code is: nothing else sets it.
pub(crate) const LAMBDA_TASK_ROOT: &str = "LAMBDA_TASK_ROOT";
/// The trace header of the invocation, while Lambda has one at a time.
pub(crate) const LAMBDA_TRACE_HEADER: &str = "_X_AMZN_TRACE_ID";
/// How the process of a function came to be.
pub(crate) const LAMBDA_INITIALIZATION_TYPE: &str = "AWS_LAMBDA_INITIALIZATION_TYPE";
/// How many invocations one process of a function has at a time.
pub(crate) const LAMBDA_MAX_CONCURRENCY: &str = "AWS_LAMBDA_MAX_CONCURRENCY";

impl Environment {
    /// The environment of the process.
    #[must_use]
    pub fn process() -> Self {
        Self::default()
    }

    /// An environment without variables: what the code says, counts.
    #[must_use]
    pub fn empty() -> Self {
        Self::from_iter::<[(String, String); 0]>([])
    }

    /// The same without a variable.
    pub(crate) fn without(mut self, name: &'static str) -> Self {
        self.left_out.push(name);
        self
    }

    /// A variable that is set and not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        let value = match &self.variables {
            _ if self.left_out.contains(&name) => None,
            Some(variables) => variables.get(name).cloned(),
            // Broken UTF-8 is shown with replacement characters, in the error that follows.
            None => std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()),
        };
        value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { variables: Some(variables), left_out: Vec::new() }
    }
}

/// Shows names only: an environment is full of secrets.
impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.variables {
            None => formatter.write_str("Environment::process()"),
            Some(variables) => formatter.debug_set().entries(variables.keys()).finish(),
        }
    }
}
