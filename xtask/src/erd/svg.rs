//! The whole schema as one picture.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::catalogue::{Column, Table};
use super::domains::Domain;

const COLUMNS: usize = 5;
const WIDTH: u32 = 296;
const GAP: u32 = 22;
const ROW: u32 = 14;
const HEAD: u32 = 20;
/// Inside a domain, around and between its tables.
const PAD: u32 = 9;
const TITLE: u32 = 22;

/// Where a table is drawn.
struct Box<'a> {
    table: &'a Table,
    colour: &'static str,
    left: u32,
    top: u32,
}

/// The picture: domains in columns, tables in them, and a line from each reference to what it refers to.
pub(super) fn picture(domains: &[Domain]) -> String {
    let (mut panels, mut boxes, mut bottoms) = (String::new(), Vec::new(), [GAP; COLUMNS]);
    for domain in domains {
        let Some((column, bottom)) = bottoms.iter_mut().enumerate().min_by_key(|(_, bottom)| **bottom) else {
            continue;
        };
        let left = GAP + u32::try_from(column).unwrap_or(0) * (WIDTH + GAP);
        let mut top = *bottom + TITLE;
        for table in &domain.tables {
            boxes.push(Box { table, colour: domain.colour, left: left + PAD, top });
            top += height(table) + PAD;
        }
        let (colour, title, high) = (domain.colour, domain.title, top - *bottom);
        let _ = writeln!(
            panels,
            "<rect x=\"{left}\" y=\"{bottom}\" width=\"{WIDTH}\" height=\"{high}\" rx=\"8\" fill=\"{colour}\" fill-opacity=\"0.08\"/>\n\
             <text x=\"{}\" y=\"{}\" class=\"title\" fill=\"{colour}\">{title}</text>",
            left + PAD,
            *bottom + 16,
        );
        *bottom = top + GAP;
    }
    let wide = GAP + u32::try_from(COLUMNS).unwrap_or(0) * (WIDTH + GAP);
    let high = bottoms.into_iter().max().unwrap_or(0);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide} {high}\" width=\"{wide}\" height=\"{high}\">\n\
         <style>text{{font:10.5px ui-monospace,monospace;fill:#1e293b}}.title{{font:bold 13px system-ui,sans-serif}}\
         .head{{font-weight:bold;fill:#fff}}.key{{fill:#64748b;font-size:8.5px}}.note{{fill:#64748b;text-anchor:end}}</style>\n\
         <rect width=\"{wide}\" height=\"{high}\" fill=\"#fff\"/>\n{panels}{}{}</svg>\n",
        // Beneath the tables, whose text stays readable.
        lines(&boxes),
        boxes.iter().map(drawn).collect::<String>(),
    )
}

fn height(table: &Table) -> u32 {
    HEAD + ROW * u32::try_from(table.columns.len()).unwrap_or(0) + 4
}

fn drawn(at: &Box<'_>) -> String {
    let Box { table, colour, left, top } = at;
    let (wide, high) = (WIDTH - 2 * PAD, height(table));
    let mut text = format!(
        "<rect x=\"{left}\" y=\"{top}\" width=\"{wide}\" height=\"{high}\" rx=\"4\" fill=\"#fff\" stroke=\"{colour}\"/>\n\
         <path d=\"M{left} {} h{wide} v-{} a4 4 0 0 0 -4 -4 h-{} a4 4 0 0 0 -4 4 z\" fill=\"{colour}\"/>\n\
         <text x=\"{}\" y=\"{}\" class=\"head\">{}</text>\n",
        top + HEAD,
        HEAD - 4,
        wide - 8,
        left + 8,
        top + 14,
        table.name,
    );
    for (column, y) in table.columns.iter().zip((top + HEAD + 12..).step_by(14)) {
        let key = match (column.in_primary_key, column.unique) {
            (true, _) => "PK",
            (false, true) => "UK",
            (false, false) => "",
        };
        let null = if column.nullable { "?" } else { "" };
        let _ = writeln!(
            text,
            "<text x=\"{}\" y=\"{y}\" class=\"key\">{key}</text><text x=\"{}\" y=\"{y}\">{}{null}</text>\
             <text x=\"{}\" y=\"{y}\" class=\"note\">{}</text>",
            left + 6,
            left + 22,
            column.name,
            left + wide - 7,
            note(column),
        );
    }
    text
}

/// What is said of a column at its right end.
fn note(column: &Column) -> String {
    if let Some(target) = &column.target {
        return format!("→ {target}");
    }
    let kind = column.kind.replace("timestamp with time zone", "timestamptz");
    column.class.map_or_else(|| kind.clone(), |class| format!("{class} {kind}"))
}

/// A line from each column that refers to a table, to the head of that table.
fn lines(boxes: &[Box<'_>]) -> String {
    let heads: BTreeMap<&str, &Box<'_>> = boxes.iter().map(|at| (at.table.name.as_str(), at)).collect();
    let mut text = String::new();
    for at in boxes {
        for (column, y) in at.table.columns.iter().zip((at.top + HEAD + 8..).step_by(14)) {
            let Some(target) = column.target.as_deref().and_then(|target| heads.get(target)) else {
                continue;
            };
            let wide = WIDTH - 2 * PAD;
            let (to_y, colour) = (target.top + HEAD / 2, target.colour);
            // To the side that is nearer; within a column around its left edge.
            let (from_x, to_x, bend) = match at.left.cmp(&target.left) {
                std::cmp::Ordering::Greater => {
                    (at.left, target.left + wide, [at.left - GAP, target.left + wide + GAP])
                }
                std::cmp::Ordering::Less => {
                    (at.left + wide, target.left, [at.left + wide + GAP, target.left - GAP])
                }
                std::cmp::Ordering::Equal => (at.left, target.left, [at.left - GAP, target.left - GAP]),
            };
            let [first, second] = bend;
            let _ = writeln!(
                text,
                "<path d=\"M{from_x} {y} C{first} {y} {second} {to_y} {to_x} {to_y}\" fill=\"none\" stroke=\"{colour}\" \
                 stroke-opacity=\"0.45\"/>"
            );
        }
    }
    text
}
