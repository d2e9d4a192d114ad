//! One cell of the table.

use std::fmt;
use std::str::FromStr;

use xray_core::__private::NoticeKind;

use crate::behaviour::Behaviour;
use crate::lines::{self, Surroundings};
use crate::things::{self, Thing};

#[derive(Clone, Copy)]
pub struct Cell {
    pub thing: &'static Thing,
    pub behaviour: Behaviour,
    pub line: NoticeKind,
}

impl Cell {
    pub fn all() -> Vec<Self> {
        let mut cells = Vec::new();
        for thing in things::all() {
            for behaviour in Behaviour::ALL.into_iter().filter(|behaviour| thing.may(*behaviour)) {
                let lines = NoticeKind::ALL.iter().filter(|line| may_be_played(thing, **line));
                cells.extend(lines.map(|line| Self { thing, behaviour, line: *line }));
            }
        }
        cells
    }

    /// What the child has to find for the line to be provoked.
    pub fn surroundings(&self) -> Surroundings {
        lines::surroundings(self.line)
    }
}

fn may_be_played(thing: &Thing, line: NoticeKind) -> bool {
    // A panic in the panic hook ends the process, whoever caught it.
    let is_caught = !(thing.is_hook && lines::comes_of_a_panic(line));
    // With the things of the core all lines are played; an instrument adds its own state to that, whatever the line.
    is_caught && (!thing.is_of_instrument() || lines::comes_of_recording(line))
}

impl fmt::Display for Cell {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} / {:?} / {:?}", self.thing.name, self.behaviour, self.line)
    }
}

impl FromStr for Cell {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::all().into_iter().find(|cell| cell.to_string() == text).ok_or_else(|| format!("no cell {text:?}"))
    }
}
