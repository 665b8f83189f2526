//! No circle between the rooms of a crate: two modules that use each other belong together, or one part of them lower down.
//!
//! A module and its children do not count. What the root re-exports by name belongs to its room; globs of the root stand at the top.

mod graph;
mod paths;

use std::collections::BTreeMap;

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
        rooms += read.modules.len();
        let mut levels: BTreeMap<Vec<String>, Edges> = BTreeMap::new();
        for (from, to, place) in read.uses {
            let shared = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
            if let (Some(one), Some(other)) = (from.get(shared), to.get(shared)) {
                let parent = from.get(..shared).unwrap_or_default().to_vec();
                levels.entry(parent).or_default().entry((one.clone(), other.clone())).or_insert(place);
            }
        }
        for (parent, edges) in levels {
            let place = if parent.is_empty() { name.clone() } else { format!("{name}/{}", parent.join("/")) };
            report.complaints.extend(circles(&edges).into_iter().map(|circle| format!("{place}: {circle}")));
        }
    }
    report.summary = format!("{rooms} modules without a circle");
    Ok(report)
}
