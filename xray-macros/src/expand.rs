//! The function as it is compiled.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Ident, LitStr, ReturnType, Type, parse_quote, parse_quote_spanned};

use crate::arguments::Arguments;
use crate::attributes::allow_plain_function;
use crate::function::Function;
use crate::parameters::take_over;
use crate::return_type::{Returned, in_body, is_never};

/// The function with its body under a subsegment.
///
/// The signature stays, but for an `async fn`. That becomes a function that returns the future of the recording: as an
/// `async fn` that awaits it, it would keep the parameters, and with each level of calls there would be one type more, until the
/// compiler gives up.
pub(crate) fn expand(arguments: Arguments, mut function: Function) -> TokenStream {
    let returned = Returned::of(&function.signature.output);
    let declared = in_body(&function.signature.output);
    let is_async = function.signature.asyncness.is_some();
    let is_never = is_never(&function.signature.output);
    let is_free = allow_plain_function(&function.attributes);
    // In place, a body has its parameters already.
    let moves = is_async || !matches!(returned, Returned::NeverResult);
    let parameters = if moves { take_over(&mut function.signature, is_free) } else { TokenStream::new() };
    let capture = Capture::new(&arguments, &function, parameters);
    let body = match returned {
        _ if is_async && is_never => capture.never_returning_async_body(),
        _ if is_async && is_free => {
            function.signature.asyncness = None;
            function.signature.output = future_of(&function.signature.output);
            capture.async_body(&declared)
        }
        _ if is_async => capture.awaited_body(&declared),
        Returned::Future { output, boxed } => capture.future_body("capture_future", &declared, &output, boxed),
        Returned::Stream { item, boxed } => capture.future_body("capture_stream", &declared, &item, boxed),
        Returned::MaybeResult => capture.closure_body(&declared),
        Returned::NeverResult => capture.plain_body(),
    };
    let Function { attributes, visibility, signature, inner_attributes, .. } = function;
    quote! {
        #(#attributes)*
        #visibility #signature {
            #(#inner_attributes)*
            #body
        }
    }
}

/// What a function returns for the compiler if it is an `async fn`.
///
/// The words have this crate's edition, in which `impl` captures all lifetimes that are in scope, as an `async fn` does in
/// every edition.
fn future_of(output: &ReturnType) -> ReturnType {
    let output: Type = match output {
        ReturnType::Default => parse_quote!(()),
        ReturnType::Type(_, output) => (**output).clone(),
    };
    parse_quote_spanned!(Span::mixed_site()=> -> impl ::core::future::Future<Output = #output>)
}

/// What every form of body is made of.
///
/// Names and paths have the span of the macro's own code (`mixed_site`), so they cannot meet names of the
/// user and lints do not look at them; the user's body keeps its spans.
struct Capture {
    runtime: TokenStream,
    name: LitStr,
    /// Takes the parameters over where the body is moved elsewhere.
    parameters: TokenStream,
    /// The user's body in its braces. It stays a block of its own in every form: its items are to come first
    /// in their block.
    body: TokenStream,
    statements: TokenStream,
    /// Records an `Err`. It is written at the place of use, where the types are known.
    record: TokenStream,
}

impl Capture {
    fn new(arguments: &Arguments, function: &Function, parameters: TokenStream) -> Self {
        let path = &arguments.runtime;
        let runtime = quote!(#path::__private);
        let identifier = function.signature.ident.unraw();
        let own_name = || LitStr::new(&identifier.to_string(), Span::mixed_site());
        let name = arguments.name.clone().unwrap_or_else(own_name);
        let body = TokenTree::from(function.body.clone()).into();
        let record = quote_spanned! {Span::mixed_site()=>
            |subsegment, outcome| #runtime::record_outcome!(subsegment, outcome)
        };
        Self { runtime, name, parameters, body, statements: function.body.stream(), record }
    }

    /// A body whose outcome need not be looked at: in place, so that nothing about it changes.
    fn plain_body(&self) -> TokenStream {
        let Self { runtime, name, body, .. } = self;
        quote_spanned! {Span::mixed_site()=>
            let _call = #runtime::CapturedCall::begin(#name);
            #body
        }
    }

    /// A body in a closure, from which `return` and `?` come back to where the outcome is looked at.
    fn closure_body(&self, declared: &Type) -> TokenStream {
        let Self { runtime, name, parameters, body, record, .. } = self;
        quote_spanned! {Span::mixed_site()=>
            #runtime::capture_call(#name, move || -> #declared { #parameters #body }, #record)
        }
    }

    /// A body in an `async` block. The `return` that is never reached tells the block the type of the
    /// function, which rules coercions and `?` as it did before.
    fn async_body(&self, declared: &Type) -> TokenStream {
        let Self { runtime, name, parameters, body, record, .. } = self;
        quote_spanned! {Span::mixed_site()=>
            #runtime::capture_future(
                #name,
                async move {
                    #parameters
                    if let ::core::option::Option::Some(never) = ::core::option::Option::None::<#declared> {
                        return never;
                    }
                    #body
                },
                #record,
            )
        }
    }

    /// The same in a function that stays `async`.
    fn awaited_body(&self, declared: &Type) -> TokenStream {
        let body = self.async_body(declared);
        quote_spanned!(Span::mixed_site()=> #body.await)
    }

    /// `!` is no type argument in stable Rust, so the block gets the empty type that is.
    fn never_returning_async_body(&self) -> TokenStream {
        let body = self.awaited_body(&parse_quote!(::core::convert::Infallible));
        quote_spanned!(Span::mixed_site()=> match #body {})
    }

    /// A body that makes a future or stream; that is wrapped, the making is not recorded.
    fn future_body(&self, capture: &str, declared: &Type, output: &Type, boxed: bool) -> TokenStream {
        let Self { runtime, name, parameters, body, record, .. } = self;
        let capture = Ident::new(capture, Span::mixed_site());
        let spelt_out = !matches!(output, Type::Infer(_));
        if boxed
            && spelt_out
            && let Some((pin, future)) = self.only_boxes_a_future()
        {
            return quote_spanned! {Span::mixed_site()=>
                #pin(#runtime::#capture::<#output, _>(#name, #future, #record))
            };
        }
        let wrapped = quote_spanned! {Span::mixed_site()=>
            #runtime::#capture::<#output, _>(
                #name,
                #runtime::call(move || -> #declared { #parameters #body }),
                #record,
            )
        };
        if boxed { quote_spanned!(Span::mixed_site()=> ::std::boxed::Box::pin(#wrapped)) } else { wrapped }
    }

    /// `Box::pin` and its argument, if the body is nothing but `Box::pin(async ..)`: what `#[async_trait]`
    /// writes, and where a second box would be an allocation for every call.
    fn only_boxes_a_future(&self) -> Option<(TokenStream, TokenStream)> {
        let mut tokens = self.statements.clone().into_iter().collect::<Vec<_>>();
        let TokenTree::Group(future) = tokens.pop()? else {
            return None;
        };
        let is_path = tokens.iter().all(|token| match token {
            TokenTree::Ident(_) => true,
            TokenTree::Punct(punct) => punct.as_char() == ':',
            _ => false,
        });
        let ends_in_pin = matches!(tokens.last(), Some(TokenTree::Ident(last)) if last == "pin");
        let mut argument = future.stream().into_iter();
        let is_async = matches!(argument.next(), Some(TokenTree::Ident(first)) if first == "async");
        let ends_in_block = matches!(argument.last(), Some(TokenTree::Group(_)));
        let parenthesised = future.delimiter() == Delimiter::Parenthesis;
        (is_path && ends_in_pin && parenthesised && is_async && ends_in_block)
            .then(|| (tokens.into_iter().collect(), future.stream()))
    }
}
