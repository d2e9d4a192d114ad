//! Asks all plugins at once and puts together what they found.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::{Platform, Plugin, Surroundings};
use crate::env::Environment;
use crate::notice::Notice;
use crate::panic::caught;

/// How long a recorder waits for its plugins: what the other SDKs give to each request.
const TIME_LIMIT: Duration = Duration::from_secs(1);

/// What the plugins find within the time limit.
pub(crate) fn gather(plugins: Vec<Box<dyn Plugin>>, environment: Environment) -> Platform {
    if plugins.is_empty() {
        return Platform::default();
    }
    gather_within(TIME_LIMIT, plugins, Surroundings::new(environment))
}

pub(super) fn gather_within(limit: Duration, plugins: Vec<Box<dyn Plugin>>, surroundings: Surroundings) -> Platform {
    let deadline = Instant::now() + limit;
    let surroundings = Arc::new(surroundings);
    let mut found: Vec<Option<Platform>> = plugins.iter().map(|_| None).collect();
    let mut waiting: Vec<String> = plugins.iter().map(|plugin| name_of(plugin.as_ref())).collect();
    let (answers, answer) = mpsc::channel();
    for (position, plugin) in plugins.into_iter().enumerate() {
        let (answers, surroundings, name) = (answers.clone(), Arc::clone(&surroundings), waiting[position].clone());
        let started = thread::Builder::new().name("xray-plugin".to_owned()).spawn(move || {
            let platform = caught(|| plugin.look(&surroundings)).unwrap_or_else(|_| {
                Notice::PluginPanicked { plugin: &name }.log();
                None
            });
            // Nobody waits for what comes too late.
            let _ = answers.send((position, platform));
        });
        if let Err(error) = started {
            Notice::NoThreadForPlugin { error: &error, plugin: &waiting[position] }.log();
        }
    }
    drop(answers);
    loop {
        match answer.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok((position, platform)) => {
                found[position] = platform;
                waiting[position].clear();
            }
            // All have answered, or could not.
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                let plugins: Vec<&String> = waiting.iter().filter(|plugin| !plugin.is_empty()).collect();
                Notice::PluginsLate { plugins: &plugins, limit: &limit }.log();
                break;
            }
        }
    }
    put_together(found.into_iter().flatten().collect())
}

/// How the log calls a plugin, whose `Debug` is the program's.
fn name_of(plugin: &dyn Plugin) -> String {
    caught(|| format!("{plugin:?}")).unwrap_or_else(|_| "a plugin whose Debug panics".to_owned())
}

/// The most specific platform says the origin: a container is on an instance, and an environment has containers.
fn put_together(mut found: Vec<Platform>) -> Platform {
    found.sort_by_key(|platform| platform.origin().map_or(usize::MAX, rank));
    let mut platforms = found.into_iter();
    let mut platform = platforms.next().unwrap_or_default();
    platforms.for_each(|other| platform.merge(other));
    platform.finished()
}

/// The order of the AWS X-Ray SDK for Java; a program's own plugin knows better than any of them.
fn rank(origin: &str) -> usize {
    const MOST_SPECIFIC_FIRST: [&str; 5] =
        ["AWS::AppRunner::", "AWS::ElasticBeanstalk::", "AWS::EKS::", "AWS::ECS::", "AWS::EC2::"];
    MOST_SPECIFIC_FIRST.iter().position(|prefix| origin.starts_with(prefix)).map_or(0, |position| position + 1)
}
