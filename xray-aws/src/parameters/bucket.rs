//! The bucket of an S3 request.
//!
//! The SDK serialises a request without it; then the endpoint puts it in front of the path or in front of the host, see
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>.

use std::borrow::Cow;

use crate::percent::decoded;

/// The bucket in `url`, given the request as it was `serialized` and the endpoint that the program has set, if any.
///
/// Of an access point it is the label that stands for it in the host. `None` for requests to the service as a whole.
pub(crate) fn bucket<'a>(serialized: &str, url: &'a str, endpoint: Option<&str>) -> Option<Cow<'a, str>> {
    let (host, path) = host_and_path(url)?;
    let in_front = path.strip_suffix(without_query(serialized))?;
    let own = endpoint.and_then(host_and_path).map(|(host, path)| (host, path.trim_end_matches('/')));
    let (own_host, own_path) = own.unwrap_or_default();
    // A resolver of the program's own may ignore the endpoint.
    let in_path = in_front.strip_prefix(own_path).unwrap_or(in_front).trim_start_matches('/');
    let in_host = match own {
        Some(_) => host.strip_suffix(own_host)?.strip_suffix('.'),
        None => aws_bucket(host),
    };
    if in_path.is_empty() { in_host.map(Cow::Borrowed) } else { Some(decoded(in_path)) }
}

/// The bucket in `url`, and the path behind it with the query string, where the request without its endpoint is not known.
///
/// `endpoints` are those that the program has set. What is at none of them and at none of AWS's own is taken to have the
/// bucket in its path.
pub(crate) fn bucket_and_path<'a>(url: &'a str, endpoints: &[String]) -> (Option<Cow<'a, str>>, &'a str) {
    let Some((host, _)) = host_and_path(url) else { return (None, url) };
    let path = url.split_once(host).map_or("", |(_, path)| path);
    let own = endpoints.iter().filter_map(|endpoint| host_and_path(endpoint)).find_map(|(own_host, own_path)| {
        let in_front = host.strip_suffix(own_host)?;
        let path = path.strip_prefix(own_path.trim_end_matches('/'))?;
        if in_front.is_empty() { Some((None, path)) } else { Some((Some(in_front.strip_suffix('.')?), path)) }
    });
    let (in_host, path) = own.unwrap_or_else(|| (aws_bucket(host), path));
    if let Some(bucket) = in_host {
        return (Some(Cow::Borrowed(bucket)), path);
    }
    let behind = path.strip_prefix('/').unwrap_or(path);
    let (bucket, path) = behind.split_at(behind.find(['/', '?']).unwrap_or(behind.len()));
    ((!bucket.is_empty()).then(|| decoded(bucket)), path)
}

/// The bucket in front of the host of an endpoint of AWS's own.
fn aws_bucket(host: &str) -> Option<&str> {
    AWS_HOSTS.iter().filter_map(|label| host.rfind(label)).max().map(|end| &host[..end])
}

/// How what follows the bucket begins in the host names of S3, access points and directory buckets.
const AWS_HOSTS: [&str; 3] = [".s3.", ".s3-", ".s3express-"];

fn host_and_path(url: &str) -> Option<(&str, &str)> {
    let (_, behind) = without_query(url).split_once("://")?;
    Some(behind.split_at(behind.find('/').unwrap_or(behind.len())))
}

fn without_query(url: &str) -> &str {
    url.split('?').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bucket_is_found_in_the_path_and_in_the_host() {
        const LOCAL: Option<&str> = Some("http://localhost:9000");
        for (serialized, url, endpoint, expected) in [
            ("/k?x-id=GetObject", "https://b.s3.us-east-1.amazonaws.com/k?x-id=GetObject", None, Some("b")),
            ("/", "https://b.s3.cn-north-1.amazonaws.com.cn/", None, Some("b")),
            ("/k", "https://b.s3.dualstack.us-west-2.amazonaws.com/k", None, Some("b")),
            ("/k", "https://b.s3-accelerate.amazonaws.com/k", None, Some("b")),
            ("/k", "https://b.s3-fips.us-gov-west-1.amazonaws.com/k", None, Some("b")),
            (
                "/k",
                "https://b--usw2-az1--x-s3.s3express-usw2-az1.us-west-2.amazonaws.com/k",
                None,
                Some("b--usw2-az1--x-s3"),
            ),
            (
                "/k",
                "https://mine-123456789012.s3-accesspoint.us-west-2.amazonaws.com/k",
                None,
                Some("mine-123456789012"),
            ),
            ("/k", "https://my.s3.bucket.s3.us-east-1.amazonaws.com/k", None, Some("my.s3.bucket")),
            ("/k", "https://s3.us-east-1.amazonaws.com/my.bucket/k", None, Some("my.bucket")),
            ("/?list-type=2", "https://s3.us-east-1.amazonaws.com/b/?list-type=2", None, Some("b")),
            ("/?x-id=ListBuckets", "https://s3.us-east-1.amazonaws.com/?x-id=ListBuckets", None, None),
            ("/k", "http://localhost:9000/b/k", LOCAL, Some("b")),
            ("/k", "http://b.localhost:9000/k", LOCAL, Some("b")),
            ("/", "http://localhost:9000/", LOCAL, None),
            ("/k", "http://localhost:9000/storage/b/k", Some("http://localhost:9000/storage/"), Some("b")),
            ("/k", "http://b.localhost:9000/storage/k", Some("http://localhost:9000/storage"), Some("b")),
            // A key may look like anything.
            ("//b/../k", "http://localhost:9000/b//b/../k", LOCAL, Some("b")),
            ("/b/k", "http://localhost:9000/b/b/k", LOCAL, Some("b")),
            ("/b.s3.amazonaws.com", "https://s3.us-east-1.amazonaws.com/b/b.s3.amazonaws.com", None, Some("b")),
            ("/k%3Fa", "http://localhost:9000/caf%C3%A9/k%3Fa?x=1", LOCAL, Some("café")),
            // None of ours.
            ("/k", "https://elsewhere.example/other", LOCAL, None),
            ("/k", "https://elsewhere.example/k", None, None),
            ("/k", "https://elsewhere.example/k", LOCAL, None),
            ("/k", "/k", LOCAL, None),
            ("", "", None, None),
        ] {
            assert_eq!(bucket(serialized, url, endpoint).as_deref(), expected, "{serialized} {url} {endpoint:?}");
        }
    }

    #[test]
    fn the_bucket_and_the_path_are_found_in_a_url_alone() {
        let endpoints = ["http://localhost:9000", "https://files.example/storage/"].map(str::to_owned);
        for (url, bucket, path) in [
            ("https://b.s3.us-east-1.amazonaws.com/k?x-id=GetObject", Some("b"), "/k?x-id=GetObject"),
            ("https://b--usw2-az1--x-s3.s3express-usw2-az1.us-west-2.amazonaws.com/k", Some("b--usw2-az1--x-s3"), "/k"),
            ("https://s3.us-east-1.amazonaws.com/my.bucket/a/k", Some("my.bucket"), "/a/k"),
            ("https://s3.us-east-1.amazonaws.com/?x-id=ListBuckets", None, "?x-id=ListBuckets"),
            ("http://localhost:9000/b?list-type=2", Some("b"), "?list-type=2"),
            ("http://localhost:9000/b/?list-type=2", Some("b"), "/?list-type=2"),
            ("http://b.localhost:9000/k", Some("b"), "/k"),
            ("http://notlocalhost:9000/b/k", Some("b"), "/k"),
            ("https://files.example/storage/b/k", Some("b"), "/k"),
            ("https://b.files.example/storage/k", Some("b"), "/k"),
            ("http://127.0.0.1:1/caf%C3%A9/k%3Fa?x=1", Some("café"), "/k%3Fa?x=1"),
            ("http://127.0.0.1:1", None, ""),
            ("/k", None, "/k"),
            ("", None, ""),
        ] {
            let found = bucket_and_path(url, &endpoints);
            assert_eq!((found.0.as_deref(), found.1), (bucket, path), "{url}");
        }
    }
}
