use std::error::Error;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;

use super::endpoint::{Endpoint, EndpointProblem};

/// Where the X-Ray daemon listens, as in `AWS_XRAY_DAEMON_ADDRESS`.
///
/// `127.0.0.1:2000` by default. Documents go to the UDP endpoint; sampling rules come from the TCP endpoint. Both are
/// the same in the form `host:port`, and may differ in the form `udp:host:port tcp:host:port`, in either order. A host
/// is a name, an IPv4 address, or an IPv6 address in brackets, with its zone if it is link-local: `[fe80::1%eth0]:2000`.
///
/// ```
/// use xray_core::emitter::DaemonAddress;
///
/// let address: DaemonAddress = "tcp:localhost:5000 udp:[::1]:4000".parse()?;
/// assert_eq!(address.udp().host(), "::1");
/// assert_eq!(address.tcp().port(), 5000);
/// assert_eq!(DaemonAddress::default().to_string(), "127.0.0.1:2000");
/// # Ok::<(), xray_core::emitter::DaemonAddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DaemonAddress {
    udp: Endpoint,
    tcp: Endpoint,
}

impl DaemonAddress {
    /// The endpoint that takes documents.
    #[must_use]
    pub fn udp(&self) -> &Endpoint {
        &self.udp
    }

    /// The endpoint that answers with sampling rules.
    #[must_use]
    pub fn tcp(&self) -> &Endpoint {
        &self.tcp
    }
}

impl Default for DaemonAddress {
    fn default() -> Self {
        let endpoint = Endpoint::from_ip(Ipv4Addr::LOCALHOST.into(), 2000);
        Self { udp: endpoint.clone(), tcp: endpoint }
    }
}

/// Both protocols at one address.
impl From<SocketAddr> for DaemonAddress {
    fn from(address: SocketAddr) -> Self {
        let endpoint = Endpoint::from_address(address);
        Self { udp: endpoint.clone(), tcp: endpoint }
    }
}

impl fmt::Display for DaemonAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.udp == self.tcp {
            self.udp.fmt(formatter)
        } else {
            write!(formatter, "udp:{} tcp:{}", self.udp, self.tcp)
        }
    }
}

impl FromStr for DaemonAddress {
    type Err = DaemonAddressError;

    /// Parses an address. White space around the parts and the case of `udp` and `tcp` do not matter.
    fn from_str(value: &str) -> Result<Self, DaemonAddressError> {
        parse(value).map_err(|problem| DaemonAddressError { value: value.to_owned(), problem })
    }
}

/// Says what is wrong with an address of the daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DaemonAddressError {
    value: String,
    problem: Problem,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Problem {
    Empty,
    Endpoint(EndpointProblem),
    NoPrefix(String),
    Missing(Protocol),
    Twice(Protocol),
    TooManyParts(usize),
}

impl fmt::Display for DaemonAddressError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "invalid daemon address {:?}: ", self.value)?;
        match &self.problem {
            Problem::Empty => formatter.write_str("it is empty")?,
            Problem::Endpoint(problem) => problem.fmt(formatter)?,
            Problem::NoPrefix(part) => write!(formatter, "{part:?} begins with neither `udp:` nor `tcp:`")?,
            Problem::Missing(protocol) => write!(formatter, "`{protocol}:host:port` is missing")?,
            Problem::Twice(protocol) => write!(formatter, "`{protocol}:` is there twice")?,
            Problem::TooManyParts(count) => write!(formatter, "it has {count} parts")?,
        }
        formatter.write_str("; expected `host:port` or `udp:host:port tcp:host:port`")
    }
}

impl Error for DaemonAddressError {}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    Udp,
    Tcp,
}

impl fmt::Display for Protocol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
        })
    }
}

fn parse(value: &str) -> Result<DaemonAddress, Problem> {
    let parts: Vec<&str> = value.split_whitespace().collect();
    match parts[..] {
        [] => Err(Problem::Empty),
        [both] => match split_prefix(both) {
            // `udp:2000` is a host that is called udp, as a service in a compose file may be.
            Some((_, rest)) if rest.parse::<u16>().is_ok() => same_for_both(both),
            Some((Protocol::Udp, _)) => Err(Problem::Missing(Protocol::Tcp)),
            Some((Protocol::Tcp, _)) => Err(Problem::Missing(Protocol::Udp)),
            None => same_for_both(both),
        },
        [first, second] => match (prefixed(first)?, prefixed(second)?) {
            ((Protocol::Udp, udp), (Protocol::Tcp, tcp)) | ((Protocol::Tcp, tcp), (Protocol::Udp, udp)) => {
                Ok(DaemonAddress { udp: endpoint(udp)?, tcp: endpoint(tcp)? })
            }
            ((protocol, _), _) => Err(Problem::Twice(protocol)),
        },
        _ => Err(Problem::TooManyParts(parts.len())),
    }
}

fn same_for_both(part: &str) -> Result<DaemonAddress, Problem> {
    let endpoint = endpoint(part)?;
    Ok(DaemonAddress { udp: endpoint.clone(), tcp: endpoint })
}

fn prefixed(part: &str) -> Result<(Protocol, &str), Problem> {
    split_prefix(part).ok_or_else(|| Problem::NoPrefix(part.to_owned()))
}

fn split_prefix(part: &str) -> Option<(Protocol, &str)> {
    let (prefix, rest) = part.split_once(':')?;
    let protocol = [Protocol::Udp, Protocol::Tcp]
        .into_iter()
        .find(|protocol| prefix.eq_ignore_ascii_case(&protocol.to_string()))?;
    Some((protocol, rest))
}

fn endpoint(part: &str) -> Result<Endpoint, Problem> {
    Endpoint::parse(part).map_err(Problem::Endpoint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(address: &DaemonAddress) -> (String, String) {
        (address.udp().to_string(), address.tcp().to_string())
    }

    #[test]
    fn the_default_is_port_2000_of_this_machine() {
        let both = "127.0.0.1:2000".to_owned();
        assert_eq!(parts(&DaemonAddress::default()), (both.clone(), both));
        assert_eq!(Ok(DaemonAddress::default()), "127.0.0.1:2000".parse());
    }

    #[test]
    fn both_forms_are_accepted() {
        let cases = [
            ("127.0.0.1:2001", "127.0.0.1:2001", "127.0.0.1:2001"),
            ("192.168.0.1:3000", "192.168.0.1:3000", "192.168.0.1:3000"),
            ("localhost:2000", "localhost:2000", "localhost:2000"),
            ("tcp:127.0.0.1:5000 udp:127.0.0.1:4000", "127.0.0.1:4000", "127.0.0.1:5000"),
            ("udp:127.0.0.1:4000 tcp:127.0.0.1:5000", "127.0.0.1:4000", "127.0.0.1:5000"),
            ("tcp:192.168.0.1:3000 udp:127.0.0.2:8080", "127.0.0.2:8080", "192.168.0.1:3000"),
            ("udp:127.0.0.2:8080 tcp:192.168.0.1:3000", "127.0.0.2:8080", "192.168.0.1:3000"),
            ("tcp:localhost:2000 udp:localhost:2000", "localhost:2000", "localhost:2000"),
            // What Python refuses without need.
            (" \t127.0.0.1:2000\n", "127.0.0.1:2000", "127.0.0.1:2000"),
            ("TCP:1.1.1.1:1   Udp:[::1]:2", "[::1]:2", "1.1.1.1:1"),
            ("[::1]:2000", "[::1]:2000", "[::1]:2000"),
            ("[0:0:0:0:0:0:0:1]:65535", "[::1]:65535", "[::1]:65535"),
            ("[fd00:ec2::254]:1", "[fd00:ec2::254]:1", "[fd00:ec2::254]:1"),
            ("[fe80::1%2]:2000", "[fe80::1%2]:2000", "[fe80::1%2]:2000"),
            ("[fe80:0::1%eth0]:2000", "[fe80:0::1%eth0]:2000", "[fe80:0::1%eth0]:2000"),
            ("udp:[fe80::1%eth0.1]:1 tcp:[::1%0]:2", "[fe80::1%eth0.1]:1", "[::1]:2"),
            // Names of services.
            (
                "xray-daemon.default.svc.cluster.local.:2000",
                "xray-daemon.default.svc.cluster.local.:2000",
                "xray-daemon.default.svc.cluster.local.:2000",
            ),
            ("xray_daemon:2000", "xray_daemon:2000", "xray_daemon:2000"),
            ("udp:2000", "udp:2000", "udp:2000"),
            ("udp:udp:2000 tcp:tcp:2000", "udp:2000", "tcp:2000"),
            ("4u.2b:1", "4u.2b:1", "4u.2b:1"),
        ];
        for (value, udp, tcp) in cases {
            let address: DaemonAddress = value.parse().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(parts(&address), (udp.to_owned(), tcp.to_owned()), "{value:?}");
            // The forms in which one host is called like a protocol cannot be told apart again.
            if udp != "udp:2000" || tcp == "tcp:2000" {
                assert_eq!(address.to_string().parse().as_ref(), Ok(&address), "{value:?}");
            }
        }
    }

    /// The zone of a link-local address was lost, and documents led nowhere.
    #[test]
    fn an_address_of_a_socket_stays_what_it_is() {
        for address in
            ["127.0.0.1:2000", "[::1]:1", "[fe80::1%2]:2000", "[fe80::aaaa:1%4294967295]:65535", "[fd00:ec2::254%7]:1"]
        {
            let socket: SocketAddr = address.parse().unwrap();
            let daemon = DaemonAddress::from(socket);
            assert_eq!((daemon.udp().address(), daemon.tcp().address()), (Some(socket), Some(socket)), "{address}");
            assert_eq!(daemon.to_string(), address);
            assert_eq!(address.parse(), Ok(daemon), "{address}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_the_reason() {
        let cases = [
            ("", "it is empty"),
            ("  \t", "it is empty"),
            ("127.0.0.1", "the port is missing in \"127.0.0.1\""),
            ("192.168.0.1", "the port is missing in \"192.168.0.1\""),
            ("localhost", "the port is missing in \"localhost\""),
            ("localhost:", "the port is missing in \"localhost:\""),
            ("[::1]", "the port is missing in \"[::1]\""),
            ("[::1]:", "the port is missing in \"[::1]:\""),
            (":2000", "the host is missing in \":2000\""),
            ("127.0.0.1:port", "the port \"port\" is not a number from 1 to 65535"),
            ("127.0.0.1:0", "the port \"0\" is not a number from 1 to 65535"),
            ("1.1.1.1:99999", "the port \"99999\" is not a number from 1 to 65535"),
            ("1.1.1.1:65536", "the port \"65536\" is not a number from 1 to 65535"),
            ("a:-5", "the port \"-5\" is not a number from 1 to 65535"),
            ("a:+5", "the port \"+5\" is not a number from 1 to 65535"),
            ("1.1.1.1:2000:junk", "the port \"2000:junk\" is not a number from 1 to 65535"),
            ("1.1.1.1:2000/", "the port \"2000/\" is not a number from 1 to 65535"),
            ("http://127.0.0.1:2000", "the port \"//127.0.0.1:2000\" is not a number from 1 to 65535"),
            ("[::1]:2000:junk", "the port \"2000:junk\" is not a number from 1 to 65535"),
            ("[::1]2000", "the port is missing in \"[::1]2000\""),
            ("::1:2000", "the IPv6 address \"::1:2000\" needs brackets, as in `[::1]:2000`"),
            ("[::1:2000", "\"[::1:2000\" is not an IPv6 address in brackets"),
            ("[localhost]:2000", "\"[localhost]\" is not an IPv6 address in brackets"),
            ("[fe80::1%]:2000", "\"[fe80::1%]\" is not an IPv6 address in brackets"),
            ("[fe80::1%-1]:2000", "\"[fe80::1%-1]\" is not an IPv6 address in brackets"),
            ("[fe80::1%a/b]:2000", "\"[fe80::1%a/b]\" is not an IPv6 address in brackets"),
            ("[fe80::1%99999999999]:2000", "\"[fe80::1%99999999999]\" is not an IPv6 address in brackets"),
            ("127.0.a.1:2000", "\"127.0.a.1\" ends in a number, and is not an IPv4 address"),
            ("256.0.0.1:2000", "\"256.0.0.1\" ends in a number, and is not an IPv4 address"),
            ("127.1:2000", "\"127.1\" ends in a number, and is not an IPv4 address"),
            ("127.0.a.1", "the port is missing in \"127.0.a.1\""),
            ("a..b:2000", "\"a..b\" is not a host name of letters, digits, `-`, `_` and `.`"),
            ("user@host:2000", "\"user@host\" is not a host name of letters, digits, `-`, `_` and `.`"),
            ("hôte:2000", "\"hôte\" is not a host name of letters, digits, `-`, `_` and `.`"),
            ("tcp:192.168.0.1:3000", "`udp:host:port` is missing"),
            ("udp:192.168.0.1:3000", "`tcp:host:port` is missing"),
            ("udp:localhost", "`tcp:host:port` is missing"),
            ("udp:127.0.0.1:1 udp:127.0.0.1:2", "`udp:` is there twice"),
            ("tcp:127.0.0.1:1 TCP:127.0.0.1:2", "`tcp:` is there twice"),
            ("127.0.0.2:8080 192.168.0.1:3000", "\"127.0.0.2:8080\" begins with neither `udp:` nor `tcp:`"),
            ("udp:127.0.0.2:8080 192.168.0.1:3000", "\"192.168.0.1:3000\" begins with neither `udp:` nor `tcp:`"),
            ("udp:127.0.0.2:8080 tcp:192.168.0.1", "the port is missing in \"192.168.0.1\""),
            ("udp:127.0.0.2 tcp:192.168.0.1:1", "the port is missing in \"127.0.0.2\""),
            ("udp:a:1 tcp:b:2 tcp:c:3", "it has 3 parts"),
        ];
        for (value, problem) in cases {
            let error = value.parse::<DaemonAddress>().expect_err(value);
            assert_eq!(
                error.to_string(),
                format!(
                    "invalid daemon address {value:?}: {problem}; expected `host:port` or `udp:host:port tcp:host:port`"
                )
            );
        }
    }
}
