//! The text of a statement without the values in it.
//!
//! The tokenizer is that of `sqlparser`, the only one that knows all the dialects. It reads some texts in
//! another way than the databases do; what it returns is let through by kind, and where databases, or
//! their settings, would disagree about where a literal ends, there is no text at all.

use std::panic::catch_unwind;

use sqlparser::dialect::{Dialect as TokenizerDialect, MySqlDialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, Whitespace, Word};

/// Whose SQL it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "each library has its own")]
pub(crate) enum Dialect {
    Sqlite,
    PostgreSql,
    /// Also that of MariaDB.
    MySql,
}

/// The statement with `?` for every literal, and without comments; `None` if that cannot be made of it.
///
/// A long statement is cut, which an ellipsis at its end tells.
pub(crate) fn sanitized_query(text: impl AsRef<[u8]>, dialect: Dialect) -> Option<String> {
    let text = text.as_ref();
    let is_cut = text.len() > MOST_READ;
    let read = beginning(text)?;
    // A nul ends the text for some and not for others, and no sane statement has the rest.
    if read.chars().any(|character| character.is_control() && !matches!(character, '\t' | '\n' | '\r')) {
        return None;
    }
    // The version of the server decides whether it runs what is in there.
    if dialect == Dialect::MySql && (read.contains("/*!") || read.contains("/*M!")) {
        return None;
    }
    // No text that a program happens to send may break it, whatever the tokenizer makes of it.
    catch_unwind(|| {
        let tokens = tokens(read, dialect, is_cut)?;
        Statement { dialect, tokens: &tokens, output: String::new() }.written(is_cut)
    })
    .ok()?
}

/// In bytes. More than twice of what a document takes, and some 0.2 ms of work in a release build.
const MOST_READ: usize = 8 * 1024;

/// In bytes: what a `sql` block takes in characters, and room for the ellipsis.
const MOST_WRITTEN: usize = 4_000 - 10;

/// As much of a text as is read; `None` if that is no UTF-8.
fn beginning(text: &[u8]) -> Option<&str> {
    let read = &text[..text.len().min(MOST_READ)];
    match str::from_utf8(read) {
        Ok(read) => Some(read),
        // A character that was cut.
        Err(error) if error.error_len().is_none() && read.len() < text.len() => {
            str::from_utf8(&read[..error.valid_up_to()]).ok()
        }
        Err(_) => None,
    }
}

fn tokens(text: &str, dialect: Dialect, is_cut: bool) -> Option<Vec<Token>> {
    let mut tokens: Vec<TokenWithSpan> = Vec::new();
    let is_whole = match dialect {
        Dialect::Sqlite => read(&SQLiteDialect {}, text, &mut tokens),
        Dialect::PostgreSql => read(&PostgreSqlDialect {}, text, &mut tokens),
        Dialect::MySql => read(&MySqlDialect {}, text, &mut tokens),
    };
    if is_cut {
        // What stands before a literal that the cut has left open is as good as any; but it may have cut the last word.
        tokens.pop();
    } else if !is_whole {
        return None;
    }
    Some(tokens.into_iter().map(|token| token.token).collect())
}

fn read(dialect: &dyn TokenizerDialect, text: &str, tokens: &mut Vec<TokenWithSpan>) -> bool {
    Tokenizer::new(dialect, text).with_unescape(false).tokenize_with_location_into_buf(tokens).is_ok()
}

struct Statement<'a> {
    dialect: Dialect,
    tokens: &'a [Token],
    output: String,
}

/// What stands last in the output, with nothing between it and what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    Number,
    Text,
    Other,
}

/// The statements whose values may be bare words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Not known yet: at the beginning of a statement.
    Any,
    /// `ALTER` or `CREATE`, until its `SET`.
    Alter,
    Attach,
    Pragma,
    Set,
    /// The rest of the statement is a value.
    Value,
    Other,
}

impl Statement<'_> {
    /// `None` if anything speaks for a literal that ends elsewhere than it seems.
    fn written(mut self, is_cut: bool) -> Option<String> {
        let (mut last, mut kind) = (Last::Other, Kind::Any);
        for (position, token) in self.tokens.iter().enumerate() {
            if self.output.len() > MOST_WRITTEN {
                return Some(self.cut());
            }
            if matches!(kind, Kind::Value) && *token != Token::SemiColon {
                continue;
            }
            last = match token {
                Token::Whitespace(space) => {
                    self.gap(space)?;
                    Last::Other
                }
                Token::Number(..) => self.number(last)?,
                Token::Word(word) if is_number(word) => self.number(last)?,
                Token::Word(word) => self.word(word, position, last)?,
                token if is_text(token) => self.text(token, last)?,
                token => self.other(token)?,
            };
            kind = kind.after(token);
            if matches!(kind, Kind::Value) {
                self.output.push_str(if matches!(token, Token::LParen) { "?" } else { " ?" });
            }
        }
        self.output.truncate(self.output.trim_end().len());
        let text = if is_cut && !self.output.is_empty() { self.cut() } else { self.output };
        Some(text).filter(|text| !text.is_empty())
    }

    fn cut(mut self) -> String {
        self.output.truncate(self.output.floor_char_boundary(MOST_WRITTEN));
        self.output.push_str(" …");
        self.output
    }

    /// Comments are gaps as well: what is in them is not for the database, and may be anything.
    fn gap(&mut self, space: &Whitespace) -> Option<()> {
        if self.dialect == Dialect::MySql {
            // Two dashes are a comment if there is a space behind them, which to the tokenizer may be any of Unicode's.
            let is_none = matches!(space, Whitespace::SingleLineComment { prefix, comment }
                if prefix == "--" && comment.starts_with(|first: char| !first.is_ascii()));
            // `@-- …`, of which the tokenizer takes the first dash for a part of an operator.
            if is_none || self.output.ends_with("--") {
                return None;
            }
        }
        if !self.output.is_empty() && !self.output.ends_with(' ') {
            self.output.push(' ');
        }
        Some(())
    }

    fn number(&mut self, last: Last) -> Option<Last> {
        match last {
            Last::Text => None,
            // `0b101`, `1_000`: the tokenizer knows them in parts.
            Last::Number => Some(Last::Number),
            Last::Other => {
                self.output.push('?');
                Some(Last::Number)
            }
        }
    }

    fn text(&mut self, token: &Token, last: Last) -> Option<Last> {
        if is_ambiguous(token, self.dialect) {
            return None;
        }
        if last == Last::Other {
            self.output.push('?');
        }
        Some(Last::Text)
    }

    fn word(&mut self, word: &Word, position: usize, last: Last) -> Option<Last> {
        match last {
            // `'O'Brien'`: a literal with a quote too many.
            Last::Text => return None,
            Last::Number if word.quote_style.is_none() => return Some(Last::Number),
            Last::Number | Last::Other => {}
        }
        let is_value = match word.quote_style {
            Some('"') => self.dialect == Dialect::Sqlite && !self.is_name(position),
            Some(_) => false,
            None => is_word(word, "TRUE") || is_word(word, "FALSE"),
        };
        if is_value {
            self.output.push('?');
        } else {
            self.output.push_str(&word.to_string());
        }
        Some(Last::Other)
    }

    /// Whether what SQLite would otherwise take for a text, where there is no column of the name, is in a place of names.
    fn is_name(&self, position: usize) -> bool {
        let mut before = self.tokens[..position].iter().rev().filter(|token| !matches!(token, Token::Whitespace(_)));
        let is_named = match (before.next(), before.next()) {
            (Some(Token::Period), _) => true,
            // `IS DISTINCT FROM "…"`
            (Some(Token::Word(word)), Some(Token::Word(first))) if is_word(word, "FROM") => !is_word(first, "DISTINCT"),
            (Some(Token::Word(word)), _) => {
                ["FROM", "INTO", "JOIN", "TABLE", "UPDATE"].iter().any(|name| is_word(word, name))
            }
            _ => false,
        };
        is_named || matches!(self.tokens.get(position + 1), Some(Token::Period))
    }

    fn other(&mut self, token: &Token) -> Option<Last> {
        let text = token.to_string();
        match token {
            // A quote has been lost somewhere, or nobody knows what it is.
            Token::Backslash | Token::Char(_) => return None,
            // The rest of a variable of SQLite, up to the parenthesis that closes it, whatever is in there.
            Token::LParen if self.dialect == Dialect::Sqlite && self.ends_with_variable() => return None,
            Token::Placeholder(_) if !self.is_parameter(&text) => return None,
            _ if self.begins_comment(&text) => return None,
            _ => self.output.push_str(&text),
        }
        Some(Last::Other)
    }

    /// Whether it is nothing but a parameter; any character that is not ASCII may be in the tag of PostgreSQL's `$tag$ … $tag$`.
    fn is_parameter(&self, text: &str) -> bool {
        match text.strip_prefix('$') {
            Some(number) if self.dialect == Dialect::PostgreSql => {
                !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
            }
            _ => text.chars().all(|character| character.is_alphanumeric() || "?$_".contains(character)),
        }
    }

    /// Whether what stands last in the output is `$name`, `@name`, `:name` or `#name`.
    fn ends_with_variable(&self) -> bool {
        let is_in_name =
            |character: char| !character.is_ascii() || character.is_ascii_alphanumeric() || character == '_';
        let before = self.output.trim_end_matches(|character| is_in_name(character) || "$@:#".contains(character));
        self.output[before.len()..].contains(['$', '@', ':', '#'])
    }

    /// Whether a comment begins in what the tokenizer takes for operators: `?--`, `|/*`.
    fn begins_comment(&self, text: &str) -> bool {
        let begins = |first, second, both| {
            text.contains(both) || (self.output.ends_with::<char>(first) && text.starts_with::<char>(second))
        };
        // To MySQL two dashes are no comment without a space behind them.
        begins('/', '*', "/*") || (self.dialect != Dialect::MySql && begins('-', '-', "--"))
    }
}

impl Kind {
    fn after(self, token: &Token) -> Self {
        match (self, token) {
            (_, Token::SemiColon) => Self::Any,
            (Self::Any, Token::Word(word)) => {
                let kinds = [
                    ("ALTER", Self::Alter),
                    ("ATTACH", Self::Attach),
                    ("CREATE", Self::Alter),
                    ("PRAGMA", Self::Pragma),
                    ("SET", Self::Set),
                ];
                kinds.into_iter().find(|(name, _)| is_word(word, name)).map_or(Self::Other, |(_, kind)| kind)
            }
            (Self::Alter, Token::Word(word)) if is_word(word, "SET") => Self::Set,
            (Self::Attach, Token::Word(word)) if is_word(word, "KEY") => Self::Value,
            (Self::Set, Token::Word(word)) if is_word(word, "TO") => Self::Value,
            (Self::Set | Self::Pragma, Token::Eq | Token::Assignment) | (Self::Pragma, Token::LParen) => Self::Value,
            (kind, _) => kind,
        }
    }
}

/// Whether it is an unquoted word, in whatever case.
fn is_word(word: &Word, name: &str) -> bool {
    word.quote_style.is_none() && word.value.eq_ignore_ascii_case(name)
}

/// `0b101`, which the tokenizer takes for a name that MySQL allows.
fn is_number(word: &Word) -> bool {
    word.quote_style.is_none() && word.value.starts_with(|first: char| first.is_ascii_digit())
}

fn is_text(token: &Token) -> bool {
    raw(token).is_some()
}

/// What is between the quotes of a literal, as it was written.
fn raw(token: &Token) -> Option<&str> {
    match token {
        Token::SingleQuotedString(text)
        | Token::DoubleQuotedString(text)
        | Token::TripleSingleQuotedString(text)
        | Token::TripleDoubleQuotedString(text)
        | Token::SingleQuotedByteStringLiteral(text)
        | Token::DoubleQuotedByteStringLiteral(text)
        | Token::TripleSingleQuotedByteStringLiteral(text)
        | Token::TripleDoubleQuotedByteStringLiteral(text)
        | Token::SingleQuotedRawStringLiteral(text)
        | Token::DoubleQuotedRawStringLiteral(text)
        | Token::TripleSingleQuotedRawStringLiteral(text)
        | Token::TripleDoubleQuotedRawStringLiteral(text)
        | Token::NationalStringLiteral(text)
        | Token::EscapedStringLiteral(text)
        | Token::UnicodeStringLiteral(text)
        | Token::HexStringLiteral(text) => Some(text),
        Token::QuoteDelimitedStringLiteral(text) | Token::NationalQuoteDelimitedStringLiteral(text) => {
            Some(&text.value)
        }
        Token::DollarQuotedString(text) => Some(&text.value),
        _ => None,
    }
}

/// Whether the settings of a server (`standard_conforming_strings`, `NO_BACKSLASH_ESCAPES`) decide where a
/// literal ends: a backslash stands before a quote.
fn is_ambiguous(token: &Token, dialect: Dialect) -> bool {
    match token {
        Token::EscapedStringLiteral(_) | Token::UnicodeStringLiteral(_) => false,
        // `$1$…` is a parameter and something else.
        Token::DollarQuotedString(text) => {
            text.tag.as_ref().is_some_and(|tag| tag.starts_with(|first: char| first.is_ascii_digit()))
        }
        // The tokenizer reads backslashes in `X'…'`, which no database does.
        Token::HexStringLiteral(text) => text.contains('\\'),
        _ if dialect == Dialect::Sqlite => false,
        token => raw(token).is_some_and(|text| text.ends_with('\\') || text.contains("\\'") || text.contains("\\\"")),
    }
}

#[cfg(test)]
mod tests;
