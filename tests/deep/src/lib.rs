//! How programs of captured functions are written down: chains of functions, each of which awaits the next.
//!
//! The programs are in `tests/`. None of them sets `recursion_limit`, and all run on threads with the stack that threads have.

/// Defines a chain of asynchronous functions under an attribute: each awaits the next, as functions of programs do, and keeps
/// something of its own meanwhile.
///
/// ```ignore
/// chain!(#[xray::capture] (client: &Client) -> Result<usize, Error>: first second, second third, third call);
/// ```
#[macro_export]
macro_rules! chain {
    (@ #[$attribute:meta] ($($argument:ident: $type:ty),*) -> $output:ty: $name:ident $next:ident) => {
        #[$attribute]
        async fn $name($($argument: $type),*) -> $output {
            let own = stringify!($name).to_owned();
            let outcome = $next($($argument),*).await?;
            drop(own);
            Ok(outcome)
        }
    };
    (#[$attribute:meta] $arguments:tt -> $output:ty: $($name:ident $next:ident),* $(,)?) => {
        $($crate::chain!(@ #[$attribute] $arguments -> $output: $name $next);)*
    };
}
