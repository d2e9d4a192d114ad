//! The client libraries that can be traced, and whether they are.

use std::convert::Infallible;
use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::notice::Notice;

/// A client library whose calls can be traced.
///
/// Each has a feature of its own, named as [`Library::name`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Library {
    /// The AWS SDK for Rust: every `aws-sdk-*` client.
    AwsSdk,
    /// `reqwest`.
    Reqwest,
    /// Clients that are a `tower::Service`: hyper-util, tonic channels.
    Tower,
    /// `rusqlite`.
    Rusqlite,
    /// `sqlx` with SQLite.
    SqlxSqlite,
    /// `sqlx` with PostgreSQL.
    SqlxPostgres,
    /// `sqlx` with MySQL and MariaDB.
    SqlxMysql,
    /// `tokio-postgres`.
    TokioPostgres,
    /// `mysql_async`.
    MysqlAsync,
    /// `mongodb`.
    Mongodb,
}

impl Library {
    /// Every library there is, compiled in or not.
    pub const ALL: [Self; 10] = [
        Self::AwsSdk,
        Self::Reqwest,
        Self::Tower,
        Self::Rusqlite,
        Self::SqlxSqlite,
        Self::SqlxPostgres,
        Self::SqlxMysql,
        Self::TokioPostgres,
        Self::MysqlAsync,
        Self::Mongodb,
    ];

    /// The library's name, which is also that of the feature which compiles its tracing in.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AwsSdk => "aws-sdk",
            Self::Reqwest => "reqwest",
            Self::Tower => "tower",
            Self::Rusqlite => "rusqlite",
            Self::SqlxSqlite => "sqlx-sqlite",
            Self::SqlxPostgres => "sqlx-postgres",
            Self::SqlxMysql => "sqlx-mysql",
            Self::TokioPostgres => "tokio-postgres",
            Self::MysqlAsync => "mysql_async",
            Self::Mongodb => "mongodb",
        }
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

impl fmt::Display for Library {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Library {
    type Err = UnknownLibraryError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|library| library.name() == name);
        known.ok_or_else(|| UnknownLibraryError { name: name.chars().take(64).collect() })
    }
}

impl TryFrom<&str> for Library {
    type Error = UnknownLibraryError;

    fn try_from(name: &str) -> Result<Self, Self::Error> {
        name.parse()
    }
}

/// A name is not that of a library which can be traced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownLibraryError {
    name: String,
}

impl fmt::Display for UnknownLibraryError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "unknown library {:?}: expected one of ", self.name)?;
        for (position, library) in Library::ALL.into_iter().enumerate() {
            write!(formatter, "{}{library}", if position == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownLibraryError {}

impl From<Infallible> for UnknownLibraryError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// Some of the libraries. A bit that is always set makes room for `None`: contexts hold an optional set and are copied on
/// the hot path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LibrarySet(NonZeroU64);

impl LibrarySet {
    fn from_bits(bits: u32) -> Self {
        Self(NonZeroU64::MIN | (u64::from(bits) << 1))
    }

    fn contains(self, library: Library) -> bool {
        self.0.get() & (u64::from(library.bit()) << 1) != 0
    }
}

impl FromIterator<Library> for LibrarySet {
    fn from_iter<I: IntoIterator<Item = Library>>(libraries: I) -> Self {
        Self::from_bits(libraries.into_iter().fold(0, |set, library| set | library.bit()))
    }
}

static PATCHED: AtomicU32 = AtomicU32::new(0);
static MENTIONED: AtomicU32 = AtomicU32::new(0);

/// Turns the tracing of a library on, in this process and for good.
pub(crate) fn turn_on(library: Library) {
    PATCHED.fetch_or(library.bit(), Ordering::Relaxed);
}

/// Whether the calls of a library are traced; `scoped` overrides the process-wide switch.
pub(crate) fn is_patched(library: Library, scoped: Option<LibrarySet>) -> bool {
    scoped.unwrap_or_else(|| LibrarySet::from_bits(PATCHED.load(Ordering::Relaxed))).contains(library)
}

/// Says once of a library that it is not patched, because somebody attached an instrument for nothing.
///
/// Of a program that is switched off this is true of all its libraries, and no fault.
/// Mentions each library again.
#[cfg(feature = "testing")]
pub(crate) fn forget_mentioned() {
    MENTIONED.store(0, Ordering::Relaxed);
}

#[cold]
pub(crate) fn mention(library: Library, is_switched_off: fn() -> bool) {
    // Looked at first: the write alone would make every call of every thread wait for the same cache line.
    if MENTIONED.load(Ordering::Relaxed) & library.bit() == 0
        && !is_switched_off()
        && MENTIONED.fetch_or(library.bit(), Ordering::Relaxed) & library.bit() == 0
    {
        Notice::LibraryNotPatched { library: &library }.log();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_libraries_map_both_ways() {
        for library in Library::ALL {
            assert_eq!(library.name().parse(), Ok(library));
        }
        let error = Library::try_from("request").unwrap_err().to_string();
        assert!(error.starts_with("unknown library \"request\": expected one of aws-sdk, reqwest, tower,"), "{error}");
    }

    #[test]
    fn a_scoped_set_overrides_the_process() {
        turn_on(Library::Mongodb);
        assert!(is_patched(Library::Mongodb, None));
        assert!(!is_patched(Library::Mongodb, Some(LibrarySet::from_bits(0))));
        assert!(is_patched(Library::Tower, Some([Library::Tower].into_iter().collect())));
        assert!(!is_patched(Library::Tower, None));
    }
}
