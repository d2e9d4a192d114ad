//! What stands in the parentheses of `#[capture(..)]`.

use syn::parse::{Parse, ParseStream};
use syn::{Error, LitStr, Path, Result, Token, parse_quote};

/// The arguments, with the default of the path filled in.
pub(crate) struct Arguments {
    /// The name of the subsegment; the function's own if there is none.
    pub(crate) name: Option<LitStr>,
    /// The crate that holds the runtime in its module `__private`.
    pub(crate) runtime: Path,
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut arguments = Self { name: None, runtime: parse_quote!(::aws_xray_sdk) };
        if input.peek(LitStr) {
            let name = input.parse::<LitStr>()?;
            if name.value().trim().is_empty() {
                return Err(Error::new(name.span(), EMPTY_NAME));
            }
            arguments.name = Some(name);
            if !input.is_empty() {
                input.parse::<Token![,]>().map_err(unsupported)?;
            }
        }
        if input.peek(Token![crate]) && input.peek2(Token![=]) {
            input.parse::<Token![crate]>()?;
            input.parse::<Token![=]>()?;
            arguments.runtime = Path::parse_mod_style(input)?;
            input.parse::<Option<Token![,]>>()?;
        }
        if !input.is_empty() {
            return Err(unsupported(input.error("")));
        }
        Ok(arguments)
    }
}

/// The same place, told in terms of `#[capture]`.
fn unsupported(error: Error) -> Error {
    Error::new(error.span(), UNSUPPORTED)
}

const EMPTY_NAME: &str = "the name of a subsegment cannot be empty; leave it out to use the name of the function";

const UNSUPPORTED: &str = "unsupported argument; write #[capture], #[capture(\"name\")], \
    #[capture(crate = path)] or #[capture(\"name\", crate = path)]";
