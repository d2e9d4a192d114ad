//! The function under the attribute.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Error, LitStr, Result, Signature, Token, Visibility, braced};

/// A function whose body is kept as it was written: nothing in it needs to be understood, and so a body in a
/// syntax newer than the parser is no problem.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    pub(crate) inner_attributes: Vec<Attribute>,
    /// The body. Its braces are where the user's are, so that errors point at them, but count as the macro's,
    /// because the user cannot be told that they are not needed.
    pub(crate) body: Group,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        if !starts_function(input)? {
            return Err(input.error(NOT_A_FUNCTION));
        }
        let signature = input.parse::<Signature>()?;
        if let Some(constness) = &signature.constness {
            return Err(Error::new(constness.span, CONST_FUNCTION));
        }
        if input.peek(Token![;]) {
            return Err(Error::new(signature.ident.span(), NO_BODY));
        }
        let content;
        let braces = braced!(content in input);
        let inner_attributes = content.call(Attribute::parse_inner)?;
        let mut body = Group::new(Delimiter::Brace, content.parse::<TokenStream>()?);
        body.set_span(Span::mixed_site().located_at(braces.span.join()));
        Ok(Self { attributes, visibility, signature, inner_attributes, body })
    }
}

/// Whether `fn` follows, after the words that may stand before it.
fn starts_function(input: ParseStream<'_>) -> Result<bool> {
    let ahead = input.fork();
    while ahead.peek(Token![const])
        || ahead.peek(Token![async])
        || ahead.peek(Token![unsafe])
        || ahead.peek(Token![extern])
        || ahead.peek(LitStr)
    {
        ahead.parse::<TokenTree>()?;
    }
    Ok(ahead.peek(Token![fn]))
}

const NOT_A_FUNCTION: &str =
    "#[capture] records calls and belongs on a function; for an impl or a trait, put it on each method to record";

const CONST_FUNCTION: &str =
    "#[capture] cannot record a `const fn`, which may run at compile time; remove `const` or the attribute";

const NO_BODY: &str = "#[capture] needs a function with a body; put it on the implementation";
