//! The parameters of a function, and how its body takes them over.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{FnArg, Pat, PatIdent, Signature, parse_quote};

/// Returns the statements by which a block that is moved elsewhere takes all parameters over, to stand before the body.
///
/// Without them it would only have those that it mentions, and drop them in the order in which it does; the others would be
/// dropped when the function returns. They are what the compiler writes for an `async fn`: a local variable for each parameter,
/// in their order, which is dropped after the body in the opposite one. It is a new variable, and so what is unused is still said
/// to be.
///
/// A parameter that is a pattern needs a name for that in the signature. It gets none where another attribute may look at the
/// signature; then only what the pattern binds is taken over, when it is mentioned.
pub(crate) fn take_over(signature: &mut Signature, may_rename: bool) -> TokenStream {
    let mut statements = TokenStream::new();
    for (number, parameter) in signature.inputs.iter_mut().enumerate() {
        match parameter {
            FnArg::Receiver(receiver) => {
                let receiver = receiver.self_token;
                statements.extend(quote_spanned!(Span::mixed_site()=> let _ = &#receiver;));
            }
            FnArg::Typed(parameter) => {
                // Bound again, a name that begins with `_` counts as one that is used.
                let quiet = quote!(#[allow(clippy::no_effect_underscore_binding, clippy::used_underscore_binding)]);
                let attributes = &parameter.attrs;
                let pattern = (*parameter.pat).clone();
                if let Some(PatIdent { ident: name, .. }) = plain_variable(&pattern) {
                    let name = name.clone();
                    statements.extend(quote!(#quiet #(#attributes)* let #pattern = #name;));
                    *parameter.pat = parse_quote!(#name);
                } else if may_rename {
                    let name = format_ident!("parameter_{}", number, span = Span::mixed_site());
                    statements.extend(quote!(#quiet #(#attributes)* let #name = #name;));
                    if !matches!(pattern, Pat::Wild(_)) {
                        statements.extend(quote!(#quiet #(#attributes)* let #pattern = #name;));
                    }
                    *parameter.pat = parse_quote!(#name);
                }
            }
        }
    }
    statements
}

/// The variable that a pattern is nothing but, perhaps a mutable one.
fn plain_variable(pattern: &Pat) -> Option<&PatIdent> {
    match pattern {
        Pat::Ident(variable) if variable.by_ref.is_none() && variable.subpat.is_none() => Some(variable),
        _ => None,
    }
}
