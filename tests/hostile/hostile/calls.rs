//! Every public function of the SDK that needs no server, by the names under which the sources have them.

use std::error::Error;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Waker};
use std::time::{Duration, SystemTime};

use aws_xray_sdk as xray;
use xray::emitter::{DaemonAddress, Emitter as _, UdpEmitter};
use xray::plugins::{self, Platform};
use xray::prelude::*;
use xray::sampling::{
    CentralSampler, FixedSampler, LocalSampler, Sampler as _, SamplingDecision, SamplingRequest, matches_wildcard,
};
use xray::{
    Clock, ContextMissing, Environment, Exception, HttpRequest, HttpResponse, Library, Namespace, Preparation,
    Recorder, Sampled, SegmentId, Sql, TraceHeader, TraceId,
};
use xray_core::{ClientCall, EntityScope};

use crate::things::{Nowhere, builder, recorder};

/// Calls with the names of the functions that each makes.
pub struct Call {
    pub functions: &'static str,
    make: fn(),
}

pub fn make_all() {
    ALL.iter().for_each(|call| (call.make)());
}

macro_rules! calls {
    ($($functions:literal => $make:expr;)+) => {
        pub const ALL: &[Call] = &[$(Call { functions: $functions, make: || { let _ = $make; } }),+];
    };
}

const HEADER: &str = "Root=1-57ff426a-80c11c39b0c928905eb0828d;Parent=53995c3f42cd8ad8;Sampled=1";

calls! {
    // Set-up.
    "Recorder::builder RecorderBuilder::service RecorderBuilder::version RecorderBuilder::daemon_address \
     RecorderBuilder::context_missing RecorderBuilder::sampler RecorderBuilder::streaming_threshold \
     RecorderBuilder::collect_sql RecorderBuilder::stack_frames RecorderBuilder::emitter RecorderBuilder::enabled RecorderBuilder::libraries \
     RecorderBuilder::plugins RecorderBuilder::environment RecorderBuilder::clock RecorderBuilder::build" => {
        let builder = Recorder::builder().service("shop").version("1").daemon_address(DaemonAddress::default());
        let builder = builder.context_missing(ContextMissing::LogError).sampler(FixedSampler::ALL).streaming_threshold(3);
        let builder = builder.collect_sql(true).stack_frames(5).emitter(Nowhere).enabled(true).libraries([Library::Reqwest]);
        let builder = builder.plugins([plugins::eks_in("shop")]).environment(Environment::empty()).clock(Clock::system());
        builder.build().unwrap()
    };
    "RecorderBuilder::install" => builder().install().unwrap();
    "Recorder::current Recorder::service Recorder::tracing_name Recorder::origin Recorder::is_enabled \
     Recorder::daemon_address Recorder::stats Stats::dropped Recorder::is_in_lambda" => {
        let recorder = Recorder::current();
        let _ = (recorder.service(), recorder.tracing_name(), recorder.origin(), recorder.is_enabled());
        let _ = (recorder.daemon_address(), recorder.is_in_lambda(), format!("{recorder:?}"));
        recorder.stats().dropped()
    };
    "Recorder::scope" => recorder().scope();
    "Recorder::set_enabled" => {
        let recorder = recorder();
        recorder.set_enabled(false);
        recorder.set_enabled(true);
    };
    "patch patch_all" => (xray::patch(["tower"]), xray::patch_all());
    "filter_messages" => {
        // Each would be asked from then on.
        static ADDED: AtomicU32 = AtomicU32::new(0);
        if ADDED.fetch_add(1, Ordering::Relaxed) < 3 {
            xray::filter_messages(|_| None);
        }
    };
    "reseed" => xray::reseed();
    "Environment::process Environment::empty" => (Environment::process(), Environment::empty());
    "Clock::system Clock::manual Clock::advance Clock::unix_seconds Clock::monotonic" => {
        let clock = Clock::manual(Duration::from_secs(1));
        clock.advance(Duration::from_secs(1));
        (clock.unix_seconds(), Clock::system().monotonic())
    };
    "plugins::detect plugins::ec2 plugins::ec2_with_imds_v1 plugins::ecs plugins::eks plugins::eks_in \
     plugins::elastic_beanstalk plugins::app_runner plugins::app_runner_service Surroundings::variable" => {
        let all = (plugins::detect(), plugins::ec2(), plugins::ec2_with_imds_v1(), plugins::elastic_beanstalk());
        // Those that look at variables alone.
        let quick = [plugins::ecs(), plugins::eks(), plugins::eks_in("a"), plugins::app_runner(), plugins::app_runner_service("arn:aws:apprunner:a:b:service/c/d")];
        (all, builder().plugins(quick).build().unwrap())
    };
    "Platform::new Platform::aws Platform::log_group Platform::resource_arn Platform::origin" => {
        let platform = Platform::new("AWS::EC2::Instance").aws("ec2", 1).log_group("group", None).resource_arn("arn");
        platform.origin().is_some()
    };
    // Segments.
    "Recorder::begin_segment Recorder::segment SegmentBuilder::trace_header SegmentBuilder::sampling_request \
     SegmentBuilder::sampled SegmentBuilder::begin_at SegmentBuilder::begin Segment::end Segment::end_at" => {
        let recorder = recorder();
        recorder.begin_segment("shop").end();
        let segment = recorder.segment("shop").trace_header(TraceHeader::parse(HEADER)).sampled(true);
        let segment = segment.sampling_request(SamplingRequest::new()).begin_at(SystemTime::now()).begin();
        segment.end_at(SystemTime::now());
    };
    "begin_segment" => xray::begin_segment("shop");
    "Recorder::facade_segment" => {
        let function = recorder().facade_segment(TraceHeader::parse(HEADER));
        let _current = function.enter();
        xray::begin_subsegment("part").end();
        function.record_error("lost");
    };
    "Segment::set_user Segment::set_origin Segment::entered EnteredSegment::end EnteredSegment::end_at" => {
        let segment = recorder().begin_segment("shop").entered();
        segment.set_user("user");
        segment.set_origin("AWS::EC2::Instance");
        segment.end();
        recorder().begin_segment("shop").entered().end_at(SystemTime::now());
    };
    // Subsegments, in whatever is current and in a segment of their own.
    "begin_subsegment begin_subsegment_at begin_subsegment_without_sampling begin_client_subsegment \
     begin_subsegment_in_trace ClientCall::of ClientCall::begin ClientCall::is_traced" => {
        let begin = || {
            xray::begin_subsegment("part").end();
            xray::begin_subsegment_at("part", SystemTime::now()).end();
            xray::begin_subsegment_without_sampling("part").end();
            xray::begin_client_subsegment(Library::Tower, || "part").end();
            xray::begin_subsegment_in_trace(TraceHeader::parse(HEADER), "part").end();
            let _ = ClientCall::begin(Library::Tower) == ClientCall::of(Library::Tower);
            ClientCall::of(Library::Mongodb).is_traced()
        };
        begin();
        in_segment(|| { let _ = begin(); })
    };
    "Entity::begin_subsegment Entity::begin_subsegment_at Subsegment::set_namespace Subsegment::set_sql \
     Subsegment::collects_sql Subsegment::set_age Subsegment::put_precursor Subsegment::entered Subsegment::end \
     Subsegment::end_at EnteredSubsegment::end EnteredSubsegment::end_at" => {
        let segment = recorder().begin_segment("shop");
        let first = segment.begin_subsegment("first");
        first.set_namespace(Namespace::Remote);
        let sql = Sql::new("PostgreSQL").url("postgres://host/db").database_version("1").driver_version("2").user("u");
        first.set_sql(sql.preparation(Preparation::Statement).sanitized_query("SELECT ?"));
        first.set_age(Duration::from_secs(1));
        let _ = first.collects_sql();
        let second = segment.begin_subsegment_at("second", SystemTime::now());
        second.put_precursor(SegmentId::generate());
        first.end();
        second.end_at(SystemTime::now());
        segment.begin_subsegment("third").entered().end();
        segment.begin_subsegment("fourth").entered().end_at(SystemTime::now());
    };
    "Sql::new Sql::url Sql::database_version Sql::driver_version Sql::user Sql::preparation Sql::sanitized_query \
     Sql::recorded_url" => {
        let sql = Sql::new("SQLite").url("sqlite://db").database_version("1").driver_version("2").user("u");
        sql.preparation(Preparation::Call).sanitized_query("SELECT ?").recorded_url().is_some()
    };
    // What is put on them.
    "Entity::id Entity::trace_id Entity::is_recording Entity::trace_header Entity::enter Entity::entered" => in_segment(|| {
        let entity = xray::current_entity();
        let _ = (entity.id(), entity.trace_id(), entity.is_recording(), entity.trace_header(), format!("{entity:?}"));
        drop(entity.enter());
        drop(entity.entered());
    });
    "Entity::put_annotation Entity::put_metadata Entity::put_metadata_in Entity::put_aws Entity::put_link \
     Entity::record_error Entity::record_foreign_error Entity::record_fault Entity::record_exception Entity::set_error Entity::set_fault \
     Entity::set_throttle Entity::set_http_request Entity::set_http_response Entity::set_name" => {
        put_all(&xray::current_entity());
        in_segment(|| put_all(&xray::current_entity()));
    };
    "current_entity current_segment current_subsegment current_trace_header current_trace_id current_log_reference \
     is_sampled put_annotation put_metadata put_metadata_in record_error LogReference::trace_id \
     LogReference::segment_id" => {
        look_and_put();
        in_segment(look_and_put);
    };
    "HttpRequest::new HttpRequest::from_parts HttpRequest::user_agent HttpRequest::client_ip HttpRequest::forwarded_for HttpRequest::traced \
     HttpRequest::url HttpResponse::new HttpResponse::content_length" => {
        let request = HttpRequest::new("GET", "http://shop/").user_agent("agent").client_ip("::1").forwarded_for("::1, ::2");
        drop(HttpRequest::from_parts("GET", "http", "shop", "/"));
        (request.traced(true).url().len(), HttpResponse::new(200).content_length(Some(1)))
    };
    "Exception::new Exception::from_error Exception::remote Exception::caused_by Exception::standing_for Exception::known_by_ending" => {
        let cause = Exception::from_error("lost").remote(true);
        Exception::new("Error", "at http://shop/?a=b").caused_by(cause).standing_for("lost").known_by_ending()
    };
    // Work.
    "capture" => {
        let _ = xray::capture("part", |_| Err::<(), _>("lost"));
        in_segment(|| drop(xray::capture("part", |part| { part.put_annotation("key", 1); Ok::<_, String>(()) })));
    };
    "capture_async XRayFutureExt::in_segment XRayFutureExt::in_subsegment XRayFutureExt::in_current" => {
        poll(xray::capture_async("part", async { Err::<(), _>("lost") }));
        let work = async { captured().await }.in_subsegment("part").in_current();
        poll(work.in_segment(recorder().begin_segment("shop")));
    };
    "carry run_in_subsegment" => in_segment(|| {
        xray::carry(|| xray::run_in_subsegment("part", |part| part.put_annotation("key", 1)))();
    });
    "EntityScope::run EntityScope::end Subsegment::set_cancelled_if_dropped" => {
        let segment = recorder().begin_segment("shop");
        segment.begin_subsegment("part").set_cancelled_if_dropped(true);
        let mut scope = EntityScope::from(segment);
        scope.run(xray::current_trace_id);
        scope.end();
    };
    // Headers and ids.
    "TraceHeader::new TraceHeader::with_parent TraceHeader::with_sampled TraceHeader::parse TraceHeader::from_traceparent \
     TraceHeader::or_traceparent TraceHeader::to_traceparent TraceHeader::root TraceHeader::parent TraceHeader::sampled TraceHeader::extras" => {
        let header = TraceHeader::new(TraceId::generate()).with_parent(SegmentId::generate()).with_sampled(Sampled::Yes);
        let text = header.to_traceparent().unwrap_or_default();
        let header = (TraceHeader::from_traceparent(&text), TraceHeader::parse(HEADER).or_traceparent(&text));
        (header.1.root(), header.1.parent(), header.1.sampled(), header.1.extras().count())
    };
    "TraceId::generate TraceId::from_w3c TraceId::to_w3c SegmentId::generate" => {
        (TraceId::from_w3c(&TraceId::generate().to_w3c()).is_ok(), SegmentId::generate())
    };
    "Library::name" => Library::ALL.map(Library::name);
    // Sampling.
    "CentralSampler::builder CentralSamplerBuilder::fallback CentralSamplerBuilder::build Sampler::follow" => {
        let sampler = CentralSampler::builder().fallback(FixedSampler::ALL).build();
        sampler.follow(SamplingDecision::sampled(), "key")
    };
    "LocalSampler::from_json LocalSampler::from_file Sampler::should_sample Sampler::configure SamplingRequest::new \
     SamplingRequest::host SamplingRequest::method SamplingRequest::path SamplingRequest::service_name \
     SamplingRequest::service_type SamplingRequest::resource_arn SamplingRequest::attributes \
     SamplingDecision::sampled SamplingDecision::not_sampled SamplingDecision::with_rule_name \
     SamplingDecision::is_sampled SamplingDecision::rule_name sampling::matches_wildcard" => {
        let request = SamplingRequest::new().host("h").method("GET").path("/").service_name("shop").service_type("t");
        let request = request.resource_arn("arn").attributes(&[("key", "value")]);
        let _ = LocalSampler::from_file("/no/such/file").is_err();
        // Building a recorder with it configures it.
        let sampler = LocalSampler::from_json(r#"{"version": 2, "default": {"fixed_target": 1, "rate": 0}}"#).unwrap();
        let decision = sampler.should_sample(&request);
        drop(builder().sampler(sampler).build());
        let _ = (decision.is_sampled(), SamplingDecision::not_sampled().with_rule_name("rule").rule_name().is_some());
        matches_wildcard("*", "shop")
    };
    // Ways out.
    "DaemonAddress::udp DaemonAddress::tcp Endpoint::host Endpoint::port" => {
        let address = DaemonAddress::default();
        (address.udp().host().len(), address.tcp().port())
    };
    "UdpEmitter::new Emitter::emit Emitter::max_document_size SegmentDocument::json SegmentDocument::datagram" => {
        let emitter = UdpEmitter::new(&DaemonAddress::from(SocketAddr::from(([127, 0, 0, 1], 9))));
        let _ = emitter.max_document_size();
        #[derive(Debug)]
        struct Passes(UdpEmitter);
        impl xray::emitter::Emitter for Passes {
            fn emit(&self, document: xray::emitter::SegmentDocument<'_>) -> Result<(), xray::emitter::EmitError> {
                let _ = (document.json().len(), document.datagram().len());
                self.0.emit(document)
            }
        }
        builder().emitter(Passes(emitter)).build().unwrap().begin_segment("shop").end();
    };
    "logs::text logs::json" => (xray::logs::text(()), xray::logs::json(()));
}

fn in_segment(work: impl FnOnce()) {
    let _segment = recorder().begin_segment("shop").entered();
    work();
}

fn put_all(entity: &xray::Entity) {
    entity.put_annotation("key", "value");
    entity.put_metadata("key", 1);
    entity.put_metadata_in("namespace", "key", 1);
    entity.put_aws("operation", "PutItem");
    entity.put_link(&TraceHeader::parse(HEADER));
    let error: Box<dyn Error + Send + Sync> = "lost".into();
    entity.record_error(&error);
    entity.record_foreign_error("lost elsewhere");
    entity.record_fault(Exception::new("Error", "lost"));
    entity.record_exception(Exception::new("Error", "lost again"));
    entity.set_error();
    entity.set_fault();
    entity.set_throttle();
    entity.set_http_request(HttpRequest::new("GET", "http://shop/"));
    entity.set_http_response(HttpResponse::new(500));
    entity.set_name("other");
}

fn look_and_put() {
    drop((xray::current_entity(), xray::current_segment(), xray::current_subsegment()));
    let _ = (xray::current_trace_header(), xray::current_trace_id(), xray::is_sampled());
    let _ = xray::current_log_reference().map(|reference| (reference.trace_id(), reference.segment_id()));
    xray::put_annotation("key", 1);
    xray::put_metadata("key", 1);
    xray::put_metadata_in("namespace", "key", 1);
    xray::record_error("lost");
}

#[xray::capture]
async fn captured() {
    xray::begin_subsegment("part").end();
}

fn poll(work: impl Future) {
    let _ = pin!(work).as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready();
}
