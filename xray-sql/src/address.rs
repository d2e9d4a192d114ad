//! Where a database is: its name and its URL.

/// Where a database is, as the program has configured it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Address<'a> {
    pub(crate) scheme: &'a str,
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    pub(crate) database: Option<&'a str>,
    pub(crate) user: Option<&'a str>,
}

impl Address<'_> {
    /// `database@host`, as the X-Ray SDKs name databases; the host alone if the database is not known.
    pub(crate) fn name(&self) -> String {
        match self.database {
            Some(database) => format!("{database}@{}", self.host),
            None => self.host.to_owned(),
        }
    }

    pub(crate) fn url(&self) -> String {
        let user = self.user.map(|user| format!("{}@", encoded(user))).unwrap_or_default();
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.to_owned() };
        let database = self.database.map(encoded).unwrap_or_default();
        format!("{}://{user}{host}:{}/{database}", self.scheme, self.port)
    }
}

/// A part of a URL, in which only itself can be read.
fn encoded(part: &str) -> String {
    let mut output = String::with_capacity(part.len());
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            output.push(char::from(byte));
        } else {
            output.push_str(&format!("%{byte:02X}"));
        }
    }
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_has_a_name_and_a_url() {
        for (host, database, user, name, url) in [
            ("db.example", Some("shop"), Some("app"), "shop@db.example", "x://app@db.example:17/shop"),
            ("::1", Some("shop"), None, "shop@::1", "x://[::1]:17/shop"),
            ("db.example", None, Some("app"), "db.example", "x://app@db.example:17/"),
            (
                "db.example",
                Some("a b/ü"),
                Some("me@home"),
                "a b/ü@db.example",
                "x://me%40home@db.example:17/a%20b%2F%C3%BC",
            ),
        ] {
            let address = Address { scheme: "x", host, port: 17, database, user };
            assert_eq!((address.name().as_str(), address.url().as_str()), (name, url));
        }
    }
}
