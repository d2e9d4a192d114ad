//! The parts of a URL that matter to privacy.

/// What stands before the `@` of the authority, in a URL with or without a scheme.
pub(super) fn user_info(url: &str) -> Option<&str> {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = after_scheme.split(['/', '?', '#']).next()?;
    authority.rsplit_once('@').map(|(user_info, _)| user_info)
}
