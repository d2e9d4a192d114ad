//! Finds keys that an object has twice.

/// Whether an object in compact JSON, at whatever depth, has a key twice.
pub(super) fn repeats_a_key(json: &str) -> bool {
    if !json.contains('{') {
        return false;
    }
    let mut scanner = Scanner { keys: Vec::new(), levels: Vec::new(), expects_key: false };
    let bytes = json.as_bytes();
    let mut position = 0;
    while let Some(byte) = bytes.get(position) {
        let start = position;
        position += 1;
        match byte {
            b'"' => {
                position = end_of_text(bytes, position);
                if std::mem::take(&mut scanner.expects_key) {
                    scanner.keys.push(&bytes[start..position]);
                }
            }
            b'{' | b'[' => {
                scanner.levels.push((*byte == b'{').then_some(scanner.keys.len()));
                scanner.expects_key = *byte == b'{';
            }
            b',' => scanner.expects_key = matches!(scanner.levels.last(), Some(Some(_))),
            b'}' | b']' if scanner.close() => return true,
            _ => {}
        }
    }
    false
}

struct Scanner<'a> {
    /// Of the objects that are open, the outermost first.
    keys: Vec<&'a [u8]>,
    /// The arrays and objects that are open; of an object, where its keys begin.
    levels: Vec<Option<usize>>,
    expects_key: bool,
}

impl Scanner<'_> {
    /// Leaves an array or object, and says whether it has a key twice.
    fn close(&mut self) -> bool {
        self.expects_key = false;
        let Some(Some(first)) = self.levels.pop() else { return false };
        let own = &mut self.keys[first..];
        own.sort_unstable();
        let repeats = own.windows(2).any(|pair| pair[0] == pair[1]);
        self.keys.truncate(first);
        repeats
    }
}

/// The position behind the closing quote of the text whose first character stands at `position`.
fn end_of_text(bytes: &[u8], mut position: usize) -> usize {
    while let Some(byte) = bytes.get(position) {
        match byte {
            b'"' => return position + 1,
            b'\\' => position += 2,
            _ => position += 1,
        }
    }
    bytes.len()
}
