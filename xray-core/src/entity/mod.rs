//! The live tree behind the handles: one arena and one lock for all entities of a segment.
//!
//! A handle is `(Arc<Tree>, index)`. Entities enter the arena when they begin and leave it when
//! their document is sent; what leaves is taken out under the lock, and serialised and sent
//! outside of it.

mod arena;
mod departure;
mod failures;
mod pool;
mod settings;
mod tree;

pub(crate) use settings::Settings;
pub use settings::Stats;
pub(crate) use tree::{Origin, TreeHandle};
