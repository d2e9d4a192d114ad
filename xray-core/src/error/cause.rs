//! What can be recorded as an error, however it is held.

use std::any::type_name;
use std::borrow::Cow;
use std::error::Error;
use std::marker::PhantomData;
use std::ops::DerefMut;
use std::rc::Rc;
use std::sync::Arc;

use super::link::{Link, MOST_LINKS};
use super::type_of::{type_from_debug, without_holders};
use crate::panic::caught;
use crate::shown::displayed;

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

fn source_of<'a>(error: &'a (dyn Error + '_)) -> Option<&'a (dyn Error + 'static)> {
    caught(|| error.source()).ok().flatten()
}

#[cfg(test)]
mod tests {
    use std::fmt;

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
        let typed = "xray_core::error::cause::tests::Outer";
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

    #[test]
    fn an_error_has_one_type_whatever_holds_it() {
        fn type_of<Kind>(error: &(impl Cause<Kind> + ?Sized)) -> String {
            shown(error)[0].0.clone()
        }
        let typed = "xray_core::error::cause::tests::Outer";
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
