//! What stands for a message that is not recorded.

pub(crate) const NOT_RECORDED: &str = "the message may hold a value and is not recorded";
