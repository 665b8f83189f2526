//! The rows of an answer.

/// All rows that a statement returned.
#[must_use]
pub(crate) struct Rows<R>(Vec<R>);

impl<R> Rows<R> {
    pub(super) const fn new(rows: Vec<R>) -> Self {
        Self(rows)
    }

    /// Every row.
    pub(crate) fn all(self) -> Vec<R> {
        self.0
    }

    /// The row of a statement that returns one or none.
    pub(crate) fn first(self) -> Option<R> {
        self.0.into_iter().next()
    }
}

impl Rows<usize> {
    /// The number of rows that the statements changed.
    pub(crate) fn count(self) -> usize {
        self.0.into_iter().sum()
    }
}
