//! A row of a terminal.

use unicode_width::UnicodeWidthChar;

use super::line::MAX_LINE_BYTES;

/// Columns between two stops of the tabulator.
const TAB: usize = 8;

/// Columns of a row: a line that fills them all is cut in any case.
const COLUMNS: usize = MAX_LINE_BYTES;

/// Cells and the place of the next character.
#[derive(Debug, Default)]
pub(super) struct Row {
    /// Marks without a width that stand before the first character.
    lead: String,
    cells: Vec<Cell>,
    column: usize,
}

#[derive(Debug, Default)]
struct Cell {
    /// `None` in the further cells of a wide character or a tab.
    glyph: Option<char>,
    /// Accents and other marks without a width.
    marks: String,
}

impl Cell {
    fn of(glyph: char) -> Self {
        Self { glyph: Some(glyph), marks: String::new() }
    }
}

impl Row {
    pub(super) const fn column(&self) -> usize {
        self.column
    }

    pub(super) fn go_to(&mut self, column: usize) {
        self.column = column.min(COLUMNS);
    }

    pub(super) fn print(&mut self, c: char) {
        match c.width().unwrap_or(0) {
            0 => self.mark(c),
            width => self.put(c, width),
        }
    }

    /// To the next stop. Where nothing was written yet the tab itself is kept.
    pub(super) fn tab(&mut self) {
        let width = TAB - self.column % TAB;
        if self.column == self.cells.len() {
            self.put('\t', width);
        } else {
            self.go_to(self.column + width);
        }
    }

    pub(super) fn erase_right(&mut self) {
        self.blank_broken(self.column);
        self.cells.truncate(self.column);
    }

    pub(super) fn erase_left(&mut self) {
        let end = (self.column + 1).min(self.cells.len());
        self.blank_broken(end);
        self.cells.iter_mut().take(end).for_each(|cell| *cell = Cell::of(' '));
        self.lead.clear();
    }

    pub(super) fn erase_all(&mut self) {
        self.cells.clear();
        self.lead.clear();
    }

    /// Appends the text of the row, with a space before it if there is text already.
    pub(super) fn add_to(self, text: &mut String) {
        if self.cells.is_empty() && self.lead.is_empty() {
            return;
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&self.lead);
        for cell in self.cells {
            text.extend(cell.glyph);
            text.push_str(&cell.marks);
        }
    }

    fn mark(&mut self, c: char) {
        let before = self.column.checked_sub(1).and_then(|column| self.cells.get_mut(column));
        before.map_or(&mut self.lead, |cell| &mut cell.marks).push(c);
    }

    fn put(&mut self, c: char, width: usize) {
        let end = self.column + width;
        if end > COLUMNS {
            self.column = COLUMNS;
            return;
        }
        while self.cells.len() < self.column {
            self.cells.push(Cell::of(' '));
        }
        self.blank_broken(self.column);
        self.blank_broken(end);
        while self.cells.len() < end {
            self.cells.push(Cell::default());
        }
        let glyphs = std::iter::once(Some(c)).chain(std::iter::repeat(None));
        for (cell, glyph) in self.cells.iter_mut().skip(self.column).take(width).zip(glyphs) {
            *cell = Cell { glyph, marks: String::new() };
        }
        self.column = end;
    }

    /// Puts spaces in place of a wide character that is about to be cut before this column.
    fn blank_broken(&mut self, column: usize) {
        if self.cells.get(column).is_none_or(|cell| cell.glyph.is_some()) {
            return;
        }
        let begin = self.cells.iter().take(column).rposition(|cell| cell.glyph.is_some()).unwrap_or(0);
        let cells = self.cells.iter_mut().enumerate().skip(begin);
        for (_, cell) in cells.take_while(|(n, cell)| *n == begin || cell.glyph.is_none()) {
            *cell = Cell::of(' ');
        }
    }
}
