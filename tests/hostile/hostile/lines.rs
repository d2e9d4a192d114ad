//! For each line that the SDK can log, what makes it do so.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use xray_core::__private::NoticeKind;
use xray_core::emitter::{DaemonAddress, EmitError, Emitter, SegmentDocument};
use xray_core::plugins::{self, Platform, Plugin, Surroundings as Machine};
use xray_core::sampling::{CentralSampler, Sampler, SamplerSetting, SamplingDecision, SamplingRequest};
use xray_core::testing::SamplingService;
use xray_core::{
    Clock, Compiled, Environment, Library, PatchError, Recorder, RecorderBuilder, TraceHeader, begin_client_subsegment,
    begin_subsegment,
};

use crate::behaviour::join;
use crate::subscriber::wait_for;
use crate::things::{builder, recorder};

/// What a process has to find for a line to be provoked in it.
#[derive(Clone, Copy)]
pub struct Surroundings {
    /// Whether it plays the cell alone.
    pub is_fresh: bool,
    pub variables: &'static [(&'static str, &'static str)],
}

pub fn surroundings(line: NoticeKind) -> Surroundings {
    let variables: &[_] = match line {
        NoticeKind::VariableIgnored => &[("AWS_XRAY_CONTEXT_MISSING", "LOG_EROR")],
        // So much has no system.
        NoticeKind::NoThreadForPlugin | NoticeKind::NoThreadForSampling | NoticeKind::NoThreadForName => {
            &[("RUST_MIN_STACK", "70368744177664")]
        }
        _ => &[],
    };
    Surroundings { is_fresh: !variables.is_empty(), variables }
}

/// How long a line of another thread is waited for, which is only as long if it is not written.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether nothing else than a panic, on the same thread, makes the SDK write it.
pub fn comes_of_a_panic(line: NoticeKind) -> bool {
    matches!(line, NoticeKind::SamplerPanicked | NoticeKind::SamplerNotConfigured)
}

/// Whether it is one of those that are written while an instrument records: of what is current, of a value, of a document.
pub fn comes_of_recording(line: NoticeKind) -> bool {
    matches!(line, NoticeKind::HandleOfNothing | NoticeKind::ValueNotRecorded | NoticeKind::DocumentsLost)
}

pub fn provoke(line: NoticeKind) {
    match line {
        NoticeKind::LibraryNotHooked => {
            let install = || Err(PatchError::Hook { library: Library::Rusqlite, reason: "no".to_owned() });
            let _ = xray_core::patch_all(&[Compiled { library: Library::Rusqlite, install }]);
        }
        NoticeKind::VariableIgnored => join(|| drop(Recorder::current())),
        NoticeKind::OutsideOfInvocation => {
            let environment = Environment::from_iter([("LAMBDA_TASK_ROOT", "/var/task")]);
            let recorder = builder().environment(environment).build().unwrap();
            join(move || recorder.begin_segment("shop").end());
        }
        NoticeKind::SamplerNotConfigured => drop(builder().sampler(Panics).build()),
        NoticeKind::LambdaNotTold => without_files(|| {
            let environment = Environment::from_iter([("LAMBDA_TASK_ROOT", "/var/task")]);
            drop(builder().environment(environment).build());
        }),
        NoticeKind::PluginPanicked => with_plugins([Box::new(Panics)]),
        NoticeKind::NoThreadForPlugin => with_plugins([Box::new(Finds)]),
        NoticeKind::PluginsLate => {
            let (held, late) = mpsc::channel();
            with_plugins([Box::new(Late(Mutex::new(late)))]);
            drop(held);
        }
        NoticeKind::NotAnArn => with_plugins([plugins::app_runner_service("the cart")]),
        NoticeKind::MetadataServiceNotAsked => ask_metadata("the cart"),
        NoticeKind::MetadataServiceSilent => ask_metadata("http://127.0.0.1:9/"),
        NoticeKind::NotAnObject => {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let url = format!("http://{}/", listener.local_addr().unwrap());
            let thread = std::thread::spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                let _ = stream.read(&mut [0; 1_024]);
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnope");
            });
            ask_metadata(&url);
            thread.join().unwrap();
        }
        NoticeKind::PluginValueUnreadable => drop(Platform::new("").aws("ec2", Unreadable)),
        NoticeKind::PluginValueTwice => {
            let known = json!({"instance_id": "i-1"});
            drop(Platform::new("").aws("ec2", &known).aws("ec2", &known));
        }
        NoticeKind::PluginValueTooLarge => {
            drop(Platform::new("").aws("ec2", json!({"instance_id": "x".repeat(10_000)})));
        }
        // On a thread where nothing is current and no recorder scoped.
        NoticeKind::SegmentMissing => join(|| begin_subsegment("part").end()),
        NoticeKind::HandleOfNothing => {
            let _segment = recorder().begin_segment("shop").entered();
            xray_core::current_subsegment().put_annotation("key", 1);
        }
        NoticeKind::ValueNotRecorded => recorder().begin_segment("shop").entered().put_annotation("", 1),
        NoticeKind::ValueOfFunction => {
            let header = "Root=1-57ff426a-80c11c39b0c928905eb0828d;Parent=53995c3f42cd8ad8;Sampled=1";
            let function = recorder().facade_segment(TraceHeader::parse(header));
            // Current, so that whoever uses the SDK meanwhile asks for the same lock.
            let _current = function.enter();
            function.put_annotation("key", 1);
        }
        NoticeKind::ValuesTrimmed => {
            let segment = recorder().begin_segment("shop");
            segment.put_metadata("first", "x".repeat(50_000));
            segment.put_metadata("second", "x".repeat(50_000));
        }
        NoticeKind::DocumentsLost => builder().emitter(Refuses).build().unwrap().begin_segment("shop").end(),
        NoticeKind::SamplerPanicked => builder().sampler(Panics).build().unwrap().begin_segment("shop").end(),
        NoticeKind::GuardOutlived => {
            let (first, second) = (recorder().begin_segment("first"), recorder().begin_segment("second"));
            let outer = first.enter();
            let _inner = second.enter();
            drop(outer);
        }
        NoticeKind::SwitchFixed => {
            let environment = Environment::from_iter([("AWS_XRAY_SDK_ENABLED", "true")]);
            builder().environment(environment).build().unwrap().set_enabled(false);
        }
        NoticeKind::RulesTooOld => with_service([rule()], |clock, recorder, _| {
            clock.advance(Duration::from_secs(3_601));
            recorder.begin_segment("shop").end();
        }),
        NoticeKind::NoSampling => {
            let recorder = builder().daemon_address(address("127.0.0.1:9")).sampler(CentralSampler::default()).build();
            let recorder = recorder.unwrap();
            recorder.begin_segment("shop").end();
            // The thread that asks for the rules goes with the recorder.
            wait_for(line, PATIENCE);
            drop(recorder);
        }
        NoticeKind::NoThreadForSampling => {
            let recorder = builder().sampler(CentralSampler::default()).build().unwrap();
            recorder.begin_segment("shop").end();
        }
        NoticeKind::RuleLeftOut => {
            with_service([rule(), json!({"RuleName": "half"})], |_, _, _| wait_for(line, PATIENCE))
        }
        NoticeKind::StatisticsNotTaken => with_service([rule()], |clock, recorder, service| {
            service.set_targets(|_| {
                let refused = json!({"RuleName": "all", "ErrorCode": "500", "Message": "no"});
                json!({"SamplingTargetDocuments": [], "UnprocessedStatistics": [refused]})
            });
            recorder.begin_segment("shop").end();
            clock.advance(Duration::from_secs(11));
            wait_for(line, PATIENCE);
        }),
        NoticeKind::DaemonUnreachable => send_to("255.255.255.255:2000"),
        NoticeKind::DaemonAddressUnreachable => {
            // The resolver takes it for a number, and the number for the address that nobody may send to.
            send_to("0xffffffff:2000");
            wait_for(line, PATIENCE);
        }
        NoticeKind::DaemonMoved => {
            send_to("localhost:2000");
            wait_for(line, PATIENCE);
        }
        NoticeKind::DaemonNotResolved => {
            // No name has so long a part: nobody has to be asked.
            send_to(&format!("{}.invalid:2000", "x".repeat(100)));
            wait_for(line, PATIENCE);
        }
        NoticeKind::NoThreadForName => send_to("localhost:2000"),
        NoticeKind::LibraryNotPatched => {
            let recorder = builder().libraries([]).build().unwrap();
            let _segment = recorder.begin_segment("shop").entered();
            begin_client_subsegment(Library::Mongodb, || "orders").end();
        }
        // A line that is new: say here what makes the SDK write it.
        #[allow(unreachable_patterns)]
        _ => {}
    }
}

fn with_plugins<const N: usize>(plugins: [Box<dyn Plugin>; N]) {
    drop(builder().plugins(plugins).build());
}

fn ask_metadata(url: &str) {
    let environment = Environment::from_iter([("ECS_CONTAINER_METADATA_URI_V4", url)]);
    drop(builder().environment(environment).plugins([plugins::ecs()]).build());
}

/// Takes away all files that the process may open, for as long as work takes.
fn without_files(work: impl FnOnce()) {
    let mut taken = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        taken.push(file);
    }
    work();
    drop(taken);
}

fn address(text: &str) -> DaemonAddress {
    text.parse().unwrap()
}

fn send_to(daemon: &str) {
    let builder: RecorderBuilder =
        Recorder::builder().environment(Environment::empty()).daemon_address(address(daemon));
    drop(builder.build());
}

fn rule() -> Value {
    json!({"RuleName": "all", "Priority": 1, "FixedRate": 1.0, "ReservoirSize": 1, "ServiceName": "*", "ServiceType": "*",
        "Host": "*", "HTTPMethod": "*", "URLPath": "*", "ResourceARN": "*", "Attributes": {}, "Version": 1})
}

/// Runs work with a recorder whose sampler has the rules of a service.
fn with_service(rules: impl IntoIterator<Item = Value>, work: impl FnOnce(&Clock, &Recorder, &SamplingService)) {
    let service = SamplingService::start().unwrap();
    service.set_rules(rules);
    let clock = Clock::manual(Duration::from_secs(1_500_000_000));
    let daemon = address(&format!("udp:127.0.0.1:9 tcp:{}", service.address()));
    let sampler = Shared(Arc::new(CentralSampler::default()));
    let builder = builder().daemon_address(daemon).clock(clock.clone()).sampler(sampler.clone());
    let recorder = builder.build().unwrap();
    while sampler.0.should_sample(&SamplingRequest::new()).rule_name().is_none() {
        std::thread::yield_now();
    }
    work(&clock, &recorder, &service);
}

#[derive(Clone, Debug)]
struct Shared(Arc<CentralSampler>);

impl Sampler for Shared {
    fn should_sample(&self, request: &SamplingRequest<'_>) -> SamplingDecision {
        self.0.should_sample(request)
    }

    fn configure(&self, setting: &SamplerSetting<'_>) {
        self.0.configure(setting);
    }
}

#[derive(Debug)]
struct Panics;

impl Sampler for Panics {
    fn should_sample(&self, _: &SamplingRequest<'_>) -> SamplingDecision {
        panic!("in a sampler")
    }

    fn configure(&self, _: &SamplerSetting<'_>) {
        panic!("in a sampler")
    }
}

impl Plugin for Panics {
    fn look(&self, _: &Machine) -> Option<Platform> {
        panic!("in a plugin")
    }
}

#[derive(Debug)]
struct Finds;

impl Plugin for Finds {
    fn look(&self, _: &Machine) -> Option<Platform> {
        None
    }
}

#[derive(Debug)]
struct Late(Mutex<mpsc::Receiver<()>>);

impl Plugin for Late {
    fn look(&self, _: &Machine) -> Option<Platform> {
        let _ = self.0.lock().unwrap().recv();
        None
    }
}

#[derive(Debug)]
struct Refuses;

impl Emitter for Refuses {
    fn emit(&self, _: SegmentDocument<'_>) -> Result<(), EmitError> {
        Err(EmitError::Refused)
    }
}

struct Unreadable;

impl Serialize for Unreadable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("no"))
    }
}
