//! Pictures of pages, by Chromium without a window.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    child,
    failure::{Failure, Outcome},
};

/// The width of a small telephone, and more than a mail takes on a desk.
pub(super) const WIDTHS: [u32; 2] = [320, 640];

/// What a mail client prefers.
pub(super) struct Scheme {
    pub(super) name: &'static str,
    /// Chromium's number for it.
    number: u8,
}

pub(super) const SCHEMES: &[Scheme] =
    &[Scheme { name: "dark", number: 0 }, Scheme { name: "light", number: 1 }];

const PROGRAMS: &[&str] = &["chromium", "chromium-browser", "google-chrome", "chrome"];

/// It asks nobody for updates, and keeps nothing.
const FLAGS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--disable-lcd-text",
];

pub(super) struct Browser(&'static str);

impl Browser {
    pub(super) fn find() -> Option<Self> {
        let runs = |program: &&&str| child::version(Command::new(**program).arg("--version")).is_some();
        PROGRAMS.iter().find(runs).map(|program| Self(program))
    }

    /// How tall a page is at this width, in pixels.
    pub(super) fn height(&self, page: &Path, width: u32) -> Outcome<u32> {
        let html = fs::read_to_string(page).map_err(|error| Failure::io("read", page, &error))?;
        // A window is never narrower than 500 pixels without a picture; a frame may be.
        let frame = html.replace('&', "&amp;").replace('"', "&quot;");
        let told = "document.title = 'height ' + this.contentDocument.body.scrollHeight";
        let html = format!(
            "<title></title><iframe width=\"{width}\" height=\"100\" style=\"border:0\" onload=\"{told}\" srcdoc=\"{frame}\"></iframe>"
        );
        let asking = page.with_extension("height.html");
        fs::write(&asking, html).map_err(|error| Failure::io("write", &asking, &error))?;
        let told = self.open(&asking, (800, 600), &["--dump-dom".to_owned()]);
        drop(fs::remove_file(&asking));
        let told = told?;
        let number =
            told.split("<title>height ").nth(1).and_then(|rest| rest.split('<').next()?.parse().ok());
        number.ok_or_else(|| Failure::new(format!("{} does not tell how tall {} is", self.0, page.display())))
    }

    pub(super) fn shoot(
        &self,
        page: &Path,
        picture: &Path,
        size: (u32, u32),
        scheme: &Scheme,
    ) -> Outcome<()> {
        let more = [
            format!("--screenshot={}", picture.display()),
            format!("--blink-settings=preferredColorScheme={}", scheme.number),
        ];
        self.open(page, size, &more)?;
        if picture.is_file() {
            Ok(())
        } else {
            Err(Failure::new(format!("{} took no picture of {}", self.0, page.display())))
        }
    }

    fn open(&self, page: &Path, (width, height): (u32, u32), more: &[String]) -> Outcome<String> {
        let page: PathBuf = page.canonicalize().map_err(|error| Failure::io("find", page, &error))?;
        let profile = page.with_extension("profile");
        let mut command = Command::new(self.0);
        command.args(FLAGS).arg(format!("--user-data-dir={}", profile.display()));
        command.arg(format!("--window-size={width},{height}")).args(more);
        let output = child::output(command.arg(format!("file://{}", page.display())));
        drop(fs::remove_dir_all(&profile));
        Ok(String::from_utf8_lossy(&output?.stdout).into_owned())
    }
}
