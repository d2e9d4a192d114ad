#![allow(clippy::unwrap_used)] // as in tests

use super::Dialect::{self, MySql, PostgreSql, Sqlite};
use super::{MOST_READ, sanitized_query};

const ALL: [Dialect; 3] = [Sqlite, PostgreSql, MySql];

#[test]
fn literals_become_question_marks() {
    for (dialects, text, expected) in [
        (&ALL[..], "SELECT 1", "SELECT ?"),
        (
            &ALL,
            "select a.b, count(*) from t where c = 'it''s' and d in (1, 2.5, -3e10, .5)",
            "select a.b, count(*) from t where c = ? and d in (?, ?, -?, ?)",
        ),
        (&ALL, "INSERT INTO t (a, b) VALUES ('a',1),('b',2)", "INSERT INTO t (a, b) VALUES (?,?),(?,?)"),
        (&ALL, "SELECT x'4D79', X'00', 0x4D79, n'a', N'b'", "SELECT ?, ?, ?, ?, ?"),
        (&ALL, "SELECT TRUE, false, NULL, t.a IS NULL", "SELECT ?, ?, NULL, t.a IS NULL"),
        (&ALL, "SELECT DATE '2026-11-20', DATE'2026-11-20', 1e, 1x", "SELECT DATE ?, DATE?, ?, ?"),
        (&ALL, "  SELECT\n\t1 -- of 's3cret'\n  , /* 's3cret */ 2;\n", "SELECT ? , ?;"),
        (&ALL, "SELECT/* s3cret */1/**/FROM t", "SELECT ? FROM t"),
        (&ALL, "UPDATE t SET a = b WHERE c <> 'x' AND d >= 7", "UPDATE t SET a = b WHERE c <> ? AND d >= ?"),
        (&ALL, "SELECT '', '''', ''''''", "SELECT ?, ?, ?"),
        (&ALL, "SELECT größe, 名 FROM t WHERE n = 'größe'", "SELECT größe, 名 FROM t WHERE n = ?"),
        (&ALL, "BEGIN; COMMIT", "BEGIN; COMMIT"),
        // What was bound stays what it is.
        (
            &[PostgreSql],
            "SELECT $1, $12::text, a->>'b', c[1], d ? 'e' FROM t",
            "SELECT $1, $12::text, a->>?, c[?], d ? ? FROM t",
        ),
        (
            &[PostgreSql],
            "SELECT a @> '{}', b #>> '{c}', d ?| array['e'], f @? '$.g', h #- '{i}', j - 'k', l COLLATE \"C\"",
            "SELECT a @> ?, b #>> ?, d ?| array[?], f @? ?, h #- ?, j - ?, l COLLATE \"C\"",
        ),
        (&[Sqlite], "SELECT ?, ?1, :name, @name, $name", "SELECT ?, ?1, :name, @name, $name"),
        (&[MySql], "SELECT ?, @name, @@sql_mode, :name", "SELECT ?, @name, @@sql_mode, :name"),
        // Numbers of a kind that only some have.
        (&[Sqlite, PostgreSql], "SELECT 1_000, 0b101, 0o17, 0XFF, 1.5e-3", "SELECT ?, ?, ?, ?, ?"),
        (&[MySql], "SELECT 0b101, 1.5e-3, b'101', B'1', 0XFF, a1 FROM t1", "SELECT ?, ?, ?, ?, ?, a1 FROM t1"),
        (&[PostgreSql], "SELECT b'101', B'1', E'a\\'b\\n', e'x', U&'\\0061'", "SELECT ?, ?, ?, ?, ?"),
        // Names in quotes, and what is none.
        (
            &[PostgreSql],
            "SELECT \"a\"\"b\" FROM \"t\" WHERE \"c\" = 'd'",
            "SELECT \"a\"\"b\" FROM \"t\" WHERE \"c\" = ?",
        ),
        (
            &[MySql],
            "SELECT `a``b` FROM `t` WHERE `c` = \"it's\" AND d = 'a\\nb'",
            "SELECT `a``b` FROM `t` WHERE `c` = ? AND d = ?",
        ),
        (
            &[Sqlite],
            "SELECT `a`, [b] FROM \"t\" WHERE \"t\".\"c\" = \"d\"",
            "SELECT `a`, [b] FROM \"t\" WHERE \"t\".\"c\" = ?",
        ),
        (&[Sqlite], "INSERT INTO \"t\" VALUES (\"a\")", "INSERT INTO \"t\" VALUES (?)"),
        (&[Sqlite], "SELECT 1 WHERE a IS NOT DISTINCT FROM \"s3cret\"", "SELECT ? WHERE a IS NOT DISTINCT FROM ?"),
        // A backslash is nothing special for SQLite, nor in the middle of a text.
        (&[Sqlite], "SELECT 'C:\\', 's3cret'", "SELECT ?, ?"),
        (&ALL, "SELECT 'C:\\new'", "SELECT ?"),
        // Functions and other statements in a text.
        (&[PostgreSql], "DO $$ BEGIN PERFORM 's3cret'; END $$", "DO ?"),
        (&[PostgreSql], "SELECT $a$ $b$ $$ s3cret $a$, $$x$y$$, $$$$", "SELECT ?, ?, ?"),
        (&[PostgreSql], "/* a /* 's3cret */ b */ SELECT 1", "SELECT ?"),
        (&[MySql], "SELECT 1 # 's3cret'\n, 2 -- s3cret\n", "SELECT ? , ?"),
        (&[MySql], "SELECT 1--1, 2 --\t'a'\n", "SELECT ?--?, ?"),
        (&[MySql], "SELECT _utf8'a', 'a' 'b', 'a'\"b\"", "SELECT _utf8?, ? ?, ?"),
        // Passwords.
        (&[MySql], "CREATE USER 'a'@'%' IDENTIFIED BY 's3cret'", "CREATE USER ?@? IDENTIFIED BY ?"),
        (&[MySql], "SET PASSWORD FOR a = PASSWORD('s3cret'), @b = c; SELECT d", "SET PASSWORD FOR a = ?; SELECT d"),
        (&[MySql], "SET @a := s3cret", "SET @a := ?"),
        (&[PostgreSql], "ALTER ROLE a PASSWORD 's3cret'", "ALTER ROLE a PASSWORD ?"),
        (&[PostgreSql], "ALTER ROLE a SET app.token TO s3cret", "ALTER ROLE a SET app.token TO ?"),
        (&[PostgreSql], "ALTER TABLE a RENAME TO b", "ALTER TABLE a RENAME TO b"),
        (&[PostgreSql], "CREATE FUNCTION a() RETURNS b SET c = s3cret", "CREATE FUNCTION a() RETURNS b SET c = ?"),
        (&[PostgreSql], "SET LOCAL app.token = s3cret, t0o;SELECT a", "SET LOCAL app.token = ?;SELECT a"),
        (
            &[PostgreSql],
            "COPY t FROM 's3://b' CREDENTIALS 'aws_secret_access_key=s3cret'",
            "COPY t FROM ? CREDENTIALS ?",
        ),
        (&[Sqlite], "ATTACH 'a.db' AS b KEY s3cret", "ATTACH ? AS b KEY ?"),
        (&[Sqlite], "PRAGMA key = s3cret", "PRAGMA key = ?"),
        (&[Sqlite], "PRAGMA rekey(s3cret)", "PRAGMA rekey(?"),
        (&[Sqlite], "PRAGMA key = \"x'2DD29CA851E7B56E'\"", "PRAGMA key = ?"),
    ] {
        for dialect in dialects {
            assert_eq!(sanitized_query(text, *dialect).as_deref(), Some(expected), "{dialect:?} {text}");
        }
    }
}

#[test]
fn what_is_not_certain_is_not_recorded() {
    for (dialects, text) in [
        (&ALL[..], ""),
        (&ALL, " \n"),
        (&ALL, "-- nothing but a comment"),
        (&ALL, "SELECT 's3cret"),
        (&ALL, "SELECT 's3cret' AND 'it's"),
        (&ALL, "SELECT 'O'Brien', 'O'Neil'"),
        (&ALL, "SELECT 'a'1"),
        (&ALL, "SELECT /* s3cret"),
        (&ALL, "SELECT a \\ s3cret"),
        (&ALL, "SELECT \0 's3cret'"),
        (&ALL, "SELECT \u{1b} 's3cret'"),
        (&ALL, "SELECT x'00\\' s3cret '"),
        (&[Sqlite], "SELECT \"s3cret"),
        (&[Sqlite], "SELECT [s3cret"),
        (&[MySql], "SELECT `s3cret"),
        (&[MySql], "SELECT \"s3cret"),
        // With the other setting of the server, the first literal ends elsewhere.
        (&[PostgreSql, MySql], "SELECT 'C:\\', 's3cret', 'D:\\'"),
        (&[PostgreSql, MySql], "SELECT 'a\\'s3cret\\'b'"),
        (&[MySql], "SELECT \"a\\\" s3cret \\\"b\""),
        (&[PostgreSql, MySql], "SELECT N'a\\' s3cret \\'b'"),
        (&[PostgreSql], "SELECT E'a'\n'b\\'s3cret\\''"),
        (&[PostgreSql], "SELECT U&'\\00zz'"),
        (&[PostgreSql], "SELECT $$ s3cret"),
        (&[PostgreSql], "SELECT $a$ s3cret $b$"),
        (&[PostgreSql], "SELECT $1$ s3cret $1$"),
        // A comment to PostgreSQL, an operator to the tokenizer.
        (&[PostgreSql], "SELECT a >--it's\n 's3cret'"),
        (&[PostgreSql], "SELECT a >/*it's*/ 's3cret'"),
        (&[PostgreSql], "SELECT a ?--it's\n, ' s3cret ' ?--it's\n"),
        (&[PostgreSql], "SELECT a #--it' s\n, ' s3cret ' #--it' s\n"),
        (&ALL, "SELECT a |/*it's*/, ' s3cret ', 1|/*it's*/"),
        // A comment to the tokenizer, which MySQL reads.
        (&[MySql], "SELECT 1--\u{a0}'\n s3cret ' , ' 1--\u{a0}'\n"),
        (&[MySql], "SELECT 1--\u{2003}'\n s3cret ' , ' 1--\u{2003}'\n"),
        (&[MySql], "SELECT 1 @-- '\n, ' s3cret ' @-- '\n"),
        // The server decides whether it executes it.
        (&[MySql], "SELECT /*M! 'a */ s3cret' */"),
        (&[MySql], "SELECT /*!50110 'a', b */ 2"),
        (&[MySql], "SELECT /*!999999 ' */, ' s3cret ' /*!999999 ' */"),
        // To the database a quote of a variable's name, and of a literal's tag.
        (&[Sqlite], "SELECT $a('), ' s3cret ', $a(')"),
        (&[Sqlite], "SELECT :a::b('), ' s3cret ', @c(')"),
        (&[PostgreSql], "SELECT $€$ ' $€$, ' s3cret ', $€$ ' $€$"),
    ] {
        for dialect in dialects {
            assert_eq!(sanitized_query(text, *dialect), None, "{dialect:?} {text}");
        }
    }
}

fn some_of(random: &mut fastrand::Rng, characters: &str, count: usize) -> String {
    let characters: Vec<_> = characters.chars().collect();
    (0..count).map(|_| characters[random.usize(0..characters.len())]).collect()
}

/// Every form that a dialect has for a value, with a part that nothing else in a statement can be.
fn literal(random: &mut fastrand::Rng, dialect: Dialect) -> (String, String) {
    let secret = some_of(random, "zqjxZQJXéß漢7", 8);
    let count = random.usize(0..6);
    let noise = some_of(random, " ,;()-=ab%_$*/#?@:[]{}", count);
    let other_quote = |quote: char| ['\'', '"', '`'].into_iter().find(|other| *other != quote).unwrap();
    let quoted = |quote: char| format!("{quote}{noise}{secret}{quote}{quote}{}{noise}{quote}", other_quote(quote));
    let digits = random.u64(10_000_000_000..u64::MAX).to_string();
    let hex = format!("{:016x}", random.u64(1 << 63..));
    let mut forms = vec![
        (quoted('\''), secret.clone()),
        (format!("'{secret}'"), secret.clone()),
        (digits.clone(), digits.clone()),
        (format!("{digits}.{digits}"), digits.clone()),
        (format!(".{digits}e-7"), digits),
        (format!("X'{hex}'"), hex.clone()),
        (format!("0x{hex}"), hex.clone()),
    ];
    forms.extend(match dialect {
        Sqlite => vec![(quoted('"'), secret)],
        MySql => vec![
            (quoted('"'), secret.clone()),
            (format!("'{noise}\\n{secret}\\\\-{noise}'"), secret.clone()),
            (format!("_utf8mb4'{secret}'"), secret.clone()),
            (format!("N'{secret}'"), secret),
            ("0b1011011101111".to_owned(), "1011011101111".to_owned()),
        ],
        PostgreSql => vec![
            (format!("E'{noise}\\'{secret}\\n{noise}'"), secret.clone()),
            (format!("$${}'{secret}$$", noise.replace('$', "")), secret.clone()),
            (format!("$t${noise}'$u${secret}$$ $t$"), secret.clone()),
            (format!("U&'{secret}\\0061'"), secret.clone()),
            (format!("DATE'{secret}'"), secret),
            ("B'1011011101111'".to_owned(), "1011011101111".to_owned()),
        ],
    });
    let chosen = random.usize(0..forms.len());
    forms.swap_remove(chosen)
}

/// A statement of a dialect, and what must not be seen of it.
fn statement(random: &mut fastrand::Rng, dialect: Dialect, values: usize) -> (String, Vec<String>) {
    let (literals, secrets): (Vec<_>, Vec<_>) =
        std::iter::repeat_with(|| literal(random, dialect)).take(values).unzip();
    let comma = *random.choice(&[", ", ",", " /* it's */, ", ",-- \"it's\n "]).unwrap();
    let list = literals.join(comma);
    let form = *random
        .choice(&[
            "INSERT INTO orders (a, b) VALUES (|)",
            "SELECT a FROM orders WHERE b IN (|) AND c = ?",
            "SELECT |",
            "CALL f(|); SELECT a",
        ])
        .unwrap();
    (form.replace('|', &list), secrets)
}

#[test]
fn no_literal_of_any_statement_is_recorded() {
    for seed in 0..3_000 {
        let mut random = fastrand::Rng::with_seed(seed);
        let dialect = *random.choice(&ALL).unwrap();
        let values = random.usize(1..6);
        let (text, secrets) = statement(&mut random, dialect, values);
        let recorded = sanitized_query(&text, dialect).unwrap_or_else(|| panic!("{seed} {dialect:?} {text}"));
        for secret in secrets {
            assert!(!recorded.contains(&secret), "{seed} {dialect:?} {text}\n{recorded}");
        }
        assert!(recorded.contains('?') && !recorded.contains("it's"), "{seed} {recorded}");
    }
}

#[test]
fn no_literal_of_a_long_statement_is_recorded() {
    for seed in 0..150 {
        let mut random = fastrand::Rng::with_seed(seed);
        let dialect = *random.choice(&ALL).unwrap();
        let (text, secrets) = statement(&mut random, dialect, 1_000);
        assert!(text.len() > MOST_READ);
        let recorded = sanitized_query(&text, dialect).unwrap();
        assert!(recorded.ends_with(" …") && recorded.chars().count() <= 4_000, "{seed} {recorded}");
        for secret in secrets {
            assert!(!recorded.contains(&secret), "{seed} {dialect:?} {recorded}");
        }
    }
}

#[test]
fn broken_texts_are_survived() {
    for seed in 0..3_000 {
        let mut random = fastrand::Rng::with_seed(seed);
        let dialect = *random.choice(&ALL).unwrap();
        let (mut text, _) = statement(&mut random, dialect, 3);
        for _ in 0..random.usize(1..4) {
            let position = text.floor_char_boundary(random.usize(0..=text.len()));
            match random.usize(0..3) {
                0 => text.truncate(position),
                1 => text.insert_str(position, &some_of(&mut random, "'\"`$\\/*-#[({\0éEUuNnXxBb&!", 1)),
                _ => drop(text.drain(position..text.ceil_char_boundary((position + 1).min(text.len())))),
            }
        }
        // Whatever it returns, it returns.
        drop(sanitized_query(&text, dialect));
    }
}

/// However long a text is, the work is that of its beginning: what stands behind is not even looked at.
#[test]
fn only_the_beginning_of_a_text_is_read() {
    for unit in [
        "'",
        "''",
        "'a",
        "\"",
        "`",
        "[",
        "(",
        "$",
        "$a$",
        "$a",
        "/*",
        "*/",
        "--",
        "-",
        "\\",
        "\\'",
        "E'",
        "U&'",
        "x'",
        "a ",
        "a",
        "1",
        "1.",
        "_",
        "?",
        ":",
        "é",
        "\u{10ffff}",
        ">",
        "/*!",
        "/*!5",
        "q'[",
        "\0",
    ] {
        let beginning = &unit.repeat(MOST_READ).into_bytes()[..MOST_READ];
        for dialect in ALL {
            let recorded = sanitized_query([beginning, unit.repeat(1_000).as_bytes()].concat(), dialect);
            assert!(recorded.as_ref().is_none_or(|text| text.len() <= 4_000), "{unit} {dialect:?}");
            // Neither UTF-8 nor free of nuls, which would make a text that is read another one.
            for unreadable in [&[0xff; 1_000], &[0; 1_000]] {
                let of_the_beginning = sanitized_query([beginning, unreadable].concat(), dialect);
                assert_eq!(of_the_beginning, recorded, "{unit} {dialect:?}");
            }
        }
    }
    let most = 100 << 20;
    let text = format!("SELECT '{}'", "s3cret".repeat(most / 6));
    assert_eq!(sanitized_query(&text, PostgreSql).as_deref(), Some("SELECT …"));
}
