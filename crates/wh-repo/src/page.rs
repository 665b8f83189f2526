//! How much of a list to read, and from where.

use wh_types::Invalid;

use crate::error::{Error, Result};

/// A page of a list that is ordered newest first: how many rows, and which row the page follows.
///
/// `K` is the key of the listed rows. The next page begins before the last row of this one:
///
/// ```
/// # use wh_repo::{Page, Result};
/// # use wh_types::JobId;
/// # fn main() -> Result<()> {
/// let first: Page<JobId> = Page::of(20)?;
/// let last_row = JobId::new(117);
/// let second = first.before(last_row);
/// assert_eq!(second.limit(), 20);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page<K> {
    limit: i64,
    before: Option<K>,
}

impl<K> Default for Page<K> {
    fn default() -> Self {
        Self { limit: Self::DEFAULT, before: None }
    }
}

impl<K> Page<K> {
    /// Rows of a page where the caller asks for none in particular.
    pub const DEFAULT: i64 = 50;
    /// Most rows of a page.
    pub const MAX: i64 = 500;

    /// The first page of at most `limit` rows; 0 means [`DEFAULT`](Self::DEFAULT), and more than [`MAX`](Self::MAX) means
    /// `MAX`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a negative limit.
    pub fn of(limit: i64) -> Result<Self> {
        let limit = match limit {
            0 => Self::DEFAULT,
            1.. => limit.min(Self::MAX),
            _ => {
                let problem =
                    format!("{limit} is negative: 1 to {} rows, or 0 for {}", Self::MAX, Self::DEFAULT);
                return Err(Error::Invalid(Invalid::Field { field: "limit", problem }));
            }
        };
        Ok(Self { limit, before: None })
    }

    /// The page that follows the row `last`.
    #[must_use]
    pub fn before(self, last: K) -> Self {
        Self { before: Some(last), ..self }
    }

    /// The number of rows.
    #[must_use]
    pub const fn limit(&self) -> i64 {
        self.limit
    }
}

impl<K: Copy> Page<K> {
    pub(crate) fn before_or(&self, first: K) -> K {
        self.before.unwrap_or(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_bounded() {
        let limit = |given| Page::<i64>::of(given).map(|page| page.limit());
        assert_eq!(limit(0).unwrap(), 50);
        assert_eq!(limit(1).unwrap(), 1);
        assert_eq!(limit(500).unwrap(), 500);
        assert_eq!(limit(1 << 31).unwrap(), 500);
        assert_eq!(
            limit(-1).unwrap_err().to_string(),
            "limit is out of bounds: -1 is negative: 1 to 500 rows, or 0 for 50"
        );
    }
}
