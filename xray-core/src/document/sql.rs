//! The `sql` block.

use super::json::Object;
use crate::format::{LONGEST_TEXT, is_database_url};
use crate::name::truncated;
use crate::url::public_url;

/// A database call.
///
/// Only what is set is recorded. Texts are cut to 250 characters, a query to 4,000.
///
/// ```
/// # use xray_core::Sql;
/// let sql = Sql::new("PostgreSQL").url("postgresql://app:secret@db.example:5432/shop?sslmode=require");
/// assert_eq!(sql.recorded_url(), Some("postgresql://app@db.example:5432/shop"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Sql {
    url: Option<String>,
    database_type: Option<String>,
    database_version: Option<String>,
    driver_version: Option<String>,
    user: Option<String>,
    preparation: Option<Preparation>,
    sanitized_query: Option<String>,
}

/// How a statement was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Preparation {
    /// A prepared statement.
    Statement,
    /// A call of a stored procedure.
    Call,
}

impl Sql {
    /// Makes a call to a database of a type, such as `PostgreSQL`.
    #[must_use]
    pub fn new(database_type: &str) -> Self {
        Self { database_type: Some(short(database_type)), ..Self::default() }
    }

    /// Sets where the database is.
    ///
    /// Recorded only in the form `scheme://[user@]host[:port]/database`, without password and
    /// query: OpenTelemetry's collector refuses a whole document for any other.
    #[must_use]
    pub fn url(mut self, url: &str) -> Self {
        self.url = database_url(url);
        self
    }

    /// Sets the version of the database.
    #[must_use]
    pub fn database_version(mut self, version: &str) -> Self {
        self.database_version = Some(short(version));
        self
    }

    /// Sets the name and version of the client library.
    #[must_use]
    pub fn driver_version(mut self, version: &str) -> Self {
        self.driver_version = Some(short(version));
        self
    }

    /// Sets the database's user.
    #[must_use]
    pub fn user(mut self, user: &str) -> Self {
        self.user = Some(short(user));
        self
    }

    /// Sets how the statement was sent.
    #[must_use]
    pub fn preparation(mut self, preparation: Preparation) -> Self {
        self.preparation = Some(preparation);
        self
    }

    /// Sets the text of the statement; the caller has taken every literal out of it.
    #[must_use]
    pub fn sanitized_query(mut self, query: &str) -> Self {
        self.sanitized_query = Some(truncated(query, 4_000).to_owned());
        self
    }

    /// Leaves the query out, and says how long it was in bytes.
    pub(super) fn drop_query(&mut self) -> Option<usize> {
        self.sanitized_query.take().map(|query| query.len())
    }

    /// The URL as it will be recorded.
    #[must_use]
    pub fn recorded_url(&self) -> Option<&str> {
        self.url.as_deref()
    }
}

pub(super) fn write(object: &mut Object<'_>, sql: &Sql) {
    object.object("sql", |object| {
        object.optional_text("url", sql.url.as_deref());
        object.optional_text("database_type", sql.database_type.as_deref());
        object.optional_text("database_version", sql.database_version.as_deref());
        object.optional_text("driver_version", sql.driver_version.as_deref());
        object.optional_text("user", sql.user.as_deref());
        object.optional_text(
            "preparation",
            sql.preparation.map(|preparation| match preparation {
                Preparation::Statement => "statement",
                Preparation::Call => "call",
            }),
        );
        object.optional_text("sanitized_query", sql.sanitized_query.as_deref());
    });
}

fn database_url(url: &str) -> Option<String> {
    let url = public_url(url, LONGEST_TEXT)?;
    // `jdbc:postgresql://`: the database is what counts.
    let scheme = url.scheme.rsplit_once(':').map_or("", |(scheme, _)| scheme.rsplit(':').next().unwrap_or(scheme));
    let in_user = |character: char| character.is_alphanumeric() || matches!(character, '-' | '.' | '_' | '~' | '%');
    let user = url.user.filter(|user| user.chars().all(in_user)).map(|user| format!("{user}@")).unwrap_or_default();
    Some(short(&format!("{scheme}://{user}{}", url.place))).filter(|url| is_database_url(url))
}

fn short(text: &str) -> String {
    truncated(text, LONGEST_TEXT).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_urls_that_every_receiver_takes_are_recorded() {
        for (input, output) in [
            ("postgres://user:password@host:5432/database", Some("postgres://user@host:5432/database")),
            ("postgres://host:5432/database?password=password", Some("postgres://host:5432/database")),
            ("postgres://host:5432/database?X-Amz-Security-Token=token", Some("postgres://host:5432/database")),
            ("mysql://u:p@ss@host/db", Some("mysql://u@host/db")),
            ("mysql://:p@host/db", Some("mysql://host/db")),
            ("mysql://u:p/w@host/db", Some("mysql://u@host/db")),
            ("mysql://u:p#w?@host/db?x", Some("mysql://u@host/db")),
            ("mysql://u:1/w@host/db", None),
            ("mysql://a/b@host/db", None),
            ("jdbc:postgresql://u:p@h:5432/db", Some("postgresql://u@h:5432/db")),
            ("postgres://h:port/db", None),
            ("postgres://h/a/b", None),
            ("1sql://h/db", None),
            ("mysql://me@home:p@host/db", Some("mysql://host/db")),
            ("postgres://host:5432", None),
            ("postgres://host:5432/", None),
            ("sqlite:///tmp/x.db", None),
            ("host:5432", None),
            ("user=user password=password database=database", None),
            ("", None),
        ] {
            assert_eq!(database_url(input).as_deref(), output, "{input}");
        }
    }
}
