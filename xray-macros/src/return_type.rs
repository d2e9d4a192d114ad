//! What the return type of a function tells about how to capture it.

use syn::visit_mut::{VisitMut, visit_type_mut};
use syn::{GenericArgument, PathArguments, PathSegment, ReturnType, Type, TypeInfer, TypeParamBound, parse_quote};

/// How the outcome of a function that is not `async` is observed.
pub(crate) enum Returned {
    /// A future, to be recorded until it completes. The output is `_` where it is not spelt out.
    Future { output: Box<Type>, boxed: bool },
    /// A stream, likewise.
    Stream { item: Box<Type>, boxed: bool },
    /// A type that may be a `Result`, under its own name or an alias.
    MaybeResult,
    /// A type that is no `Result` whatever the names in scope mean.
    NeverResult,
}

impl Returned {
    pub(crate) fn of(declared: &ReturnType) -> Self {
        let ReturnType::Type(_, declared) = declared else {
            return Self::NeverResult;
        };
        let declared = bare(declared);
        if let Some((output, boxed)) = wrapped(declared, &FUTURE) {
            return Self::Future { output: Box::new(without_impl_trait(output)), boxed };
        }
        if let Some((item, boxed)) = wrapped(declared, &STREAM) {
            return Self::Stream { item: Box::new(without_impl_trait(item)), boxed };
        }
        match declared {
            Type::Path(_) | Type::Macro(_) => Self::MaybeResult,
            _ => Self::NeverResult,
        }
    }
}

/// The return type in a form that can be written inside the body.
pub(crate) fn in_body(declared: &ReturnType) -> Type {
    match declared {
        ReturnType::Default => parse_quote!(()),
        ReturnType::Type(_, declared) => without_impl_trait(declared.as_ref().clone()),
    }
}

/// Whether the function never returns.
pub(crate) fn is_never(declared: &ReturnType) -> bool {
    matches!(declared, ReturnType::Type(_, declared) if matches!(bare(declared), Type::Never(_)))
}

/// How a kind of work is spelt.
struct Kind {
    name: &'static str,
    /// The associated type.
    output: &'static str,
    /// Aliases of a box around it.
    boxes: [&'static str; 2],
}

const FUTURE: Kind = Kind { name: "Future", output: "Output", boxes: ["BoxFuture", "LocalBoxFuture"] };
const STREAM: Kind = Kind { name: "Stream", output: "Item", boxes: ["BoxStream", "LocalBoxStream"] };

/// The output of the future or stream that `declared` spells out, and whether it is boxed.
fn wrapped(declared: &Type, kind: &Kind) -> Option<(Type, bool)> {
    match declared {
        Type::ImplTrait(work) => output(&work.bounds, kind).map(|output| (output, false)),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            if kind.boxes.iter().any(|alias| last.ident == alias) {
                // Not its argument: a crate's own alias may add a `Result` to it.
                return Some((parse_quote!(_), true));
            }
            let pinned = Some(last).filter(|last| last.ident == "Pin");
            let Type::Path(pointer) = bare(type_argument(pinned?)?) else {
                return None;
            };
            let pointer = pointer.path.segments.last();
            let pointer = pointer.filter(|pointer| pointer.ident == "Box");
            let Type::TraitObject(work) = bare(type_argument(pointer?)?) else {
                return None;
            };
            output(&work.bounds, kind).map(|output| (output, true))
        }
        _ => None,
    }
}

/// The output of the one bound of this kind, if the wrapper keeps all the others.
fn output<'a>(bounds: impl IntoIterator<Item = &'a TypeParamBound>, kind: &Kind) -> Option<Type> {
    let mut output = None;
    for bound in bounds {
        let TypeParamBound::Trait(bound) = bound else {
            continue;
        };
        let last = bound.path.segments.last()?;
        if last.ident == kind.name {
            output = Some(associated_type(last, kind.output));
        } else if !KEPT_BOUNDS.iter().any(|kept| last.ident == kept) {
            return None;
        }
    }
    output
}

/// `T` of `Future<Output = T>`.
fn associated_type(bound: &PathSegment, name: &str) -> Type {
    if let PathArguments::AngleBracketed(arguments) = &bound.arguments {
        for argument in &arguments.args {
            if let GenericArgument::AssocType(associated) = argument
                && associated.ident == name
            {
                return associated.ty.clone();
            }
        }
    }
    parse_quote!(_)
}

/// The last type among the generic arguments.
fn type_argument(segment: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    arguments.args.iter().rev().find_map(|argument| match argument {
        GenericArgument::Type(argument) => Some(argument),
        _ => None,
    })
}

/// The type without parentheses, nor the invisible ones around a type that came through `macro_rules!`.
fn bare(declared: &Type) -> &Type {
    match declared {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        other => other,
    }
}

/// Puts `_` for every `impl Trait`, which only a signature may hold.
fn without_impl_trait(mut declared: Type) -> Type {
    struct Eraser;
    impl VisitMut for Eraser {
        fn visit_type_mut(&mut self, node: &mut Type) {
            if let Type::ImplTrait(_) = node {
                *node = Type::Infer(TypeInfer { underscore_token: Default::default() });
            } else {
                visit_type_mut(self, node);
            }
        }
    }
    Eraser.visit_type_mut(&mut declared);
    declared
}

/// Besides `Future` or `Stream` and lifetimes, the bounds that the wrapper satisfies whenever the future or stream does.
const KEPT_BOUNDS: [&str; 6] = ["Send", "Sync", "Sized", "Unpin", "UnwindSafe", "RefUnwindSafe"];
