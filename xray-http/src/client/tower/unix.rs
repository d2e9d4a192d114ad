//! Unix sockets, whose path URIs have in place of a host, in hexadecimal digits: `unix://2f72756e2f732e736f636b:0/cart`.
//!
//! So [hyperlocal](https://docs.rs/hyperlocal) writes it, and what is built upon it, such as bollard.

use http::Uri;

/// The path of the socket, if the URI has one.
pub(super) fn socket(uri: &Uri) -> Option<String> {
    let digits = uri.host().filter(|_| uri.scheme_str() == Some("unix"))?.as_bytes();
    if digits.is_empty() || !digits.len().is_multiple_of(2) {
        return None;
    }
    let byte = |pair: &[u8]| pair.iter().try_fold(0, |byte, digit| Some(byte << 4 | char::from(*digit).to_digit(16)?));
    let bytes = digits.chunks(2).map(|pair| u8::try_from(byte(pair)?).ok()).collect::<Option<Vec<_>>>()?;
    String::from_utf8(bytes).ok().filter(|path| !path.contains(char::is_control))
}

/// The path as the host of a URL: `%2Frun%2Fs.sock`.
pub(super) fn escaped(path: &str) -> String {
    path.bytes().fold(String::with_capacity(path.len()), |mut escaped, byte| {
        match byte {
            b'-' | b'.' | b'_' | b'~' => escaped.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => escaped.push(char::from(byte)),
            _ => escaped += &format!("%{byte:02X}"),
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_where_they_are_paths() {
        for (uri, path) in [
            ("unix://2f72756e2f732e736f636b:0/cart", Some("/run/s.sock")),
            ("unix://2F72756E2F732E736F636B:0/", Some("/run/s.sock")),
            ("unix://732e736f636b:0/", Some("s.sock")),
            ("http://2f72756e2f732e736f636b:0/cart", None),
            ("unix://2f7:0/", None),
            ("unix://2f0a:0/", None),
            ("unix://ffff:0/", None),
            ("unix://shop.example:0/", None),
            ("/cart", None),
        ] {
            assert_eq!(socket(&uri.parse().unwrap()).as_deref(), path, "{uri}");
        }
    }

    #[test]
    fn paths_are_hosts_when_they_are_escaped() {
        assert_eq!(escaped("/run/my app/é.sock"), "%2Frun%2Fmy%20app%2F%C3%A9.sock");
    }
}
