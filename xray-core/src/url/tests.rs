use super::*;

#[test]
fn urls_lose_whatever_may_be_secret() {
    for (input, output) in [
        ("http://h/p?q=secret", Some("http://h/p")),
        ("http://h/p#secret", Some("http://h/p")),
        ("http://h?secret", Some("http://h")),
        ("http://user:pass@127.0.0.1:80/a", Some("http://127.0.0.1:80/a")),
        ("http://user:pa@ss@127.0.0.1:80/a", Some("http://127.0.0.1:80/a")),
        ("https://token@h", Some("https://h")),
        ("https://example.com/@me", Some("https://example.com/@me")),
        ("http://127.0.0.1:80/a@b?c@d", Some("http://127.0.0.1:80/a@b")),
        ("//u:p@h/x", Some("//h/x")),
        ("/only/path@x?y", Some("/only/path@x")),
        ("u:p@h/x", Some("h/x")),
        ("INVALID_URL", Some("INVALID_URL")),
        ("", Some("")),
        // The password is not escaped.
        ("mysql://user:a+b/c=@host", Some("mysql://host")),
        ("postgres://app:pa#ss@host/db", Some("postgres://host/db")),
        ("http://user:pa?ss@host/x?y", Some("http://host/x")),
        ("amqp://u:pa ss@host", Some("amqp://host")),
        ("redis://:p@ss/w@rd@host:6379/0", Some("redis://host:6379/0")),
        ("mongodb+srv://a:b/c@h1,h2/db", Some("mongodb+srv://h1,h2/db")),
        ("jdbc:postgresql://u:p/w@h:5432/db", Some("jdbc:postgresql://h:5432/db")),
        // A host with a port and a path, or a user and a password?
        ("mysql://app:12/34@host", None),
        ("http://gateway/a@b", None),
        ("https://example.com/a:b@host", None),
        // Neither a host nor the end of a user-info.
        ("mysql://user:a+b", None),
        ("http://h:port/x", None),
    ] {
        let public = public_url(input, 250).map(|url| format!("{}{}", url.scheme, url.place));
        assert_eq!(public.as_deref(), output, "{input}");
    }
    let path = "a/".repeat(500);
    for (long, public) in [
        // As much as is kept is of the user-info alone, or looks like a host.
        (format!("https://{}@host", "token".repeat(200)), None),
        (format!("mysql://app:12/{path}@host"), None),
        (format!("mysql://app:p@ss{path}@host"), None),
        (format!("mysql://app:{path}@host"), None),
        (format!("http://gateway:80/{path}{}", "x".repeat(LONGEST_URL)), None),
        // Nowhere is an `@`.
        (format!("http://gateway:80/x?{path}"), Some("gateway:80/x")),
        (format!("https://example.com/x?{path}@me"), Some("example.com/x")),
        (format!("/x?{path}@me"), Some("/x")),
    ] {
        assert_eq!(public_url(&long, 250).map(|url| url.place), public, "{long}");
    }
    let long = format!("mysql://user:{}@host", "a+b/".repeat(100));
    assert_eq!(public_url(&long, 250).map(|url| url.place), Some("host"), "read further than it is kept");
}

#[test]
fn urls_in_texts_lose_whatever_may_be_secret() {
    for (text, public) in [
        ("", ""),
        ("tcp connect error", "tcp connect error"),
        ("is it 1?2#3", "is it 1?2#3"),
        ("error for url (http://h/p?q=secret)", "error for url (http://h/p)"),
        ("error for url (http://h/p?q=(a)secret)", "error for url (http://h/p)"),
        ("error for url (http://h/p?q=secret): refused", "error for url (http://h/p): refused"),
        ("https://user:pass@h:8443/p#secret", "https://h:8443/p"),
        ("http://user:p\"@ss@h/a", "http://h/a"),
        ("http://us\"er:p@ss@h/a", "http://"),
        ("http://h?secret", "http://h"),
        ("http://[::1]:80/?secret, then http://[::1]?secret.", "http://[::1]:80/, then http://[::1]."),
        (
            "proxy socks5://u:p@h: \"http://a/?secret\" and http://b/#secret ✓",
            "proxy socks5://h: \"http://a/\" and http://b/ ✓",
        ),
        ("://", "://"),
        ("http://h/?next=http://user:pass@h", "http://h/"),
        ("http://a.example/?next=http://user:pass@h ✓", "http://a.example/ ✓"),
        ("https://archive.example/http://user:pass@h/p?q=secret, ✓", "https:// ✓"),
        ("see file:///tmp/x, http://h: refused", "see file:///tmp/x, http://h: refused"),
        ("a // b: c@d", "a // b: c@d"),
        ("https://example.com/@me and mail me@example.com", "https://example.com/@me and mail me@example.com"),
        ("is http://127.0.0.1:80 up? ask me@example.com", "is http://127.0.0.1:80 up? ask me@example.com"),
        // The password is not escaped.
        ("bad url 'mysql://user:a+b/c=@host': port", "bad url 'mysql://host': port"),
        ("postgres://app:pa#ss@host/db is bad", "postgres://host/db is bad"),
        ("amqp://u:pa ss@host/ is bad", "amqp://host/ is bad"),
        ("amqp://u:pa?s s\"<word>`@host/ is bad", "amqp://host/ is bad"),
        ("amqp://u:pa@ss word@host/ is bad", "amqp://host/ is bad"),
        ("not in kafka://u:пароль и пароль@h1:1,h2:2.", "not in kafka://h1:1,h2:2."),
        ("from redis://:a/b@h1/0, to (redis://u:c d@h2/0)", "from redis://h1/0, to (redis://h2/0)"),
        ("x mysql://u:http://w@h y", "x mysql://h y"),
        // A password that looks like another URL, behind white space or a quote.
        ("mysql://u:pa secret http://w@h y", "mysql://h y"),
        ("mysql://u:pa \"secret\" 'http://w@h' y", "mysql://h' y"),
        ("mysql://u:p redis://a amqp://b@h/x y", "mysql://h/x y"),
        ("mysql://app:12 secret http://w@h y", "mysql:// y"),
        ("amqp://my user:secret http://w@h y", "amqp:// y"),
        ("from http://gateway: refused, to http://me@h", "from http://gateway: refused, to http://h"),
        ("from http://1.1.1.1:80/ to http://me@h", "from http://1.1.1.1:80/ to http://h"),
        // It cannot be told.
        ("mysql://app:12/34@host is bad", "mysql:// is bad"),
        ("mysql://app:12 34@host/db is bad", "mysql:// is bad"),
        ("mysql://user:a+b is bad", "mysql:// is bad"),
        ("amqp://my user:pass@host/ is bad", "amqp:// is bad"),
    ] {
        assert_eq!(public_text(text, false), public, "{text:?}");
    }
}

#[test]
fn what_a_cut_text_may_still_hide_goes() {
    assert_eq!(public_text("from http://h/x to amqp://u:pa ss wo", true), "from http://h/x to amqp://");
    assert_eq!(public_text("from amqp://user to http://app:12/34", true), "from amqp://user to http://");
    assert_eq!(public_text("from http://127.0.0.1:80/x?y", true), "from http://127.0.0.1:80/x");
    assert_eq!(public_text("from amqp://u:pa ss to http://h/x", true), "from amqp://");
    assert_eq!(public_text("from mysql://u:p@ssw", true), "from mysql://");
    assert_eq!(public_text("from mysql://u:p@host and so on", true), "from mysql://host and so on");
}

/// `http://` over and over was scanned from each to the end.
#[test]
fn a_text_is_read_once() {
    for piece in [
        "http://",
        "//",
        "a://b:c ",
        "a://b:1 c:d ",
        "http://1.1.1.1/http://1.1.1.1/",
        "a://b:c/",
        "a://b:c@d ",
        "http://h?",
        "@",
        "x://h @",
    ] {
        let text = piece.repeat(10_000);
        let mut read = 0;
        let landmarks = Landmarks::of(text.char_indices().inspect(|_| read += 1));
        assert_eq!(read, text.len());
        // What is read again is read between two of them.
        assert!(landmarks.authorities().is_sorted());
        public_text(&text, false);
    }
}
