//! Turning the tracing of client libraries on.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::library::{Library, UnknownLibraryError, turn_on};
use crate::notice::Notice;
use crate::recorder::Recorder;

/// A library whose tracing is compiled in, and what has to be done once to patch it.
///
/// The facade has a list of these; `install` is for libraries with a process-wide hook.
#[derive(Clone, Copy, Debug)]
pub struct Compiled {
    /// The library.
    pub library: Library,
    /// Puts the process-wide hook in place; called again it does nothing.
    pub install: fn() -> Result<(), PatchError>,
}

/// Turns on some of the libraries in `compiled`; see the facade's `patch`.
///
/// # Errors
/// If a name is unknown, a library is not compiled in, or its hook could not be installed. Names are
/// checked before anything is patched.
pub fn patch<L>(compiled: &[Compiled], libraries: impl IntoIterator<Item = L>) -> Result<Vec<Library>, PatchError>
where
    L: TryInto<Library>,
    UnknownLibraryError: From<L::Error>,
{
    let mut chosen: Vec<Compiled> = Vec::new();
    for library in libraries {
        let library = library.try_into().map_err(|error| PatchError::Unknown(error.into()))?;
        match compiled.iter().find(|compiled| compiled.library == library) {
            Some(compiled) if chosen.iter().all(|chosen| chosen.library != library) => chosen.push(*compiled),
            Some(_) => {}
            None => {
                let compiled = compiled.iter().map(|compiled| compiled.library).collect();
                return Err(PatchError::NotCompiled { library, compiled });
            }
        }
    }
    if !Recorder::current().is_enabled() {
        let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
        chosen.retain(|chosen| waiting.iter().all(|waiting| waiting.library != chosen.library));
        waiting.append(&mut chosen);
        return Ok(Vec::new());
    }
    for compiled in &chosen {
        (compiled.install)()?;
        turn_on(compiled.library);
    }
    Ok(chosen.into_iter().map(|compiled| compiled.library).collect())
}

/// What was to be patched while the SDK was switched off.
static WAITING: Mutex<Vec<Compiled>> = Mutex::new(Vec::new());

/// Patches what waits for the SDK to be turned on.
pub(crate) fn patch_waiting() {
    let waiting = std::mem::take(&mut *WAITING.lock().unwrap_or_else(PoisonError::into_inner));
    patch_all(&waiting);
}

/// Turns on every library in `compiled` and says which; a hook that cannot be installed is logged.
pub fn patch_all(compiled: &[Compiled]) -> Vec<Library> {
    let patched = compiled.iter().filter_map(|compiled| {
        let patched = patch(std::slice::from_ref(compiled), [compiled.library]);
        patched
            .unwrap_or_else(|error| {
                Notice::LibraryNotHooked { error: &error }.log();
                Vec::new()
            })
            .pop()
    });
    patched.collect()
}

/// A library cannot be patched.
#[derive(Debug)]
#[non_exhaustive]
pub enum PatchError {
    /// There is no library of that name.
    Unknown(UnknownLibraryError),
    /// The feature that has the library's name is not enabled.
    NotCompiled {
        /// The library that was asked for.
        library: Library,
        /// The libraries that are compiled in.
        compiled: Vec<Library>,
    },
    /// The library's process-wide hook could not be installed.
    Hook {
        /// The library that was asked for.
        library: Library,
        /// What its hook answered.
        reason: String,
    },
}

impl fmt::Display for PatchError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(error) => error.fmt(formatter),
            Self::NotCompiled { library, compiled } => {
                let compiled: Vec<_> = compiled.iter().map(|library| library.name()).collect();
                let compiled = if compiled.is_empty() { "none".to_owned() } else { compiled.join(", ") };
                write!(
                    formatter,
                    "{library} is not compiled in: enable the feature {library:?}; compiled in: {compiled}",
                    library = library.name()
                )
            }
            Self::Hook { library, reason } => write!(formatter, "the hook of {library} cannot be installed: {reason}"),
        }
    }
}

impl std::error::Error for PatchError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unknown(error) => Some(error),
            _ => None,
        }
    }
}
