//! Ratios as bars.

use std::fmt::Write;

use super::table::digits;
use crate::figures::Figures;
use crate::scenarios::OURS;

const LEFT: f64 = 420.0;
/// Width of a ratio of 1.
const UNIT: f64 = 260.0;
/// Longer bars are cut; their number tells.
const LONGEST: f64 = 1.6;
const ROW: f64 = 20.0;

/// This layer's ratio in each scenario, with a line at 1 and a mark at the goal.
pub(crate) fn plot(figures: &[Figures]) -> String {
    let ours: Vec<&Figures> = figures.iter().filter(|line| line.contender == OURS).collect();
    let rows: Vec<f64> = (0..).map(f64::from).take(ours.len()).collect();
    let height = ROW * rows.last().map_or(0.0, |last| last + 2.0) + 10.0;
    let (width, one) = (LEFT + UNIT * LONGEST + 60.0, LEFT + UNIT);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n\
         <text x=\"{LEFT}\" y=\"14\" fill=\"#333333\">operations a second, as a ratio to the peer; the mark is the goal</text>\n"
    );
    for (line, row) in ours.iter().zip(rows) {
        let (y, length) = (ROW * (row + 1.0) + 4.0, line.ratio.median.min(LONGEST) * UNIT);
        let label = format!("{}, {} at a time", line.title, line.callers);
        let (end, ratio) = (LEFT + length + 6.0, digits(line.ratio.median));
        let below = y + 11.0;
        // Writing to a string does not fail.
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{below}\" text-anchor=\"end\" fill=\"#333333\">{label}</text>\n\
             <rect x=\"{LEFT}\" y=\"{y}\" width=\"{length:.1}\" height=\"14\" fill=\"#3b76b0\"/>\n\
             <text x=\"{end:.1}\" y=\"{below}\" fill=\"#333333\">{ratio}</text>",
            LEFT - 8.0
        );
        if let Some(goal) = line.goal.filter(|goal| *goal <= LONGEST) {
            let x = LEFT + goal * UNIT;
            let _ = writeln!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{}\" width=\"3\" height=\"18\" fill=\"#c0392b\"/>",
                y - 2.0
            );
        }
    }
    let _ = writeln!(
        svg,
        "<rect x=\"{one}\" y=\"20\" width=\"1\" height=\"{}\" fill=\"#888888\"/>\n</svg>",
        height - 24.0
    );
    svg
}
