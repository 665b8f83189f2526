//! State of the Redis tier.

/// State of the Redis tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RedisState {
    /// Entries are read and written.
    Up,
    /// It is back after an outage: it is written, but not read until all processes have had the time to send what they could not
    /// send before.
    Warming,
    /// It is neither read nor written; somebody tries to reach it all the time.
    Down,
}

impl RedisState {
    /// The state as the gauge shows it.
    pub(super) const fn number(self) -> f64 {
        match self {
            Self::Down => 0.0,
            Self::Warming => 1.0,
            Self::Up => 2.0,
        }
    }
}
