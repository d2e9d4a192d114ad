//! Recorded metadata of each platform, and services that misbehave.

use std::io::{Read as _, Write as _};
use std::time::Instant;

use serde_json::json;

use super::service::{serve, serve_raw};
use super::*;

const IDENTITY: &str = r#"{
    "accountId": "123456789012", "architecture": "x86_64", "availabilityZone": "us-east-2a", "billingProducts": null,
    "imageId": "ami-03cca83dd001d4666", "instanceId": "i-07a181803de94c666", "instanceType": "t3.xlarge",
    "pendingTime": "2020-10-28T18:07:22Z", "privateIp": "10.0.0.1", "region": "us-east-2", "version": "2017-09-30"
}"#;

fn version_2(request: &str) -> Option<String> {
    if request.starts_with("put /latest/api/token ")
        && request.contains("\r\nx-aws-ec2-metadata-token-ttl-seconds: 60\r\n")
    {
        return Some("the-token".to_owned());
    }
    let authorized = request.contains("\r\nx-aws-ec2-metadata-token: the-token\r\n");
    (authorized && request.starts_with("get /latest/dynamic/instance-identity/document ")).then(|| IDENTITY.to_owned())
}

fn version_1(request: &str) -> Option<String> {
    request.starts_with("get /latest/dynamic/instance-identity/document ").then(|| IDENTITY.to_owned())
}

fn instance() -> Value {
    let ec2 = json!({
        "instance_id": "i-07a181803de94c666", "availability_zone": "us-east-2a",
        "instance_size": "t3.xlarge", "ami_id": "ami-03cca83dd001d4666",
    });
    json!({ "origin": "AWS::EC2::Instance", "resource_arn": null, "aws": { "ec2": ec2 } })
}

fn nothing() -> Value {
    json!({ "origin": null, "resource_arn": null, "aws": {} })
}

#[test]
fn ec2_is_found_by_its_metadata_service() {
    let at = |url: &str, plugin| found(vec![plugin], &[("AWS_EC2_METADATA_SERVICE_ENDPOINT", url)], &[]);
    assert_eq!(at(&serve(version_2), ec2()), instance());
    assert_eq!(at(&format!("{}/", serve(version_2)), ec2()), instance());
    assert_eq!(at(&serve(version_1), ec2()), nothing(), "version 1 only if allowed");
    assert_eq!(at(&serve(version_1), ec2_with_imds_v1()), instance());
    assert_eq!(at(&serve(version_2), ec2_with_imds_v1()), instance(), "version 2 comes first");
    let url = serve(version_2);
    let disabled = [("AWS_EC2_METADATA_SERVICE_ENDPOINT", url.as_str()), ("AWS_EC2_METADATA_DISABLED", "True")];
    assert_eq!(found(vec![ec2()], &disabled, &[]), nothing());
}

#[test]
fn ec2_names_the_log_groups_of_the_cloudwatch_agent() {
    let file = "/opt/aws/amazon-cloudwatch-agent/etc/log-config.json";
    let url = serve(version_2);
    let on =
        |content| found(vec![ec2()], &[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url)], &[(file, content)])["aws"].take();
    let groups = r#"{"version":"1","log_configs":[{"log_group_name":"shop"},{"log_group_name":"system"},{"log_group_name":"shop"},{}]}"#;
    assert_eq!(on(groups)["cloudwatch_logs"], json!([{ "log_group": "shop" }, { "log_group": "system" }]));
    for without in ["", "{", "[]", r#"{"log_configs":[]}"#, r#"{"log_configs":7}"#] {
        assert_eq!(on(without), instance()["aws"], "{without}");
    }
}

/// As in the examples of <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-examples.html>.
const CONTAINER: &str = r#"{
    "DockerId": "ea32192c8553fbff06c9340478a2ff089b2bb5646fb718b4ee206641c9086d66", "Name": "curl",
    "Labels": {"com.amazonaws.ecs.cluster": "default"}, "DesiredStatus": "RUNNING", "Limits": {"CPU": 10, "Memory": 128},
    "LogDriver": "awslogs", "LogOptions": {"awslogs-create-group": "true", "awslogs-group": "/ecs/metadata",
    "awslogs-region": "us-west-2", "awslogs-stream": "ecs/curl/8f03e41243824aea923aca126495f665"},
    "ContainerARN": "arn:aws:ecs:us-west-2:111122223333:container/0206b271-b33f-47ab-86c6-a0ba208a70a9"
}"#;
const TASK: &str = r#"{
    "Cluster": "default", "TaskARN": "arn:aws:ecs:us-west-2:111122223333:task/default/158d1c8083dd49d6b527399fd6414f5c",
    "Family": "curltest", "Revision": "26", "DesiredStatus": "RUNNING", "AvailabilityZone": "us-west-2d", "LaunchType": "EC2"
}"#;

fn on_ecs(answer: super::service::Answer) -> Value {
    let url = format!("{}/v4/158d1c80", serve(answer));
    found(vec![ecs()], &[("ECS_CONTAINER_METADATA_URI_V4", &url), ("HOSTNAME", "ip-10-0-0-1")], &[])
}

#[test]
fn ecs_is_found_by_the_metadata_of_the_task() {
    let on_ec2 = on_ecs(|request| match request.split(' ').nth(1) {
        Some("/v4/158d1c80") => Some(CONTAINER.to_owned()),
        Some("/v4/158d1c80/task") => Some(TASK.to_owned()),
        _ => None,
    });
    let own = json!({
        "container": "ip-10-0-0-1",
        "container_id": "ea32192c8553fbff06c9340478a2ff089b2bb5646fb718b4ee206641c9086d66",
        "container_arn": "arn:aws:ecs:us-west-2:111122223333:container/0206b271-b33f-47ab-86c6-a0ba208a70a9",
        "cluster_arn": "arn:aws:ecs:us-west-2:111122223333:cluster/default",
        "task_arn": "arn:aws:ecs:us-west-2:111122223333:task/default/158d1c8083dd49d6b527399fd6414f5c",
        "task_family": "curltest", "availability_zone": "us-west-2d", "launch_type": "EC2",
    });
    let logs =
        json!([{ "log_group": "/ecs/metadata", "arn": "arn:aws:logs:us-west-2:111122223333:log-group:/ecs/metadata" }]);
    assert_eq!(
        on_ec2,
        json!({ "origin": "AWS::ECS::EC2", "resource_arn": null, "aws": { "ecs": own, "cloudwatch_logs": logs } })
    );
}

#[test]
fn a_fargate_task_says_so() {
    let found = on_ecs(|request| {
        let cluster = "arn:aws:ecs:us-west-2:111122223333:cluster/prod";
        let task = format!(r#"{{"Cluster": "{cluster}", "LaunchType": "FARGATE"}}"#);
        request.contains("/task ").then_some(task)
    });
    assert_eq!(found["origin"], "AWS::ECS::Fargate");
    assert_eq!(found["aws"]["ecs"]["cluster_arn"], "arn:aws:ecs:us-west-2:111122223333:cluster/prod");
    assert_eq!(found["aws"]["ecs"]["launch_type"], "FARGATE");
}

#[test]
fn without_its_metadata_service_a_container_still_is_on_ecs() {
    assert_eq!(
        on_ecs(|_| None),
        json!({ "origin": "AWS::ECS::Container", "resource_arn": null, "aws": { "ecs": { "container": "ip-10-0-0-1" } } })
    );
    assert_eq!(found(vec![ecs()], &[("HOSTNAME", "ip-10-0-0-1")], &[]), nothing());
}

const ID: &str = "38d15eca7ef8e4d6d5e4ba1f2a5f1c6e6ee0ea3c0c1c43e8f8e0d2a6dc95e9a1";

#[test]
fn eks_is_found_by_what_a_pod_sees() {
    let inside = ("KUBERNETES_SERVICE_HOST", "10.100.0.1");
    let role = ("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/eks.amazonaws.com/serviceaccount/token");
    let identity = (
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token",
    );
    let pod = ("HOSTNAME", "shop-5d8f-x2x9");
    let cluster = ("CLUSTER_NAME", "prod");
    let groups = format!("11:memory:/kubepods/burstable/pod4d2f/{ID}\n");
    let scope = format!("0::/kubepods.slice/kubepods-pod4d2f.slice/cri-containerd-{ID}.scope\n");
    let mounts =
        format!("600 590 259:1 /var/lib/containers/{ID}/hostname /etc/hostname rw,relatime - xfs /dev/sda1 rw\n");
    let account = [("/var/run/secrets/kubernetes.io/serviceaccount/token", "secret")];
    let named = json!({ "cluster_name": "prod", "pod": "shop-5d8f-x2x9" });
    let unnamed = json!({ "pod": "shop-5d8f-x2x9" });
    let identified = json!({ "pod": "shop-5d8f-x2x9", "container_id": ID });
    type Case<'a> = (&'a str, Vec<(&'a str, &'a str)>, Vec<(&'a str, &'a str)>, Value);
    let cases: [Case<'_>; 9] = [
        ("a role of EKS", vec![inside, role, pod], vec![], unnamed.clone()),
        ("an identity of EKS", vec![inside, identity, pod], vec![], unnamed),
        ("a cluster's name", vec![inside, cluster, pod], vec![], named.clone()),
        ("a service account", vec![cluster, pod], account.to_vec(), named),
        ("groups, version 1", vec![inside, role, pod], vec![("/proc/self/cgroup", &groups)], identified.clone()),
        ("groups, systemd", vec![inside, role, pod], vec![("/proc/self/cgroup", &scope)], identified.clone()),
        (
            "groups, version 2",
            vec![inside, role, pod],
            vec![("/proc/self/cgroup", "0::/\n"), ("/proc/self/mountinfo", &mounts)],
            identified,
        ),
        ("another Kubernetes", vec![inside, pod], vec![], Value::Null),
        ("no Kubernetes", vec![cluster, role, pod], vec![], Value::Null),
    ];
    for (name, variables, files, expected) in cases {
        let found = found(vec![eks()], &variables, &files);
        assert_eq!(found["aws"]["eks"], expected, "{name}");
        assert_eq!(
            found["origin"],
            if expected.is_null() { Value::Null } else { json!("AWS::EKS::Container") },
            "{name}"
        );
    }
    let found = found(vec![eks_in("test")], &[inside, cluster], &[("/proc/sys/kernel/hostname", "shop-1\n")]);
    assert_eq!(found["aws"]["eks"], json!({ "cluster_name": "test", "pod": "shop-1" }));
    assert_eq!(found["aws"]["cloudwatch_logs"], json!([{ "log_group": "/aws/containerinsights/test/application" }]));
}

#[test]
fn elastic_beanstalk_is_found_by_its_file() {
    let on =
        |content| found(vec![elastic_beanstalk()], &[], &[("/var/elasticbeanstalk/xray/environment.conf", content)]);
    let full = json!({ "environment_name": "shop-prod", "version_label": "v7", "deployment_id": 12 });
    for (content, values) in [
        (r#"{"deployment_id":12,"version_label":"v7","environment_name":"shop-prod"}"#, full.clone()),
        (r#"{"deployment_id":"12","version_label":"v7","environment_name":"shop-prod","other":[]}"#, full),
        (r#"{"deployment_id":"twelve","environment_name":"shop-prod"}"#, json!({ "environment_name": "shop-prod" })),
    ] {
        let found = on(content);
        assert_eq!(found["origin"], "AWS::ElasticBeanstalk::Environment");
        assert_eq!(found["aws"], json!({ "elastic_beanstalk": values }), "{content}");
    }
    for broken in ["", "{", "[1]", "\u{0}"] {
        assert_eq!(on(broken), nothing(), "{broken}");
    }
    let unknown = on(r#"{"environment_name":7,"deployment_id":{}}"#);
    assert_eq!(unknown, json!({ "origin": "AWS::ElasticBeanstalk::Environment", "resource_arn": null, "aws": {} }));
    assert_eq!(found(vec![elastic_beanstalk()], &[], &[]), nothing());
}

#[test]
fn app_runner_is_found_by_the_arn_of_its_service() {
    let arn = "arn:aws:apprunner:us-east-1:123456789012:service/shop/8fe1e10304f84fd2b0df550fe98a71fa";
    let logs = json!([{ "log_group": "/aws/apprunner/shop/8fe1e10304f84fd2b0df550fe98a71fa/application" }]);
    let service =
        json!({ "origin": "AWS::AppRunner::Service", "resource_arn": arn, "aws": { "cloudwatch_logs": logs } });
    assert_eq!(found(vec![app_runner()], &[("AWS_APPRUNNER_SERVICE_ARN", arn)], &[]), service);
    assert_eq!(found(vec![app_runner_service(arn)], &[], &[]), service);
    for other in [
        "shop",
        "arn:aws:ecs:us-east-1:123456789012:service/shop/8fe1",
        "arn:aws:apprunner:us-east-1:1:service/shop",
        "",
    ] {
        assert_eq!(found(vec![app_runner_service(other)], &[], &[]), nothing(), "{other}");
    }
}

/// Elastic Beanstalk over EKS over ECS over EC2, in whatever order they are given.
#[test]
fn the_most_specific_platform_gives_the_origin() {
    let url = serve(|request| {
        version_2(request).or_else(|| Some(if request.contains("/task ") { TASK } else { CONTAINER }.to_owned()))
    });
    let variables = [
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", url.as_str()),
        ("ECS_CONTAINER_METADATA_URI_V4", url.as_str()),
        ("KUBERNETES_SERVICE_HOST", "10.100.0.1"),
        ("HOSTNAME", "shop-1"),
    ];
    let beanstalk = [("/var/elasticbeanstalk/xray/environment.conf", r#"{"environment_name":"shop"}"#)];
    type Case<'a> = (Vec<Box<dyn Plugin>>, &'a [(&'a str, &'a str)], &'a str, &'a [&'a str]);
    let cases: [Case<'_>; 4] = [
        (vec![ec2(), ecs()], &[], "AWS::ECS::EC2", &["ec2", "ecs", "cloudwatch_logs"]),
        (vec![ecs(), ec2()], &[], "AWS::ECS::EC2", &["ec2", "ecs", "cloudwatch_logs"]),
        (vec![ec2(), eks_in("prod"), ecs()], &[], "AWS::EKS::Container", &["ec2", "ecs", "eks", "cloudwatch_logs"]),
        (
            detect(),
            &beanstalk,
            "AWS::ElasticBeanstalk::Environment",
            &["ec2", "ecs", "elastic_beanstalk", "cloudwatch_logs"],
        ),
    ];
    for (plugins, files, origin, keys) in cases {
        let name = format!("{plugins:?}");
        let found = found(plugins, &variables, files);
        assert_eq!(found["origin"], origin, "{name}");
        let mut values: Vec<&String> = found["aws"].as_object().unwrap().keys().collect();
        let mut keys = keys.to_vec();
        values.sort();
        keys.sort_unstable();
        assert_eq!(values, keys, "{name}");
    }
}

#[test]
fn hostile_metadata_are_no_metadata() {
    let answers: [fn(&mut std::net::TcpStream, &str); 6] = [
        |stream, _| drop(stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n")),
        |stream, _| drop(stream.write_all(b"HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\n{}")),
        |stream, _| drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[[[[[[[[[")),
        |stream, _| drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"instanceId\":[1,2]}")),
        |stream, _| drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na\r\n")),
        |stream, _| {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            let _ = (0..10_000).try_for_each(|_| stream.write_all(&[b'{'; 10_000]));
        },
    ];
    for (position, answer) in answers.into_iter().enumerate() {
        let url = serve_raw(answer);
        let variables =
            [("AWS_EC2_METADATA_SERVICE_ENDPOINT", url.as_str()), ("ECS_CONTAINER_METADATA_URI_V4", url.as_str())];
        assert_eq!(found(vec![ec2_with_imds_v1()], &variables, &[]), nothing(), "answer {position}");
        assert_eq!(found(vec![ecs()], &variables, &[])["origin"], "AWS::ECS::Container", "answer {position}");
    }
    for url in ["ftp://x", "https://127.0.0.1/", "\u{e4}", "http://127.0.0.1:1/a b"] {
        assert_eq!(found(vec![ec2()], &[("AWS_EC2_METADATA_SERVICE_ENDPOINT", url)], &[]), nothing(), "{url}");
    }
}

/// One that hangs neither costs more than the limit nor hides what the others found.
#[test]
fn plugins_that_hang_or_panic_are_left_out() {
    #[derive(Debug)]
    struct Panics;
    impl Plugin for Panics {
        fn look(&self, _: &Surroundings) -> Option<Platform> {
            panic!("in the plugin")
        }
    }
    #[derive(Debug)]
    struct Hangs;
    impl Plugin for Hangs {
        fn look(&self, _: &Surroundings) -> Option<Platform> {
            let url = serve_raw(|stream, _| drop(stream.read(&mut [0])));
            std::net::TcpStream::connect(url.trim_start_matches("http://")).unwrap().read_exact(&mut [0]).unwrap();
            None
        }
    }
    let begin = Instant::now();
    let surroundings = Surroundings::new(Environment::empty());
    let plugins: Vec<Box<dyn Plugin>> =
        vec![Box::new(Hangs), Box::new(Panics), app_runner_service("arn:aws:apprunner:r:1:service/shop/1")];
    let found = gather::gather_within(Duration::from_millis(300), plugins, surroundings);
    assert_eq!(found.origin(), Some("AWS::AppRunner::Service"));
    assert!(begin.elapsed() >= Duration::from_millis(300) && begin.elapsed() < PATIENT);
}
