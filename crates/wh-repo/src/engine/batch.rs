//! How many rows one statement of a sweep takes on.

use crate::error::{Error, Result};

/// Rows of a batch where the caller asks for no number in particular.
pub(crate) const DEFAULT: i64 = 1_000;
/// Most rows of a batch: beyond it a statement holds its row locks for more than a moment.
pub(crate) const MAX: i64 = 10_000;

/// The rows that `limit` stands for: 0 means [`DEFAULT`], and more than [`MAX`] means `MAX`.
pub(crate) fn size(limit: i64) -> Result<i64> {
    match limit {
        0 => Ok(DEFAULT),
        1.. => Ok(limit.min(MAX)),
        _ => Err(Error::invalid(
            "limit",
            format!("{limit} is negative: 1 to {MAX} rows of a batch, or 0 for {DEFAULT}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_bounded() {
        let sizes = [0, 1, 10_000, 10_001, 1 << 31].map(|limit| size(limit).unwrap());
        assert_eq!(sizes, [1_000, 1, 10_000, 10_000, 10_000]);
        assert_eq!(
            size(-1).unwrap_err().to_string(),
            "limit is out of bounds: -1 is negative: 1 to 10000 rows of a batch, or 0 for 1000"
        );
    }
}
