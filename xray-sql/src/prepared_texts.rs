//! The texts of statements that were prepared earlier.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::text::Text;

/// The texts of prepared statements, which drivers do not tell.
pub(crate) struct PreparedTexts<K>(Mutex<BTreeMap<K, Arc<str>>>);

impl<K> Default for PreparedTexts<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// Nobody tells when a statement is gone. Each takes 4 KB at most.
const MOST: usize = 1_000;

impl<K: Copy + Ord> PreparedTexts<K> {
    /// Keeps the text of a statement; of too many, the one with the lowest number goes, which is the oldest.
    pub(crate) fn keep(&self, statement: K, text: Arc<str>) {
        let mut texts = self.texts();
        texts.insert(statement, text);
        if texts.len() > MOST {
            texts.pop_first();
        }
    }

    pub(crate) fn text(&self, statement: K) -> Text<'static> {
        self.texts().get(&statement).cloned().map_or(Text::Unknown, Text::Sanitized)
    }

    fn texts(&self) -> MutexGuard<'_, BTreeMap<K, Arc<str>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K> fmt::Debug for PreparedTexts<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PreparedTexts")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sanitized_query::Dialect;

    #[test]
    fn the_oldest_texts_are_forgotten() {
        let texts = PreparedTexts::default();
        for number in 0..=MOST {
            texts.keep(number, number.to_string().into());
        }
        let known = |number| texts.text(number).sanitized(Dialect::MySql);
        assert_eq!(known(0), None);
        assert_eq!(known(1).as_deref(), Some("1"));
        assert_eq!(known(MOST), Some(MOST.to_string().into()));
    }
}
