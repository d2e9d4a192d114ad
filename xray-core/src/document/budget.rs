//! How much an entity keeps: what can be sent of it, and somewhat more to choose from.

/// The bytes that an entity keeps of what grows with use: metadata, the `aws` block, annotations and exceptions.
///
/// A document has 64,000 bytes. Twice that is kept, because the largest values leave an entity that is too large, and
/// which ones those are is known only when it has ended. All else of an entity is cut to a length of its own, 30 KB in
/// all. What tells most has room for itself: annotations, and then exceptions, still have some where metadata has none.
#[derive(Clone, Debug, Default)]
pub(super) struct Budget {
    kept: usize,
}

/// How much may be kept in all, in bytes, for one more of a kind to be kept.
#[derive(Clone, Copy, Debug)]
pub(super) enum Share {
    Metadata = 100 * 1_024,
    /// Annotations, and the `aws` block.
    Values = 112 * 1_024,
    Exceptions = 128 * 1_024,
}

/// What a list takes for each of its entries, besides the texts, in bytes.
pub(super) const ENTRY: usize = 64;

impl Budget {
    /// Takes room for `bytes`, in place of as many as `before`; `false` if there is none, and nothing is taken then.
    pub(super) fn take(&mut self, share: Share, bytes: usize, before: usize) -> bool {
        let kept = (self.kept - before.min(self.kept)).saturating_add(bytes);
        // What becomes smaller always has room.
        let fits = kept <= share as usize || bytes <= before;
        if fits {
            self.kept = kept;
        }
        fits
    }

    /// Takes room where there may be none.
    pub(super) fn take_anyway(&mut self, bytes: usize) {
        self.kept += bytes;
    }

    /// How much room there is.
    pub(super) fn room(&self, share: Share) -> usize {
        (share as usize).saturating_sub(self.kept)
    }
}
