use std::io;
use std::sync::{Arc, Mutex};

/// What is logged on this thread while `work` runs, as text.
pub fn logged(work: impl FnOnce()) -> String {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let subscriber =
        tracing_subscriber::fmt().with_writer(Arc::new(Lines(Arc::clone(&lines)))).with_ansi(false).finish();
    tracing::subscriber::with_default(subscriber, work);
    let lines = lines.lock().unwrap();
    String::from_utf8(lines.clone()).unwrap()
}

struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for &Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
