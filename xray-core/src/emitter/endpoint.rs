use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

/// A host and a port: one of the two places where the daemon listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    host: Box<str>,
    address: Option<SocketAddr>,
    port: u16,
}

impl Endpoint {
    pub(super) fn from_ip(ip: IpAddr, port: u16) -> Self {
        Self::from_address(SocketAddr::new(ip, port))
    }

    /// With the zone of a link-local IPv6 address, without which it leads nowhere.
    pub(super) fn from_address(address: SocketAddr) -> Self {
        let host = match address {
            SocketAddr::V6(address) if address.scope_id() != 0 => format!("{}%{}", address.ip(), address.scope_id()),
            _ => address.ip().to_string(),
        };
        Self { host: host.into(), address: Some(address), port: address.port() }
    }

    /// Parses `host:port`.
    pub(super) fn parse(text: &str) -> Result<Self, EndpointProblem> {
        if let Some(bracketed) = text.strip_prefix('[') {
            let Some((host, rest)) = bracketed.split_once(']') else {
                return Err(EndpointProblem::NotIpv6(text.to_owned()));
            };
            let (ip, zone) = host.split_once('%').unwrap_or((host, "0"));
            let Ok(ip) = ip.parse::<Ipv6Addr>() else {
                return Err(EndpointProblem::NotIpv6(format!("[{host}]")));
            };
            let port = parse_port(rest.strip_prefix(':').unwrap_or_default(), text)?;
            return match zone.parse() {
                Ok(number) => Ok(Self::from_address(SocketAddrV6::new(ip, port, 0, number).into())),
                // The name of a network interface, whose number is the system's to find.
                Err(_) if is_interface(zone) => Ok(Self { host: host.into(), address: None, port }),
                Err(_) => Err(EndpointProblem::NotIpv6(format!("[{host}]"))),
            };
        }
        if text.parse::<Ipv6Addr>().is_ok() {
            return Err(EndpointProblem::NoBrackets(text.to_owned()));
        }
        let (host, port) = text.split_once(':').unwrap_or((text, ""));
        let port = parse_port(port, text)?;
        if host.is_empty() {
            return Err(EndpointProblem::NoHost(text.to_owned()));
        }
        if let Ok(ip) = host.parse::<Ipv4Addr>() {
            return Ok(Self::from_ip(ip.into(), port));
        }
        check_name(host)?;
        Ok(Self { host: host.into(), address: None, port })
    }

    /// The host: a name, or an IP address without brackets, with the zone of a link-local one: `fe80::1%2`.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address; none when the host is a name.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.address
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, .. } = self;
        if host.contains(':') { write!(formatter, "[{host}]:{port}") } else { write!(formatter, "{host}:{port}") }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum EndpointProblem {
    NoHost(String),
    NoPort(String),
    NoBrackets(String),
    NotAPort(String),
    NotIpv4(String),
    NotIpv6(String),
    NotAName(String),
}

impl fmt::Display for EndpointProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHost(text) => write!(formatter, "the host is missing in {text:?}"),
            Self::NoPort(text) => write!(formatter, "the port is missing in {text:?}"),
            Self::NoBrackets(text) => write!(formatter, "the IPv6 address {text:?} needs brackets, as in `[::1]:2000`"),
            Self::NotAPort(port) => write!(formatter, "the port {port:?} is not a number from 1 to 65535"),
            Self::NotIpv4(host) => write!(formatter, "{host:?} ends in a number, and is not an IPv4 address"),
            Self::NotIpv6(host) => write!(formatter, "{host:?} is not an IPv6 address in brackets"),
            Self::NotAName(host) => {
                write!(formatter, "{host:?} is not a host name of letters, digits, `-`, `_` and `.`")
            }
        }
    }
}

fn parse_port(port: &str, text: &str) -> Result<u16, EndpointProblem> {
    if port.is_empty() {
        return Err(EndpointProblem::NoPort(text.to_owned()));
    }
    // `parse` alone accepts a plus sign.
    match port.parse() {
        Ok(number) if number > 0 && port.bytes().all(|byte| byte.is_ascii_digit()) => Ok(number),
        _ => Err(EndpointProblem::NotAPort(port.to_owned())),
    }
}

fn is_interface(zone: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    zone.bytes().any(|byte| byte.is_ascii_alphabetic()) && zone.bytes().all(allowed)
}

/// Whether a name exists is for the resolver to say; this finds what cannot be one.
fn check_name(host: &str) -> Result<(), EndpointProblem> {
    let mut labels = host.strip_suffix('.').unwrap_or(host).split('.');
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !labels.clone().all(|label| !label.is_empty() && label.bytes().all(allowed)) {
        return Err(EndpointProblem::NotAName(host.to_owned()));
    }
    // Browsers have the same rule (https://url.spec.whatwg.org/#ends-in-a-number-checker): no top-level domain is a
    // number, so `127.0.a.1` is an address with a typing error.
    if labels.next_back().is_some_and(|label| label.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(EndpointProblem::NotIpv4(host.to_owned()));
    }
    Ok(())
}
