//! What callers of ill will, and callers with bad luck, may send: every operation, through the public API.

mod bench;
mod strings;
mod texts;
