//! Telling what happens: a spinner on a terminal, plain lines elsewhere. Always on standard error.

use std::{
    io::{IsTerminal, stderr},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

/// A piece of work that takes a while.
#[derive(Debug, Clone)]
pub struct Progress {
    spinner: Option<ProgressBar>,
    begin: Instant,
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress {
    /// For work of which one does not know how much there is.
    #[must_use]
    pub fn new() -> Self {
        let spinner = stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed:.dim}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Self { spinner, begin: Instant::now() }
    }

    /// For work of which one knows how much there is.
    #[must_use]
    pub fn bar() -> Self {
        let progress = Self::new();
        if let Some(bar) = &progress.spinner
            && let Ok(style) =
                ProgressStyle::with_template("{bar:24} {human_pos}/{human_len} {msg} {elapsed:.dim}")
        {
            bar.set_style(style);
        }
        progress
    }

    /// So much is done of about `total`: moves the bar of a terminal.
    pub fn advance(&self, done: u64, total: u64, text: &str) {
        if let Some(bar) = &self.spinner {
            bar.set_length(total.max(done));
            bar.set_position(done);
            bar.set_message(text.to_owned());
        }
    }

    /// A line for a log, where a terminal has a bar.
    pub fn log(&self, text: &str) {
        if self.spinner.is_none() {
            note!("{text}");
        }
    }

    /// What is going on now. It stays on a log, and is replaced by the next step on a terminal.
    pub fn step(&self, text: &str) {
        match &self.spinner {
            Some(bar) => bar.set_message(text.to_owned()),
            None => note!("{text}"),
        }
    }

    /// What is going on now, where its end will be told by [`Progress::line`]: a log needs only that.
    pub fn busy(&self, text: &str) {
        if let Some(bar) = &self.spinner {
            bar.set_message(text.to_owned());
        }
    }

    /// A line that stays.
    pub fn line(&self, text: &str) {
        match &self.spinner {
            Some(bar) => bar.suspend(|| note!("{text}")),
            None => note!("{text}"),
        }
    }

    /// Ends the spinner and leaves a line with the time that it took.
    pub fn done(&self, text: &str) {
        self.end();
        note!("{text} ({:.1} s)", self.begin.elapsed().as_secs_f64());
    }

    /// Ends the spinner without a word.
    pub fn end(&self) {
        if let Some(bar) = &self.spinner {
            bar.finish_and_clear();
        }
    }
}
