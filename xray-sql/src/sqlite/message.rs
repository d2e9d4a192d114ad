//! Which of SQLite's messages may be recorded.
//!
//! Most name tables and columns only. Others quote the statement (`near "'secret'": syntax error`), or
//! are made by a trigger, a function or a virtual table, with whatever these put into them. So only
//! messages of a known form are taken as they are.

/// The message, if nothing in it can be a value.
pub(crate) fn public(message: &str) -> Option<&str> {
    FORMS.iter().any(|form| has_form(message, form)).then_some(message)
}

/// In a form `*` stands for names, `#` for a number, `?` for a punctuation mark.
const FORMS: &[&str] = &[
    "# values for # columns",
    "CHECK constraint failed: *",
    "FOREIGN KEY constraint failed",
    "NOT NULL constraint failed: *",
    "UNIQUE constraint failed: *",
    "UNIQUE constraint failed: index '*'",
    "a table in the database is locked",
    "ambiguous column name: *",
    "attempt to write a readonly database",
    "cannot commit - no transaction is active",
    "cannot commit transaction - SQL statements in progress",
    "cannot modify * because it is a view",
    "cannot rollback - no transaction is active",
    "cannot start a transaction within a transaction",
    "column index out of range",
    "constraint failed",
    "database disk image is malformed",
    "database is locked",
    "database or disk is full",
    "database schema has changed",
    "database schema is locked: *",
    "database table is locked",
    "database table is locked: *",
    "datatype mismatch",
    "disk I/O error",
    "file is not a database",
    "foreign key mismatch - \"*\" referencing \"*\"",
    "incomplete input",
    "index * already exists",
    "interrupted",
    "misuse of aggregate: *()",
    "near \"*\": syntax error",
    "near \"?\": syntax error",
    "no such collation sequence: *",
    "no such column: *",
    "no such function: *",
    "no such index: *",
    "no such module: *",
    "no such savepoint: *",
    "no such table: *",
    "no such trigger: *",
    "no such view: *",
    "not authorized",
    "out of memory",
    "string or blob too big",
    "table * already exists",
    "table * has # columns but # values were supplied",
    "table * has no column named *",
    "table * may not be modified",
    "there is already an index named *",
    "too many SQL variables",
    "trigger * already exists",
    "unable to open database file",
    "unknown database *",
    "view * already exists",
    "wrong number of arguments to function *()",
];

fn has_form(mut text: &str, form: &str) -> bool {
    for part in form.split_inclusive(['*', '#', '?']) {
        let literal = part.trim_end_matches(['*', '#', '?']);
        let Some(rest) = text.strip_prefix(literal) else { return false };
        let length = match part.as_bytes().last() {
            Some(b'*') => names(rest),
            Some(b'#') => rest.bytes().take_while(u8::is_ascii_digit).count(),
            Some(b'?') => usize::from(rest.starts_with(['(', ')', ',', ';', '=', '<', '>', '.', '*', '+', '-', '/'])),
            _ => {
                text = rest;
                continue;
            }
        };
        if length == 0 {
            return false;
        }
        text = &rest[length..];
    }
    text.is_empty()
}

/// How long the list of names is that `text` begins with: `users`, `users.email, users.name`.
fn names(text: &str) -> usize {
    let mut length = 0;
    for (position, name) in text.split(", ").enumerate() {
        let separator = if position == 0 { 0 } else { ", ".len() };
        let end = name.find(|character: char| !is_name(character)).unwrap_or(name.len());
        if end == 0 || name.starts_with(|first: char| first.is_ascii_digit()) {
            break;
        }
        length += separator + end;
        if end < name.len() {
            break;
        }
    }
    length
}

fn is_name(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '.' | '$')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_without_values_are_taken_as_they_are() {
        for message in [
            "UNIQUE constraint failed: users.email, users.tenant_id",
            "UNIQUE constraint failed: index 'by_email'",
            "NOT NULL constraint failed: größen.wert",
            "CHECK constraint failed: positive_price",
            "FOREIGN KEY constraint failed",
            "near \"SELEKT\": syntax error",
            "near \")\": syntax error",
            "no such table: main.carts",
            "table orders has 2 columns but 3 values were supplied",
            "database is locked",
        ] {
            assert_eq!(public(message), Some(message));
        }
    }

    #[test]
    fn messages_that_may_hold_a_value_are_not() {
        for message in [
            "",
            "near \"'secret'\": syntax error",
            "near \"17\": syntax error",
            "near \"\": syntax error",
            "unrecognized token: \"'secret\"",
            "no such column: \"secret\" - should this be a string literal in single-quotes?",
            "CHECK constraint failed: name <> 'secret'",
            "UNIQUE constraint failed: users.email, 'secret'",
            "no such table: 17",
            "malformed JSON",
            "fts5: syntax error near \"secret\"",
            "the program's own message",
            "database is locked by secret",
        ] {
            assert_eq!(public(message), None, "{message}");
        }
    }
}
