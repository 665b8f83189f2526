//! No circle between the rooms of a crate, which are its modules of the first level: two rooms that use each other belong together, or one
//! part of them lower down.
//!
//! What the root re-exports by name belongs to its room; globs of the root stand at the top.

mod graph;
mod paths;

use wh_testkit::source::{packages, root};

use super::Report;
use crate::failure::{Failure, Outcome};
use graph::{Edges, circles};

pub(super) fn check() -> Outcome<Report> {
    let mut report = Report::default();
    let mut rooms = 0;
    let mut sources = packages().map_err(Failure::new)?;
    sources.push(root().join("xtask"));
    for package in sources {
        let name = package.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let read = paths::read(&package.join("src")).map_err(Failure::new)?;
        rooms += read.modules.iter().filter(|module| module.len() == 1).count();
        let mut edges = Edges::new();
        for (from, to, place) in read.uses {
            if let (Some(one), Some(other)) = (from.first(), to.first())
                && one != other
            {
                edges.entry((one.clone(), other.clone())).or_insert(place);
            }
        }
        report.complaints.extend(circles(&edges).into_iter().map(|circle| format!("{name}: {circle}")));
    }
    report.summary = format!("no circle between {rooms} rooms");
    Ok(report)
}
