//! The open and the finished entities of one segment, and which of them may leave.

use super::failures::Failures;
use super::pool;
use crate::document::{Branch, Record};
use crate::id::SegmentId;

/// The place of an entity in its arena. It is used again after the entity left, so a handle holds the id too.
pub(super) type Index = u32;

const NONE: Index = Index::MAX;
/// The segment is the first that an arena opens.
pub(super) const SEGMENT: Index = 0;

#[derive(Debug)]
pub(super) struct Arena {
    slots: Vec<Slot>,
    vacant: Vec<Index>,
    /// Finished entities that are still here.
    held: usize,
    segment: SegmentState,
    /// Finished entities whose parent is not, in the order in which they finished.
    first_leaving: Index,
    last_leaving: Index,
    pub(super) failures: Failures,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SegmentState {
    Open,
    /// Whatever is finished leaves at once.
    Ended,
    /// Somebody else's, who also sends it: here it has left from the start, so whatever is finished leaves at once.
    Facade,
}

#[derive(Debug)]
struct Slot {
    /// `None` while the slot is vacant.
    record: Option<Box<Record>>,
    finished: bool,
    /// How far below the segment. It stays as it was where the entity is on its own later, and so do those below it.
    depth: u32,
    parent: Index,
    first_child: Index,
    last_child: Index,
    siblings: Neighbours,
    leaving: Neighbours,
}

#[derive(Clone, Copy, Debug)]
struct Neighbours {
    previous: Index,
    next: Index,
}

const ALONE: Neighbours = Neighbours { previous: NONE, next: NONE };

impl Arena {
    /// Makes an arena with an open segment.
    pub(super) fn new(name: &str, parent: Option<SegmentId>, start: u64) -> (Self, SegmentId) {
        let mut arena = Self::empty(SegmentState::Open);
        let (_, id) = arena.open(NONE, name, parent, start);
        (arena, id)
    }

    /// Makes an arena below a segment that somebody else sends.
    pub(super) fn of_facade() -> Self {
        let mut arena = Self::empty(SegmentState::Facade);
        // Index 0 means the segment, and nobody ever takes its slot.
        arena.slots.push(Slot::open(NONE, NONE, 0));
        arena
    }

    fn empty(segment: SegmentState) -> Self {
        Self {
            slots: Vec::with_capacity(16),
            vacant: Vec::new(),
            held: 0,
            segment,
            first_leaving: NONE,
            last_leaving: NONE,
            failures: Failures::default(),
        }
    }

    pub(super) fn is_facade(&self) -> bool {
        self.segment == SegmentState::Facade
    }

    /// Opens a subsegment. Its parent may have left already; then it is on its own from the start.
    pub(super) fn open_below(
        &mut self,
        parent: Index,
        parent_id: SegmentId,
        name: &str,
        start: u64,
    ) -> (Index, SegmentId) {
        let place = if self.is(parent, parent_id) { parent } else { NONE };
        self.open(place, name, Some(parent_id), start)
    }

    fn open(&mut self, parent: Index, name: &str, parent_id: Option<SegmentId>, start: u64) -> (Index, SegmentId) {
        let mut record = pool::take();
        record.begin(name, parent_id, start);
        let id = record.id;
        let (previous, depth) = match parent {
            NONE => (NONE, 0),
            parent => (self.at(parent).last_child, self.at(parent).depth.saturating_add(1)),
        };
        let slot = Slot { record: Some(record), ..Slot::open(parent, previous, depth) };
        let index = match self.vacant.pop() {
            Some(index) => {
                self.slots[index as usize] = slot;
                index
            }
            None => {
                self.slots.push(slot);
                // A segment of four billion open entities does not fit into memory.
                (self.slots.len() - 1) as Index
            }
        };
        if parent != NONE {
            self.at(parent).last_child = index;
            match previous {
                NONE => self.at(parent).first_child = index,
                previous => self.at(previous).siblings.next = index,
            }
        }
        (index, id)
    }

    /// The data of an entity that is open; `None` once it ended.
    #[inline]
    pub(super) fn open_record(&mut self, index: Index, id: SegmentId) -> Option<&mut Record> {
        let slot = self.slots.get_mut(index as usize).filter(|slot| !slot.finished)?;
        slot.record.as_deref_mut().filter(|record| record.id == id)
    }

    /// When the parent of an entity began, if it is still here.
    pub(super) fn start_of_parent(&self, index: Index) -> Option<u64> {
        let parent = self.slots.get(index as usize)?.parent;
        self.slots.get(parent as usize)?.record.as_ref().map(|record| record.start)
    }

    /// Finishes an entity; `false` if that was done before.
    pub(super) fn finish(&mut self, index: Index, id: SegmentId, end: u64) -> bool {
        let Some(record) = self.open_record(index, id) else { return false };
        record.finish(end);
        self.at(index).finished = true;
        self.held += 1;
        if index == SEGMENT {
            self.segment = SegmentState::Ended;
        }
        // Finished children no longer leave alone: they go with their parent.
        let mut child = self.at(index).first_child;
        while child != NONE {
            if self.at(child).finished {
                self.unlink_leaving(child);
            }
            child = self.at(child).siblings.next;
        }
        let parent = self.at(index).parent;
        if parent == NONE || !self.at(parent).finished {
            self.link_leaving(index);
        }
        true
    }

    /// Takes out a finished entity, with every finished one below it, if more are held than may be.
    ///
    /// The one that has been waiting longest goes first. Open ones below it stay, on their own.
    pub(super) fn take_leaving(&mut self, threshold: usize) -> Option<Vec<Branch>> {
        let most = if self.segment == SegmentState::Open { threshold } else { 0 };
        let top = self.first_leaving;
        if self.held <= most || top == NONE {
            return None;
        }
        self.unlink_leaving(top);
        self.unlink_sibling(top);
        let mut branches = Vec::with_capacity(self.held.min(64));
        let mut depth = u32::from(top != SEGMENT);
        let mut index = top;
        loop {
            // The links stay as they are in the slots that become vacant, and lead on from there.
            if let Some(record) = self.at(index).record.take() {
                branches.push(Branch { record, depth });
            }
            self.held -= 1;
            // The segment's slot is never used again: index 0 means the segment. And most trees are over when it ends.
            if top != SEGMENT {
                self.vacant.push(index);
            }
            let child = self.first_finished(self.slots[index as usize].first_child);
            if child != NONE {
                (index, depth) = (child, depth + 1);
                continue;
            }
            loop {
                if index == top {
                    self.hand_failures_up(self.slots[top as usize].parent);
                    return Some(branches);
                }
                let sibling = self.first_finished(self.slots[index as usize].siblings.next);
                if sibling != NONE {
                    index = sibling;
                    break;
                }
                (index, depth) = (self.slots[index as usize].parent, depth - 1);
            }
        }
    }

    /// The first finished one of `index` and its later siblings; open ones before it are on their own from now on.
    fn first_finished(&mut self, mut index: Index) -> Index {
        while index != NONE && !self.at(index).finished {
            let open = self.at(index);
            open.parent = NONE;
            index = std::mem::replace(&mut open.siblings, ALONE).next;
        }
        index
    }

    /// The first open entity at an index or behind it, as it is now, and its index.
    pub(super) fn open_from(&self, index: Index) -> Option<(Index, Box<Record>)> {
        let mut slots = self.slots.iter().enumerate().skip(index as usize);
        slots.find_map(|(index, slot)| {
            let record = slot.record.as_ref().filter(|_| !slot.finished)?;
            Some((index as Index, record.in_progress()))
        })
    }

    /// Whether an entity that is still here is above another, or is the other. No more entities are looked at than lie between
    /// the two.
    pub(super) fn is_above(&self, ancestor: (Index, SegmentId), index: Index, id: SegmentId) -> bool {
        let Some(top) = self.slots.get(ancestor.0 as usize).filter(|_| self.is(index, id)) else { return false };
        let mut above = index;
        while let Some(slot) = self.slots.get(above as usize).filter(|slot| slot.depth >= top.depth) {
            #[cfg(test)]
            LOOKS.with(|looks| looks.set(looks.get() + 1));
            if above == ancestor.0 {
                return self.is(above, ancestor.1);
            }
            above = slot.parent;
        }
        false
    }

    /// When an entity that is still here began.
    pub(super) fn start_of(&self, index: Index, id: SegmentId) -> Option<u64> {
        let record = self.slots.get(index as usize)?.record.as_ref()?;
        (record.id == id).then_some(record.start)
    }

    /// An entity that is still here and those above it, innermost first.
    pub(super) fn line(&self, index: Index, id: SegmentId) -> Vec<(Index, SegmentId)> {
        let mut line = Vec::new();
        let mut next = if self.is(index, id) { index } else { NONE };
        while let Some(id) = self.id_of(next) {
            line.push((next, id));
            next = self.slots[next as usize].parent;
        }
        line
    }

    #[inline]
    pub(super) fn is(&self, index: Index, id: SegmentId) -> bool {
        self.id_of(index) == Some(id)
    }

    /// The id of an entity that is still here.
    pub(super) fn id_of(&self, index: Index) -> Option<SegmentId> {
        self.slots.get(index as usize).and_then(|slot| slot.record.as_ref()).map(|record| record.id)
    }

    #[inline]
    fn link_leaving(&mut self, index: Index) {
        let last = std::mem::replace(&mut self.last_leaving, index);
        self.at(index).leaving = Neighbours { previous: last, next: NONE };
        match last {
            NONE => self.first_leaving = index,
            last => self.at(last).leaving.next = index,
        }
    }

    fn unlink_leaving(&mut self, index: Index) {
        let Neighbours { previous, next } = std::mem::replace(&mut self.at(index).leaving, ALONE);
        match previous {
            NONE if self.first_leaving != index => return,
            NONE => self.first_leaving = next,
            previous => self.at(previous).leaving.next = next,
        }
        match next {
            NONE => self.last_leaving = previous,
            next => self.at(next).leaving.previous = previous,
        }
    }

    fn unlink_sibling(&mut self, index: Index) {
        let parent = self.at(index).parent;
        let Neighbours { previous, next } = std::mem::replace(&mut self.at(index).siblings, ALONE);
        match previous {
            NONE if parent != NONE => self.at(parent).first_child = next,
            NONE => {}
            previous => self.at(previous).siblings.next = next,
        }
        match next {
            NONE if parent != NONE => self.at(parent).last_child = previous,
            NONE => {}
            next => self.at(next).siblings.previous = previous,
        }
    }

    /// The slot at an index that came out of this arena and is not [`NONE`].
    #[inline]
    fn at(&mut self, index: Index) -> &mut Slot {
        &mut self.slots[index as usize]
    }
}

impl Slot {
    fn open(parent: Index, previous: Index, depth: u32) -> Self {
        Self {
            record: None,
            finished: false,
            depth,
            parent,
            first_child: NONE,
            last_child: NONE,
            siblings: Neighbours { previous, next: NONE },
            leaving: ALONE,
        }
    }
}

#[cfg(test)]
thread_local! {
    /// How many entities were looked at to see which is above which.
    static LOOKS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Exception;

    /// The same error on each of 10,000 levels, from the top down, had each level looked for above all those before it.
    #[test]
    fn an_error_on_every_level_of_a_deep_trace_is_looked_for_on_few() {
        const LEVELS: usize = 10_000;
        let (mut arena, segment) = Arena::new("shop", None, 1);
        let mut levels = vec![(SEGMENT, segment)];
        for _ in 1..LEVELS {
            let (index, id) = *levels.last().unwrap();
            levels.push(arena.open_below(index, id, "part", 1));
        }
        let record = |arena: &mut Arena, (index, id): (Index, SegmentId)| {
            assert_eq!(arena.record_exception(index, id, Exception::new("Error", "lost")), Some(0));
        };
        levels.iter().for_each(|level| record(&mut arena, *level));
        assert!(LOOKS.get() < LEVELS, "{}", LOOKS.get());
        // On its way up, each level finds that of the level below.
        let (mut arena, _) = Arena::new("shop", None, 1);
        let mut levels = vec![(SEGMENT, arena.id_of(SEGMENT).unwrap())];
        for _ in 1..LEVELS {
            let (index, id) = *levels.last().unwrap();
            levels.push(arena.open_below(index, id, "part", 1));
        }
        LOOKS.set(0);
        levels.iter().rev().for_each(|level| record(&mut arena, *level));
        assert!(LOOKS.get() <= 2 * LEVELS, "{}", LOOKS.get());
    }
}
