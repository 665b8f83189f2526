//! What callers of ill will, and callers with bad luck, may send: every operation, through the public API.

mod complete;
mod hostile_world;
mod ids;
mod limits;
mod numbers;
mod owners;
mod races;
mod strings;
mod texts;
mod time;
