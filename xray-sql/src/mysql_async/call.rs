//! What a call says of its statement.

use ::mysql_async::prelude::AsQuery;
use xray_core::Preparation;

use crate::text::Text;

pub(super) const TEXT: Option<Preparation> = None;
pub(super) const PREPARED: Option<Preparation> = Some(Preparation::Statement);

pub(super) fn text_of_query<Q: AsQuery>(query: &Q) -> Text<'_> {
    Text::Raw(query.as_query())
}
