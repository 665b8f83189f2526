//! Figures as a table of Markdown, which a terminal shows well enough.

use crate::figures::Figures;

const HEAD: [&str; 9] = [
    "scenario",
    "callers",
    "who",
    "a second",
    "ratio (rounds)",
    "p50 µs",
    "p99 µs",
    "CPU µs (ratio)",
    "goal",
];

/// A line for each contender at each number of callers.
pub(crate) fn table(figures: &[Figures]) -> String {
    let mut rows = vec![HEAD.map(str::to_owned)];
    let mut before = None;
    for line in figures {
        let key = (line.scenario, line.callers);
        let first = before.replace(key) != Some(key);
        let goal = line.goal.map(|goal| {
            format!("{} {}", digits(goal), if line.ratio.median >= goal { "met" } else { "missed" })
        });
        rows.push([
            if first { line.title.to_owned() } else { String::new() },
            if first { line.callers.to_string() } else { String::new() },
            line.contender.to_owned(),
            digits(line.per_second),
            format!(
                "{} ({}–{})",
                digits(line.ratio.median),
                digits(line.ratio.lowest),
                digits(line.ratio.highest)
            ),
            digits(line.p50_us),
            digits(line.p99_us),
            format!("{} ({})", digits(line.cpu_us), digits(line.cpu_ratio)),
            goal.unwrap_or_default(),
        ]);
    }
    let widths: Vec<usize> = (0..HEAD.len())
        .map(|column| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max())
        .map(|width| width.unwrap_or(3).max(3))
        .collect();
    let mut lines: Vec<String> = rows.iter().map(|row| drawn(row, &widths)).collect();
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(width + 2)).collect();
    lines.insert(1, format!("|{}|", rule.join("|")));
    lines.join("\n")
}

fn drawn(row: &[String], widths: &[usize]) -> String {
    let cells: Vec<String> =
        row.iter().zip(widths).map(|(cell, width)| format!(" {cell:<width$} ")).collect();
    format!("|{}|", cells.join("|"))
}

/// Three digits that count, and no more.
pub(super) fn digits(number: f64) -> String {
    let places = if number >= 100.0 {
        0
    } else if number >= 10.0 {
        1
    } else {
        2
    };
    let text = format!("{number:.places$}");
    if number < 1_000.0 {
        return text;
    }
    // Thousands, counted from the end.
    let mut grouped = String::new();
    for (index, digit) in text.chars().enumerate() {
        if index > 0 && (text.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::digits;

    #[test]
    fn numbers_have_as_many_digits_as_count() {
        let shown = [0.456_7, 12.34, 123.4, 1_234.5, 1_234_567.0].map(digits);
        assert_eq!(shown, ["0.46", "12.3", "123", "1,234", "1,234,567"]);
    }
}
