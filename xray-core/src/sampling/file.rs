use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// The largest file of rules that is read, in bytes: far more than anybody writes.
const LARGEST: u64 = 1_000_000;

/// Reads a file that holds rules: not a device or a log that somebody has named by mistake, which might never end.
pub(super) fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(LARGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LARGEST {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("more than {LARGEST} bytes")));
    }
    // Some editors begin a file with a byte order mark, which nobody sees and JSON does not have.
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}
