//! The `#[capture]` attribute of the AWS X-Ray SDK for Rust.
//!
//! Programs use it through the SDK, as `#[xray::capture]`; this crate holds the expansion only. What the
//! expansion calls is the hidden module `__private` of the crate named by `crate = path`, by default
//! `::aws_xray_sdk`.

use proc_macro::TokenStream;
use quote::quote;

use crate::arguments::Arguments;
use crate::function::Function;

mod arguments;
mod attributes;
mod expand;
mod function;
mod parameters;
mod return_type;

/// Records every call of a function as a subsegment of the current segment.
///
/// The subsegment bears the function's name, or the one given: `#[capture("get_object")]`. It begins when the
/// body starts and ends when the body does, by whatever way: a value, an early return, a panic or a dropped
/// future. It is current meanwhile, so what the body calls becomes its children. Function arguments are never
/// recorded.
///
/// ```
/// use xray_macros::capture;
///
/// #[capture("parse port", crate = xray_core)]
/// fn port(text: &str) -> Result<u16, std::num::ParseIntError> {
///     text.parse()
/// }
///
/// assert_eq!(port("2000").ok(), Some(2000));
/// // Returned as it was, and recorded as the fault of the subsegment `parse port`.
/// assert!(port("two thousand").is_err());
/// ```
///
/// # Arguments
///
/// Both are optional, in this order:
///
/// * the name of the subsegment, a string literal;
/// * `crate = path`: where the SDK is found if it is renamed or re-exported, by default `::aws_xray_sdk`.
///
/// # Errors of the function
///
/// When the function returns a `Result`, also through an alias, an `Err` is recorded as a fault and returned
/// unchanged. The error may be of any type: of one that implements [`std::error::Error`], and of `Box<dyn
/// Error>`, `anyhow::Error` and the like, the whole chain of sources is recorded; of one that has only
/// [`Display`](std::fmt::Display), and of strings, the text; of any other, the name of its type. In a generic
/// function the bounds decide: an `E` without bounds is recorded by the name of its type.
///
/// An error may borrow, but a `Box<dyn Error + 'a>` that does so, for less than `'static`, does not compile.
///
/// # Functions
///
/// Every function with a body can be captured: free functions and methods, functions of traits, generic,
/// `unsafe`, `extern`, and `async` ones. Of an `async` function the subsegment begins at the first poll, is
/// current during each poll and not between them, and the future stays `Send` if it was. Where the future is
/// dropped before its end, the subsegment has the annotation `cancelled`.
///
/// A function that is not `async` but whose return type is spelt `impl Future`, `Pin<Box<dyn Future>>`,
/// `BoxFuture` or `LocalBoxFuture` is recorded like an `async` one: what it does before it returns the future
/// is not part of the subsegment. This covers `#[async_trait]`, written above the `impl` or `trait`. The same
/// holds for `impl Stream`, `Pin<Box<dyn Stream>>`, `BoxStream` and `LocalBoxStream`: the subsegment ends with the
/// stream, and of its items each `Err` is recorded. Where the return type hides the future or stream, behind another
/// alias or because a bound beyond `Send`, `Sync`, `Unpin`, `?Sized`, `UnwindSafe` and lifetimes is asked of it,
/// only the call is recorded.
///
/// An `async fn` is compiled as a function that returns the future of the body in the subsegment, which is about a
/// hundred bytes larger than that of the body, however deep such functions call each other. Under an attribute that
/// is a macro and stands below this one, such as `#[tokio::main]`, and with `#[must_use]`, it stays an `async fn`, and
/// keeps its parameters once more.
///
/// In a function with `#[track_caller]` that can return a `Result`,
/// [`Location::caller`](std::panic::Location::caller) is a place inside that function.
///
/// # Compile errors
///
/// On a `const fn`, on a function without a body and on anything that is not a function.
#[proc_macro_attribute]
pub fn capture(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let expanded = syn::parse::<Arguments>(arguments).and_then(|arguments| {
        let function = syn::parse::<Function>(item.clone())?;
        Ok(expand::expand(arguments, function))
    });
    match expanded {
        Ok(tokens) => tokens.into(),
        Err(error) => {
            // The item is kept: its users should not see an error for each use on top of this one.
            let item = proc_macro2::TokenStream::from(item);
            let error = error.into_compile_error();
            quote!(#item #error).into()
        }
    }
}
