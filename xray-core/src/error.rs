//! What went wrong, as X-Ray records it: exceptions made from Rust's errors.

use std::any::type_name;
use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::marker::PhantomData;
use std::ops::DerefMut;
use std::rc::Rc;
use std::sync::Arc;

use crate::backtrace::{self, Frame};
use crate::message::{LONGEST_MESSAGE, public_message};
use crate::name::truncated;
use crate::panic::caught;
use crate::shown::{bounded, displayed, is_in_path};

/// An error as it stands in a document: type and message, those of every error that caused it, and a stack.
///
/// Messages are cut to 2,000 characters, types to 250, a chain of causes to 32 links. URLs in messages lose user-info,
/// query string and fragment.
///
/// ```
/// # use xray_core::Exception;
/// let exception = Exception::new("ThrottlingException", "rate exceeded").remote(true);
/// let wrapped = Exception::new("LoadError", "cannot load the cart").caused_by(exception);
/// # let _ = wrapped;
/// ```
#[derive(Clone, Debug)]
pub struct Exception {
    /// The outermost error first; never empty.
    pub(crate) links: Vec<Link>,
    pub(crate) stack: Vec<Frame>,
    pub(crate) truncated: usize,
}

/// One error of a chain; named here only because [`Cause`] is public.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Link {
    pub(crate) type_name: String,
    pub(crate) message: String,
    pub(crate) remote: bool,
    /// Recognises the error when it is recorded again.
    pub(crate) fingerprint: u64,
}

impl Exception {
    /// Makes an exception from its parts.
    #[must_use]
    pub fn new(type_name: &str, message: &str) -> Self {
        Self { links: vec![Link::new(type_name, message)], stack: Vec::new(), truncated: 0 }
    }

    /// Makes an exception from an error, with its whole chain of sources.
    ///
    /// It has no stack, whatever the recorder's [`stack_frames`](crate::RecorderBuilder::stack_frames): an instrument
    /// records an error of others, and this place is not where it arose.
    ///
    /// The type is that of the error itself, with its path, whatever holds it: `&`, `Box`, `Arc` or several of them. Of an error
    /// behind `dyn`, and of sources, Rust keeps no name: there it is the first word of what `Debug` writes.
    #[must_use]
    pub fn from_error<Kind>(error: &(impl Cause<Kind> + ?Sized)) -> Self {
        Self { links: links_of(error), stack: Vec::new(), truncated: 0 }
    }

    /// Adds so many frames of the stack of this place.
    pub(crate) fn add_stack(&mut self, frames: usize) {
        (self.stack, self.truncated) = backtrace::of_caller(frames);
    }

    /// An exception of words that went on, if `is_cut` says so: of a URL at their end, the end of the user-info may be missing.
    pub(crate) fn of_cut(type_name: &str, words: &str, is_cut: bool) -> Self {
        let link = Link::filtered(type_name, &public_message(words, is_cut));
        Self { links: vec![link], stack: Vec::new(), truncated: 0 }
    }

    /// An exception of our own words, which no filter has to see: it can be made under a lock.
    pub(crate) fn of_ours(type_name: &str, message: &str) -> Self {
        Self { links: vec![Link::filtered(type_name, message)], stack: Vec::new(), truncated: 0 }
    }

    /// The type of the outermost error.
    pub(crate) fn type_name(&self) -> &str {
        self.links.first().map_or("", |link| &link.type_name)
    }

    pub(crate) fn from_display(type_name: &str, message: &dyn fmt::Display) -> Self {
        Self::new(without_holders(type_name), &displayed(message))
    }

    /// Says whether the far side of a call raised it. The default is `false`.
    #[must_use]
    pub fn remote(mut self, remote: bool) -> Self {
        self.links.iter_mut().for_each(|link| link.remote = remote);
        self
    }

    /// Adds the exception that caused this one, behind the causes it already has.
    #[must_use]
    pub fn caused_by(mut self, cause: Exception) -> Self {
        let room = MOST_LINKS.saturating_sub(self.links.len());
        self.links.extend(cause.links.into_iter().take(room));
        self
    }

    /// Says which error this exception stands for, if its message is not that error's.
    ///
    /// An instrument that records a message without values calls this: when the program records the error itself
    /// further up, the exception is referred to, and the values stay out of the trace there as well.
    #[must_use]
    pub fn standing_for<Kind>(mut self, error: &(impl Cause<Kind> + ?Sized)) -> Self {
        if let (Some(link), Some(original)) = (self.links.first_mut(), links_of(error).first()) {
            link.fingerprint = original.fingerprint;
        }
        self
    }

    pub(crate) fn with_frame(mut self, frame: Frame) -> Self {
        self.stack.insert(0, frame);
        self
    }
}

impl Link {
    fn new(type_name: &str, message: &str) -> Self {
        Self::filtered(type_name, &public_message(message, false))
    }

    /// A link whose message may be recorded as it is.
    fn filtered(type_name: &str, message: &str) -> Self {
        let type_name = truncated(type_name, LONGEST_TYPE).to_owned();
        let message = truncated(message, LONGEST_MESSAGE).to_owned();
        let fingerprint = fingerprint(&type_name, &message);
        Self { type_name, message, remote: false, fingerprint }
    }
}

/// What leads to the error may be the program's as well, such as a `Deref`.
fn links_of<Kind>(error: &(impl Cause<Kind> + ?Sized)) -> Vec<Link> {
    caught(|| error.links()).unwrap_or_else(|_| vec![Link::filtered("error", "")])
}

/// What two records of one error have in common: the type is not known at every level, the text is.
fn fingerprint(type_name: &str, message: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    let text = if message.is_empty() { type_name } else { message };
    text.hash(&mut hasher);
    hasher.finish()
}

/// An error that can be recorded, however it is held.
///
/// Implemented for every [`std::error::Error`], for what dereferences to one (`Box<dyn Error + Send + Sync>`,
/// `anyhow::Error`, `eyre::Report`), for texts, and for references to all of these, `Rc` and `Arc`. `Kind` only keeps
/// these apart; it is always inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be recorded as an error",
    label = "neither a `std::error::Error` nor a pointer to one, nor a text",
    note = "anything else is recorded by its type and a message: `record_fault(Exception::new(\"Type\", \"message\"))`"
)]
pub trait Cause<Kind> {
    #[doc(hidden)]
    fn links(&self) -> Vec<Link>;
}

/// Marks the implementations of [`Cause`]: an error of a known type, which `&dyn Error` and `Arc<dyn Error>` are, too.
#[derive(Debug)]
pub enum Typed {}
/// Marks the implementations of [`Cause`]: an error behind `dyn`.
#[derive(Debug)]
pub enum Erased {}
/// Marks the implementations of [`Cause`]: a text.
#[derive(Debug)]
pub enum Text {}
/// Marks the implementations of [`Cause`]: the owner of something that is no [`Error`] by itself.
#[derive(Debug)]
pub struct Boxed<Kind>(PhantomData<Kind>);
/// Marks the implementations of [`Cause`]: a pointer to something else that can be recorded.
#[derive(Debug)]
pub struct Pointed<Kind>(PhantomData<Kind>);

impl<E: Error> Cause<Typed> for E {
    fn links(&self) -> Vec<Link> {
        let outermost = match without_holders(type_name::<E>()) {
            // Held as `&dyn Error` or `Arc<dyn Error>`.
            name if name.starts_with("dyn ") => type_from_debug(self).into(),
            name => name.into(),
        };
        chain(outermost, self)
    }
}

macro_rules! erased_causes {
    ($($error:ty),*) => {$(
        impl Cause<Erased> for $error {
            fn links(&self) -> Vec<Link> {
                chain(type_from_debug(self).into(), self)
            }
        }
    )*};
}

erased_causes!(dyn Error + '_, dyn Error + Send + '_, dyn Error + Send + Sync + '_);

// A pointer to an error is itself an error, if it is an `&`, an `Arc`, or a `Box` that knows the type. Nothing may be of
// two kinds: which one is meant could not be inferred. So the kinds that are pointed to are listed.

macro_rules! boxed_causes {
    ($($kind:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        /// `DerefMut` tells `Box<dyn Error>` and `anyhow::Error` from `&dyn Error` and `Arc<dyn Error>`.
        impl<P> Cause<Boxed<$kind>> for P
        where
            P: DerefMut,
            P::Target: Cause<$kind>,
        {
            fn links(&self) -> Vec<Link> {
                (**self).links()
            }
        }
    )*};
}

boxed_causes!(Erased, Text);

macro_rules! pointed_causes {
    ($($pointer:ty: $($kind:ty),*;)*) => {$($(
        #[diagnostic::do_not_recommend]
        impl<T: Cause<$kind> + ?Sized> Cause<Pointed<$kind>> for $pointer {
            fn links(&self) -> Vec<Link> {
                (**self).links()
            }
        }
    )*)*};
}

pointed_causes! {
    &T: Text, Boxed<Erased>, Boxed<Text>, Pointed<Typed>, Pointed<Erased>, Pointed<Text>, Pointed<Boxed<Erased>>, Pointed<Boxed<Text>>;
    Arc<T>: Text, Boxed<Erased>, Boxed<Text>, Pointed<Typed>, Pointed<Erased>, Pointed<Text>, Pointed<Boxed<Erased>>, Pointed<Boxed<Text>>;
    Rc<T>: Typed, Erased, Text, Boxed<Erased>, Boxed<Text>, Pointed<Boxed<Erased>>;
    Box<T>: Boxed<Erased>, Boxed<Text>, Pointed<Typed>, Pointed<Erased>, Pointed<Boxed<Erased>>;
    &mut T: Typed, Boxed<Erased>, Boxed<Text>, Pointed<Typed>, Pointed<Erased>, Pointed<Boxed<Erased>>;
}

macro_rules! text_causes {
    ($($text:ty),*) => {$(
        impl Cause<Text> for $text {
            fn links(&self) -> Vec<Link> {
                vec![Link::new("error", self)]
            }
        }
    )*};
}

text_causes!(str, Cow<'_, str>);

const LONGEST_TYPE: usize = 250;
/// A chain that refers to itself would never end.
const MOST_LINKS: usize = 32;

fn chain(outermost: Cow<'static, str>, error: &(dyn Error + '_)) -> Vec<Link> {
    let mut links = vec![Link::new(&outermost, &displayed(&error))];
    let mut source = source_of(error);
    while let Some(error) = source
        && links.len() < MOST_LINKS
    {
        links.push(Link::new(&type_from_debug(error), &displayed(&error)));
        source = source_of(error);
    }
    links
}

/// The name of a type without what holds it: an error is the same one behind `&`, `Box`, `Arc` or several of them.
fn without_holders(mut name: &str) -> &str {
    const HOLDERS: [&str; 4] = ["alloc::boxed::Box<", "alloc::sync::Arc<", "alloc::rc::Rc<", "core::pin::Pin<"];
    loop {
        let held = HOLDERS.iter().find_map(|holder| name.strip_prefix(holder)?.strip_suffix('>'));
        let borrowed = || name.strip_prefix('&').map(|name| name.strip_prefix("mut ").unwrap_or(name));
        match held.or_else(borrowed) {
            Some(inner) => name = inner,
            None => return name,
        }
    }
}

fn source_of<'a>(error: &'a (dyn Error + '_)) -> Option<&'a (dyn Error + 'static)> {
    caught(|| error.source()).ok().flatten()
}

/// The type of an error behind `dyn`: Rust keeps no name, but `Debug` begins with one.
///
/// It cannot be asked for its type, because what it borrows need not live for ever. What follows the name is asked for only
/// where it tells an [`std::io::Error`], and as far as that: of others it may be long to make, such as the stack of an
/// `anyhow::Error` inside.
fn type_from_debug(error: &(dyn Error + '_)) -> String {
    let mut name_end = None;
    let debug = bounded(format_args!("{error:?}"), LONGEST_TYPE, |text, next| {
        if name_end.is_none() && is_in_path(next) {
            return true;
        }
        let (name, fields) = text.split_at(*name_end.get_or_insert(text.len()));
        may_be_io_error(name, fields, next)
    });
    let (name, fields) = debug.split_at(name_end.unwrap_or(debug.len()));
    if is_io_error(name, fields) {
        return type_name::<std::io::Error>().to_owned();
    }
    let name = name.trim_end_matches(':');
    if name.is_empty() { "error".to_owned() } else { name.to_owned() }
}

/// How [`std::io::Error`] shows itself, by the names of its private parts: a name, what follows it, and what comes before
/// that which is not its own.
const PARTS_OF_IO_ERROR: [[&str; 3]; 3] =
    [["Os", " { code: ", ", kind: "], ["Custom", " { kind: ", ", error: "], ["Error", " { kind: ", ", message: "]];

/// Whether this is how [`std::io::Error`] shows itself.
fn is_io_error(name: &str, fields: &str) -> bool {
    if name == "Kind" {
        let kind = fields.strip_prefix('(').and_then(|kind| kind.strip_suffix(')'));
        return kind.is_some_and(|kind| kind.bytes().all(|byte| byte.is_ascii_alphabetic()));
    }
    let mut parts = PARTS_OF_IO_ERROR.into_iter();
    parts.any(|[own_name, first, last]| name == own_name && fields.starts_with(first) && fields.contains(last))
}

/// Whether it takes more than these fields to tell if this is how [`std::io::Error`] shows itself, and it still may be with
/// the next character.
fn may_be_io_error(name: &str, fields: &str, next: char) -> bool {
    if name == "Kind" {
        let is_in_kind = !fields.ends_with(')') && (next.is_ascii_alphabetic() || next == ')');
        return if fields.is_empty() { next == '(' } else { is_in_kind };
    }
    PARTS_OF_IO_ERROR.into_iter().any(|[own_name, first, last]| {
        let begins = match first.get(fields.len()..) {
            Some(rest) if !rest.is_empty() => first.starts_with(fields) && rest.starts_with(next),
            _ => fields.starts_with(first),
        };
        name == own_name && begins && !fields.ends_with(last)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Outer(Inner);
    #[derive(Debug)]
    struct Inner;

    /// An error that writes its own `Debug`.
    struct Debugged(&'static str);

    impl fmt::Debug for Debugged {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str(self.0)
        }
    }
    impl fmt::Display for Debugged {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("failed")
        }
    }
    impl Error for Debugged {}

    impl fmt::Display for Outer {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("outer failed")
        }
    }
    impl fmt::Display for Inner {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("inner failed")
        }
    }
    impl Error for Outer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }
    impl Error for Inner {}

    fn shown<Kind>(error: &(impl Cause<Kind> + ?Sized)) -> Vec<(String, String)> {
        error.links().into_iter().map(|link| (link.type_name, link.message)).collect()
    }

    #[test]
    fn every_kind_of_error_has_its_chain() {
        let inner = ("Inner".to_owned(), "inner failed".to_owned());
        let outer = |name: &str| (name.to_owned(), "outer failed".to_owned());
        let typed = "xray_core::error::tests::Outer";
        assert_eq!(shown(&Outer(Inner)), [outer(typed), inner.clone()]);
        let boxed: Box<dyn Error + Send + Sync> = Outer(Inner).into();
        assert_eq!(shown(&boxed), [outer("Outer"), inner.clone()]);
        assert_eq!(shown(&*boxed), [outer("Outer"), inner.clone()]);
        let local: Box<dyn Error> = Outer(Inner).into();
        assert_eq!(shown(&local), [outer("Outer"), inner]);
        assert_eq!(shown("text"), [("error".to_owned(), "text".to_owned())]);
        assert_eq!(shown(&"text".to_owned()), [("error".to_owned(), "text".to_owned())]);
        for (debug, name) in [("a::b::Error(Connect)", "a::b::Error"), ("Error: lost", "Error"), ("(lost)", "error")] {
            assert_eq!(shown(&*Box::<dyn Error>::from(Debugged(debug)))[0].0, name, "{debug}");
        }
        use std::io;
        let message = io::Read::read_exact(&mut io::empty(), &mut [0]).unwrap_err();
        let kinds =
            [io::Error::from_raw_os_error(2), io::ErrorKind::TimedOut.into(), io::Error::other("lost"), message];
        for io in kinds {
            assert_eq!(shown(&io)[0].0, "std::io::error::Error");
            assert_eq!(shown(&Box::<dyn Error>::from(io))[0].0, "std::io::error::Error");
        }
    }

    /// `Debug` of an `anyhow::Error` inside of another had the symbols of a whole stack read, for the name before it.
    #[test]
    fn nothing_behind_the_name_is_asked_of_debug() {
        /// Begins like this, and notices if it is asked for more.
        struct Costly(&'static str);
        impl fmt::Debug for Costly {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.0)?;
                ASKED.set(true);
                Ok(())
            }
        }
        impl fmt::Display for Costly {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("failed")
            }
        }
        impl Error for Costly {}
        thread_local! {
            static ASKED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
        }
        let io = "std::io::error::Error";
        for (debug, name) in [
            ("Error { context: \"lost\", source: ", "Error"),
            ("Error { kinds", "Error"),
            ("a::Error(", "a::Error"),
            ("Kind(Connect(", "Kind"),
            ("Kind { ", "Kind"),
            ("Os(", "Os"),
            ("Custom { name: ", "Custom"),
            ("Custom { kind: Other, error: .", io),
            ("Os { code: 2, kind: N", io),
            ("(", "error"),
        ] {
            assert_eq!(
                (shown(&*Box::<dyn Error>::from(Costly(debug)))[0].0.as_str(), ASKED.get()),
                (name, false),
                "{debug}"
            );
        }
    }

    #[test]
    fn an_error_has_one_type_whatever_holds_it() {
        fn type_of<Kind>(error: &(impl Cause<Kind> + ?Sized)) -> String {
            shown(error)[0].0.clone()
        }
        let typed = "xray_core::error::tests::Outer";
        let outer = || Outer(Inner);
        assert_eq!(type_of(&&outer()), typed);
        assert_eq!(type_of(&&mut outer()), typed);
        assert_eq!(type_of(&Box::new(outer())), typed);
        assert_eq!(type_of(&Arc::new(outer())), typed);
        assert_eq!(type_of(&Rc::new(outer())), typed);
        assert_eq!(type_of(&Box::new(Arc::new(&outer()))), typed);
        assert_eq!(type_of(&&&Arc::new(Box::new(outer()))), typed);
        // Behind `dyn`, Rust has lost the path.
        let shared: Arc<dyn Error + Send + Sync> = Arc::new(outer());
        let local: Arc<dyn Error> = Arc::new(outer());
        assert_eq!(type_of(&shared), "Outer");
        assert_eq!(type_of(&&shared), "Outer");
        assert_eq!(type_of(&Box::new(Arc::clone(&shared))), "Outer");
        assert_eq!(type_of(&local), "Outer");
        assert_eq!(type_of(&(&outer() as &dyn Error)), "Outer");
        assert_eq!(type_of(&Box::<dyn Error>::from(outer())), "Outer");
        assert_eq!(type_of(&Box::<dyn Error>::from(Box::new(Arc::new(outer())))), "Outer");
        let io: Arc<dyn Error> = Arc::new(std::io::Error::other("lost"));
        assert_eq!(type_of(&io), "std::io::error::Error");
        for (name, without) in
            [("&mut a::B<&c::D>", "a::B<&c::D>"), ("alloc::boxed::Box<&a::B>", "a::B"), ("a::Box<b>", "a::Box<b>")]
        {
            assert_eq!(without_holders(name), without);
        }
    }

    #[test]
    fn hostile_errors_are_bounded() {
        #[derive(Clone)]
        struct Hostile;
        impl fmt::Debug for Hostile {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                (0..10_000_000).try_for_each(|_| formatter.write_str("x"))
            }
        }
        impl fmt::Display for Hostile {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                (0..1_000_000_000).try_for_each(|_| formatter.write_str("é"))
            }
        }
        impl Error for Hostile {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(self)
            }
        }
        let links = Hostile.links();
        assert_eq!(links.len(), 32);
        assert_eq!(links[0].message, "é".repeat(2_000));
        assert_eq!(links[1].type_name.len(), 250);
    }

    #[test]
    fn a_display_that_panics_gives_a_message_all_the_same() {
        #[derive(Debug)]
        struct Panics;
        impl fmt::Display for Panics {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("so far")?;
                panic!("in Display")
            }
        }
        impl Error for Panics {}
        assert_eq!(Panics.links()[0].message, "so far");
    }
}
