//! What was measured, for people and for programs.

mod machine;
mod page;
mod plot;
mod table;

use serde::Serialize;

pub(crate) use machine::machine;
pub(crate) use plot::plot;
pub(crate) use table::table;

use crate::contender::Outcome;
use crate::figures::Figures;

/// All figures, and where they were taken.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) machine: String,
    pub(crate) figures: Vec<Figures>,
}

impl Report {
    pub(crate) fn json(&self) -> Outcome<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// Brings docs/performance up to date.
    pub(crate) fn publish(&self) -> Outcome {
        let folder = page::folder();
        let page = folder.join("README.md");
        let text = std::fs::read_to_string(&page)?;
        let part = format!("{}\n\n{}", self.machine, table(&self.figures));
        std::fs::write(&page, page::replaced(&text, &part)?)?;
        std::fs::write(folder.join("figures.json"), self.json()?)?;
        std::fs::write(folder.join("ratios.svg"), plot(&self.figures))?;
        Ok(())
    }
}
