//! What arrives of a trace when a panic ends the process.
//!
//! The program starts itself once for each case, as a child that panics, and looks at what its daemon has received.

mod cases;

use std::error::Error;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use xray_core::testing::{Daemon, Documents};

use cases::CASES;

/// How long something may take that takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);
const ABORTED: i32 = 6;

fn main() -> Result<(), Box<dyn Error>> {
    if cfg!(panic = "unwind") {
        return Err("build it with a profile under which panics abort".into());
    }
    let mut arguments = std::env::args().skip(1);
    if let (Some(name), Some(address)) = (arguments.next(), arguments.next()) {
        let case = CASES.iter().find(|case| case.name == name).ok_or("no such case")?;
        (case.run)(address.parse()?);
        return Err(format!("{name} did not panic").into());
    }
    for case in CASES {
        let daemon = Daemon::start()?;
        let child = Command::new(std::env::current_exe()?).args([case.name, &daemon.address().to_string()]).output()?;
        let said = String::from_utf8_lossy(&child.stderr);
        assert_eq!(child.status.signal(), Some(ABORTED), "{}: {}\n{said}", case.name, child.status);
        assert!(said.contains("panicked at"), "{}: the program's own hook says what it says\n{said}", case.name);
        let documents = all_documents(&daemon)?;
        let traces: String = documents.traces().iter().map(|trace| trace.render()).collect();
        assert_eq!(traces, case.traces, "{}\n{said}", case.name);
        (case.look)(&documents, &said);
        println!("{}: ok", case.name);
    }
    Ok(())
}

/// What has arrived, without the trace that shows that nothing is under way any more.
fn all_documents(daemon: &Daemon) -> Result<Documents, Box<dyn Error>> {
    daemon.recorder().build()?.begin_segment("the last").end();
    let is_last = |document: &Value| document["name"] == "the last";
    let documents = daemon.wait_until(|documents| documents.iter().any(is_last), PATIENCE);
    Ok(documents.iter().filter(|document| !is_last(document)).cloned().collect())
}
