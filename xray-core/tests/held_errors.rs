//! Every way in which programs hold an error can be recorded.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use test_support::{Fixture, messages};
use xray_core::{Subsegment, begin_subsegment, capture};

#[derive(Clone, Debug)]
struct Lost;

impl fmt::Display for Lost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("lost")
    }
}

impl Error for Lost {}

type Local = dyn Error;
type Sendable = dyn Error + Send;
type Threaded = dyn Error + Send + Sync;

/// `Arc<dyn Error + Send + Sync>` and `&&dyn Error` were ambiguous: an error, and a pointer to an error.
#[test]
fn however_an_error_is_held_it_is_recorded() {
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop").entered();
    let mut held = 0;
    macro_rules! record {
        ($($error:expr),* $(,)?) => {$({
            let error = $error;
            begin_subsegment(stringify!($error)).record_error(&error);
            begin_subsegment("captured").record_error(&&error);
            held += 2;
        })*};
    }
    let mut lost = Lost;
    let mut threaded: Box<Threaded> = Box::new(Lost);
    record![
        Lost,
        &Lost,
        &&Lost,
        &mut lost,
        Box::new(Lost),
        Arc::new(Lost),
        Rc::new(Lost),
        Rc::new(Arc::new(Lost)),
        Box::<Local>::from("lost"),
        Box::<Local>::from(Lost),
        Box::new(Lost) as Box<Sendable>,
        Box::<Threaded>::from("lost"),
        &*threaded,
        &mut *threaded,
        &mut threaded,
        Box::new(Box::<Threaded>::from(Lost)),
        Arc::new(Box::<Threaded>::from(Lost)),
        Rc::new(Box::<Threaded>::from(Lost)),
        &Lost as &Local,
        &Lost as &Sendable,
        &Lost as &Threaded,
        &&Lost as &Local,
        Arc::new(Lost) as Arc<Local>,
        Arc::new(Lost) as Arc<Sendable>,
        Arc::new(Lost) as Arc<Threaded>,
        Arc::<Threaded>::from(Box::<Threaded>::from("lost")),
        Rc::new(Lost) as Rc<Local>,
        Rc::new(Lost) as Rc<Sendable>,
        Rc::new(Lost) as Rc<Threaded>,
        Rc::new(Arc::new(Lost) as Arc<Threaded>),
        anyhow::Error::from(Lost),
        anyhow::Error::from(Lost).context("lost"),
        Box::new(anyhow::Error::from(Lost)),
        Arc::new(anyhow::Error::from(Lost)),
        Rc::new(anyhow::Error::from(Lost)),
        io::Error::other("lost"),
        Box::<Local>::from(io::Error::other("lost")),
        "lost",
        String::from("lost"),
        Cow::Borrowed("lost"),
        Box::<str>::from("lost"),
        Arc::<str>::from("lost"),
        Rc::<str>::from("lost"),
        Rc::new(String::from("lost")),
    ];
    borrowed(&Lost, &Lost, &Lost);
    generic(Lost);
    held += 4;
    segment.end();
    let trace = traced.only_trace();
    let root = trace.root();
    assert_eq!(root.children().len(), held);
    for child in root.children() {
        assert_eq!(messages(&child).first(), Some(&"lost"), "{}", child.name());
        assert_eq!(*child.get("/fault"), true, "{}", child.name());
    }
}

/// What is behind the references of parameters does not live for ever.
fn borrowed(local: &dyn Error, sendable: &(dyn Error + Send + '_), threaded: &(dyn Error + Send + Sync + '_)) {
    begin_subsegment("local").record_error(local);
    begin_subsegment("sendable").record_error(sendable);
    begin_subsegment("threaded").record_error(threaded);
}

fn generic<E: Error>(error: E) {
    begin_subsegment("generic").record_error(&error);
}

#[test]
fn whatever_a_closure_fails_with_is_recorded() {
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop").entered();
    let fail = |_: &Subsegment| -> Result<(), Arc<Threaded>> { Err(Arc::new(Lost)) };
    capture("arc", fail).unwrap_err();
    capture("reference", |_| Err::<(), &Local>(&Lost)).unwrap_err();
    capture("rc", |_| Err::<(), _>(Rc::new(Lost))).unwrap_err();
    capture("anyhow", |_| Err::<(), _>(anyhow::Error::from(Lost))).unwrap_err();
    capture("io", |_| io::read_to_string(io::empty()).map(|_| ())).unwrap();
    segment.end();
    let trace = traced.only_trace();
    let root = trace.root();
    let recorded: Vec<_> = root.children().iter().map(|child| messages(child).concat()).collect();
    assert_eq!(recorded, ["lost", "lost", "lost", "lost", ""]);
}
