//! How the demo looks: one line per step, with what it cost.

use std::io::{IsTerminal, stdout};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::stage::Cost;

/// Where everything is printed, and how many expectations did not hold.
pub(super) struct Screen {
    colour: bool,
    broken: AtomicUsize,
}

impl Screen {
    pub(super) fn new() -> Self {
        let colour = stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { colour, broken: AtomicUsize::new(0) }
    }

    /// The heading of an act.
    pub(super) fn act(&self, title: &str) {
        print(&format!("\n{}", self.paint("1", title)));
    }

    /// Something that was done, and what it cost.
    pub(super) fn step(&self, text: &str, cost: Cost) {
        self.expect(true, text, Some(cost));
    }

    /// Something that had to come true.
    pub(super) fn expect(&self, held: bool, text: &str, cost: Option<Cost>) {
        if !held {
            self.broken.fetch_add(1, Ordering::Relaxed);
        }
        let mark = if held { self.paint("32", "✓") } else { self.paint("31", "✗ EXPECTED:") };
        let cost = cost.map_or_else(String::new, describe);
        let padding = " ".repeat(78_usize.saturating_sub(text.chars().count()));
        print(format!("  {mark} {text}{padding}{}", self.paint("2", &cost)).trim_end());
    }

    /// A line that explains.
    pub(super) fn note(&self, text: &str) {
        print(&format!("    {}", self.paint("2", text)));
    }

    /// A line as it is.
    #[expect(clippy::unused_self, reason = "everything that is printed goes through the screen")]
    pub(super) fn line(&self, text: &str) {
        print(&format!("    {text}"));
    }

    /// Rows in columns, under a heading.
    pub(super) fn table(&self, rows: &[Vec<String>]) {
        let width = |column: usize| {
            rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<_> = (0..rows.first().map_or(0, Vec::len)).map(width).collect();
        for (at, row) in rows.iter().enumerate() {
            let cells: Vec<_> =
                row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            let line = cells.join("  ");
            print(&format!(
                "    {}",
                if at == 0 { self.paint("2", line.trim_end()) } else { line.trim_end().to_owned() }
            ));
        }
    }

    /// How many expectations did not hold.
    pub(super) fn broken(&self) -> usize {
        self.broken.load(Ordering::Relaxed)
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

fn describe(cost: Cost) -> String {
    let trips = match cost.round_trips {
        1 => "1 round trip".to_owned(),
        many => format!("{many} round trips"),
    };
    let prepared =
        if cost.preparations == 0 { String::new() } else { format!(" +{} to prepare", cost.preparations) };
    format!("{:>6.1} ms  {trips}{prepared}", cost.time.as_secs_f64() * 1000.0)
}

/// The beginning of a text, in one line.
pub(super) fn short(text: &str, most: usize) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.chars().count() <= most {
        line
    } else {
        line.chars().take(most.saturating_sub(1)).chain(['…']).collect()
    }
}

/// Where to find what was kept.
pub(super) fn kept(url: &str, stack: bool) {
    print(&format!("\nKept: psql '{url}'"));
    if stack {
        print("The server runs on until `cargo xtask down`.");
    }
}

fn print(line: &str) {
    answer!("{line}");
}
