//! The places of a text by which its URLs are found. They are found by reading it once.

use super::in_scheme;

/// Positions in a text, in bytes, each list in order.
#[derive(Debug, Default)]
pub(super) struct Landmarks {
    /// Behind each `//`.
    authorities: Vec<usize>,
    /// Where a scheme begins that nothing but the end of a word stands before: there another URL begins, whatever was before it.
    urls: Vec<usize>,
    ats: Vec<usize>,
    /// Each `:` behind which a password may begin: that of a scheme, or of a sentence, has something else behind it.
    colons: Vec<usize>,
    spaces: Vec<usize>,
}

impl Landmarks {
    pub(super) fn of(characters: impl Iterator<Item = (usize, char)>) -> Self {
        let mut landmarks = Self::default();
        // Where a scheme may have begun.
        let mut scheme = Some(0);
        let mut before = [' '; 2];
        for (position, character) in characters {
            if before[1] == ':' && character != '/' && !character.is_whitespace() {
                landmarks.colons.push(position - 1);
            }
            match character {
                '@' => landmarks.ats.push(position),
                '/' if before[1] == '/' => {
                    landmarks.authorities.push(position + 1);
                    if let Some(scheme) = scheme.filter(|scheme| before[0] == ':' && *scheme + 4 <= position) {
                        landmarks.urls.push(scheme);
                    }
                    // A third slash does not begin another URL.
                    before = [' '; 2];
                    scheme = None;
                    continue;
                }
                _ if character.is_whitespace() => landmarks.spaces.push(position),
                _ => {}
            }
            if separates(character) {
                scheme = Some(position + character.len_utf8());
            } else if !may_lead_to_slashes(before[1], character) {
                scheme = None;
            }
            before = [before[1], character];
        }
        landmarks
    }

    pub(super) fn authorities(&self) -> &[usize] {
        &self.authorities
    }

    /// Where a URL ends at the latest if white space does not end it: where the next one begins.
    pub(super) fn end_of_url_with_space(&self, position: usize) -> Option<usize> {
        first_from(&self.urls, position)
    }

    pub(super) fn end_of_word(&self, position: usize) -> Option<usize> {
        first_from(&self.spaces, position)
    }

    /// The place of the next `//`.
    pub(super) fn next_slashes(&self, position: usize) -> Option<usize> {
        first_from(&self.authorities, position + "//".len()).map(|authority| authority - "//".len())
    }

    /// The place of the next colon behind which a password may begin.
    pub(super) fn next_password(&self, position: usize) -> Option<usize> {
        first_from(&self.colons, position)
    }

    pub(super) fn next_at(&self, position: usize) -> Option<usize> {
        first_from(&self.ats, position)
    }

    pub(super) fn last_at(&self, start: usize, end: usize) -> Option<usize> {
        let before = self.ats.partition_point(|at| *at < end);
        self.ats[..before].last().copied().filter(|at| *at >= start)
    }
}

fn may_lead_to_slashes(before: char, character: char) -> bool {
    if character == '/' { before == ':' } else { u8::try_from(character).is_ok_and(in_scheme) }
}

fn first_from(positions: &[usize], position: usize) -> Option<usize> {
    positions.get(positions.partition_point(|known| *known < position)).copied()
}

/// Whether a word may begin behind the character. An `@`, a slash or a letter before a scheme is part of a password or a path.
fn separates(character: char) -> bool {
    character.is_whitespace() || "\"'`()[]{}<>=,;|".contains(character)
}
