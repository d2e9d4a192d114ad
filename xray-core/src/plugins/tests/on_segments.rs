//! What plugins found, on what arrives at the daemon.

use serde_json::json;

use super::*;
use crate::emitter::DaemonAddress;
use crate::sampling::{LocalSampler, SamplingRequest};
use crate::testing::Daemon;

/// The `origin`, `resource_arn` and `aws` of a segment that was sent from that platform.
pub(super) fn segment_on(platform: Platform) -> Value {
    let daemon = Daemon::start().unwrap();
    drop(daemon.recorder().plugins(always(platform)).build().unwrap().begin_segment("shop"));
    let segment = daemon.wait_for(1, PATIENT).only_trace().root().json().clone();
    let mut aws = segment["aws"].clone();
    aws.as_object_mut().unwrap().remove("xray");
    json!({ "origin": segment["origin"], "resource_arn": segment["resource_arn"], "aws": aws })
}

fn always(platform: Platform) -> [Box<dyn Plugin>; 1] {
    [Box::new(Always(platform))]
}

#[derive(Debug)]
struct Always(Platform);

impl Plugin for Always {
    fn look(&self, _: &Surroundings) -> Option<Platform> {
        Some(self.0.clone())
    }
}

#[test]
fn what_the_program_sets_wins_over_the_platform() {
    let daemon = Daemon::start().unwrap();
    let platform = Platform::new("AWS::EC2::Instance").aws("ec2", json!({"instance_id": "i-1"})).aws("account_id", "1");
    let recorder = daemon.recorder().plugins(always(platform)).build().unwrap();
    let segment = recorder.begin_segment("shop");
    segment.set_origin("AWS::ECS::Fargate");
    segment.put_aws("account_id", "2");
    segment.begin_subsegment("of the program").end();
    drop(segment);
    let segment = daemon.wait_for(1, PATIENT).only_trace().root();
    assert_eq!(segment.get("/origin"), "AWS::ECS::Fargate");
    assert_eq!(segment.get("/aws/ec2/instance_id"), "i-1");
    assert_eq!(segment.get("/aws/account_id"), "2");
    assert_eq!(*segment.child("of the program").get("/aws"), Value::Null);
}

#[test]
fn sampling_rules_compare_the_origin_as_the_service_type() {
    // A rule for a service type is a central one; a sampler of one's own sees the same request.
    #[derive(Debug)]
    struct OnFargate;
    impl crate::sampling::Sampler for OnFargate {
        fn should_sample(&self, request: &SamplingRequest<'_>) -> crate::sampling::SamplingDecision {
            match request.service_type {
                Some("AWS::ECS::Fargate") => crate::sampling::SamplingDecision::sampled(),
                _ => crate::sampling::SamplingDecision::not_sampled(),
            }
        }
    }
    let daemon = Daemon::start().unwrap();
    let on = |origin| daemon.recorder().sampler(OnFargate).plugins(always(Platform::new(origin))).build().unwrap();
    let named = SamplingRequest::new().service_type("AWS::EC2::Instance");
    assert!(on("AWS::ECS::Fargate").begin_segment("shop").is_recording());
    assert!(!on("AWS::EC2::Instance").begin_segment("shop").is_recording());
    assert!(!on("AWS::ECS::Fargate").segment("shop").sampling_request(named).begin().is_recording());
}

#[test]
fn a_plugin_cannot_make_segments_too_large() {
    let large = "x".repeat(9_000);
    let platform = Platform::new("AWS::EC2::Instance")
        .aws("large", large)
        .aws("xray", "mine")
        .aws("account_id", "1")
        .aws("account_id", "2");
    assert_eq!(
        segment_on(platform),
        json!({ "origin": "AWS::EC2::Instance", "resource_arn": null, "aws": { "account_id": "1" } })
    );
}

#[test]
fn a_recorder_that_is_off_asks_nobody() {
    #[derive(Debug)]
    struct Asked;
    impl Plugin for Asked {
        fn look(&self, _: &Surroundings) -> Option<Platform> {
            Some(Platform::new("AWS::EC2::Instance"))
        }
    }
    let recorder = |enabled| {
        let plugins = [Box::new(Asked) as Box<dyn Plugin>];
        let address: DaemonAddress = "127.0.0.1:2000".parse().unwrap();
        let builder = crate::Recorder::builder().environment(Environment::empty()).daemon_address(address);
        builder.sampler(LocalSampler::default()).enabled(enabled).plugins(plugins).build().unwrap()
    };
    assert_eq!(recorder(true).origin(), Some("AWS::EC2::Instance"));
    assert_eq!(recorder(false).origin(), None);
}
