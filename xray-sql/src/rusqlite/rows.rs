//! The rows of a statement, whose errors are recorded while they are read.

use std::fmt;
use std::ops::{Deref, DerefMut};

use ::rusqlite::{Error, Map, Result, Row};

use super::call::Call;
use super::statements::StatementId;

/// The rows of `query`, as [`rusqlite::Rows`](::rusqlite::Rows), to which it derefs.
///
/// An error of reading them is recorded on their statement. What takes the original by value takes
/// [`into_inner`](Self::into_inner), without its errors.
pub struct Rows<'statement> {
    rows: ::rusqlite::Rows<'statement>,
    steps: Steps<'statement>,
}

/// The rows of `query_map`, as [`rusqlite::MappedRows`](::rusqlite::MappedRows); errors are recorded on their statement.
pub struct MappedRows<'statement, F> {
    rows: Rows<'statement>,
    map: F,
}

/// The rows of `query_and_then`, as [`rusqlite::AndThenRows`](::rusqlite::AndThenRows); the errors of SQLite are
/// recorded on their statement.
pub struct AndThenRows<'statement, F> {
    rows: Rows<'statement>,
    map: F,
}

impl<'statement> Rows<'statement> {
    pub(super) fn new(connection: &'statement ::rusqlite::Connection, rows: ::rusqlite::Rows<'statement>) -> Self {
        Self { rows, steps: Steps { connection, of: Of::Nothing } }
    }

    /// As [`rusqlite::Rows::next`](::rusqlite::Rows::next).
    ///
    /// # Errors
    /// Those of `rusqlite`, which are recorded.
    #[allow(clippy::should_implement_trait, reason = "the name of rusqlite")]
    pub fn next(&mut self) -> Result<Option<&Row<'statement>>> {
        self.steps.step(|| self.rows.next())
    }

    /// As [`rusqlite::Rows::map`](::rusqlite::Rows::map), whose errors are not recorded.
    pub fn map<F, B>(self, f: F) -> Map<'statement, F>
    where
        F: FnMut(&Row<'_>) -> Result<B>,
    {
        self.rows.map(f)
    }

    /// As [`rusqlite::Rows::mapped`](::rusqlite::Rows::mapped).
    pub fn mapped<F, B>(self, f: F) -> MappedRows<'statement, F>
    where
        F: FnMut(&Row<'_>) -> Result<B>,
    {
        MappedRows { rows: self, map: f }
    }

    /// As [`rusqlite::Rows::and_then`](::rusqlite::Rows::and_then).
    pub fn and_then<F, T, E>(self, f: F) -> AndThenRows<'statement, F>
    where
        F: FnMut(&Row<'_>) -> std::result::Result<T, E>,
    {
        AndThenRows { rows: self, map: f }
    }

    /// The rows without the wrapper.
    pub fn into_inner(self) -> ::rusqlite::Rows<'statement> {
        self.rows
    }
}

impl<T, F> Iterator for MappedRows<'_, F>
where
    F: FnMut(&Row<'_>) -> Result<T>,
{
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        let Self { rows: Rows { rows, steps }, map } = self;
        steps.step(|| rows.next()?.map(&mut *map).transpose()).transpose()
    }
}

impl<T, E, F> Iterator for AndThenRows<'_, F>
where
    E: From<Error>,
    F: FnMut(&Row<'_>) -> std::result::Result<T, E>,
{
    type Item = std::result::Result<T, E>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.rows.next().map_err(E::from).transpose()?;
        Some(row.and_then(&mut self.map))
    }
}

/// The steps of a statement.
struct Steps<'statement> {
    connection: &'statement ::rusqlite::Connection,
    of: Of,
}

/// What is known of the statement.
#[derive(Clone, Copy, Debug)]
enum Of {
    /// It has not taken a step.
    Nothing,
    Recorded(StatementId),
    /// It is not recorded, or it has ended.
    Unrecorded,
}

impl Steps<'_> {
    fn step<T>(&mut self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let statement = match self.of {
            Of::Nothing => None,
            Of::Recorded(statement) => Some(statement),
            Of::Unrecorded => return work(),
        };
        let call = Call::begin_step(self.connection, statement);
        let outcome = work();
        let (outcome, statement) = call.end_step(self.connection, outcome);
        self.of = statement.map_or(Of::Unrecorded, Of::Recorded);
        outcome
    }
}

impl<'statement> Deref for Rows<'statement> {
    type Target = ::rusqlite::Rows<'statement>;

    fn deref(&self) -> &Self::Target {
        &self.rows
    }
}

impl DerefMut for Rows<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.rows
    }
}

macro_rules! debug {
    ($name:ident $(, $map:ident)?) => {
        impl$(<$map>)? fmt::Debug for $name<'_ $(, $map)?> {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}

debug!(Rows);
debug!(MappedRows, F);
debug!(AndThenRows, F);
