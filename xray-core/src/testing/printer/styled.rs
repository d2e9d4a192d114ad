//! Text in a few styles that is measured and cut before it is coloured.

use std::fmt;

use unicode_width::UnicodeWidthChar;

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Style {
    Plain,
    Dim,
    Cyan,
    Red,
}

#[derive(Default)]
pub(super) struct Styled(Vec<(Style, String)>);

impl Styled {
    pub(super) fn push(&mut self, style: Style, text: &str) {
        if !text.is_empty() {
            self.0.push((style, text.to_owned()));
        }
    }

    /// The width in columns of a terminal, where some characters take two.
    pub(super) fn width(&self) -> usize {
        self.0.iter().flat_map(|(_, text)| text.chars()).map(columns).sum()
    }

    /// Cuts to a width; an ellipsis shows that something is missing.
    pub(super) fn cut(&mut self, width: usize) {
        if self.width() <= width {
            return;
        }
        let mut left = width.saturating_sub(1);
        for (position, (_, text)) in self.0.iter_mut().enumerate() {
            for (offset, character) in text.char_indices() {
                match left.checked_sub(columns(character)) {
                    Some(rest) => left = rest,
                    None => {
                        text.truncate(offset);
                        if width > 0 {
                            text.push('…');
                        }
                        self.0.truncate(position + 1);
                        return;
                    }
                }
            }
        }
    }

    /// Cuts or fills to a width exactly.
    pub(super) fn fit(&mut self, width: usize) {
        self.cut(width);
        let missing = width.saturating_sub(self.width());
        self.push(Style::Plain, &" ".repeat(missing));
    }

    /// Writes the text without the blanks at its end.
    pub(super) fn write(&self, color: bool, destination: &mut impl fmt::Write) -> fmt::Result {
        let is_blank = |(_, text): &(Style, String)| text.trim_end_matches(' ').is_empty();
        let count = self.0.iter().rposition(|part| !is_blank(part)).map_or(0, |last| last + 1);
        for (position, (style, text)) in self.0[..count].iter().enumerate() {
            let text = if position + 1 == count { text.trim_end_matches(' ') } else { text };
            match style {
                Style::Dim if color => write!(destination, "\u{1b}[2m{text}\u{1b}[0m")?,
                Style::Cyan if color => write!(destination, "\u{1b}[36m{text}\u{1b}[0m")?,
                Style::Red if color => write!(destination, "\u{1b}[31m{text}\u{1b}[0m")?,
                _ => destination.write_str(text)?,
            }
        }
        Ok(())
    }
}

fn columns(character: char) -> usize {
    character.width().unwrap_or(0)
}
