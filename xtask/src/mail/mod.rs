//! `cargo xtask mail`

mod pictures;
mod samples;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use secrecy::{ExposeSecret, SecretString};
use wh_data::{
    crypto::KeyRing,
    mail::{MailSettings, Preview, Transport},
};

use crate::{
    child::root,
    failure::{Failure, Outcome},
};
use pictures::{Browser, SCHEMES, WIDTHS};

/// Look at the mails without sending any
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask mail preview               every sample as .html, .txt and .eml, with pictures where Chromium is installed
  cargo xtask mail preview --docs        bring the pictures of docs/mail up to date")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Write the mails with sample data
    Preview {
        /// The folder to write to [default: target/mail-preview]
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Take the pictures of docs/mail as well, which needs Chromium
        #[arg(long)]
        docs: bool,
    },
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let Action::Preview { out, docs } = &arguments.action;
    let out = out.clone().unwrap_or_else(|| root().join("target/mail-preview"));
    let browser = Browser::find();
    if *docs && browser.is_none() {
        return Err(Failure::new(
            "no Chromium was found, and pictures need one: install it (apt-get install chromium)",
        ));
    }
    make_folder(&out)?;
    for sample in samples::all() {
        let preview = render(&sample)?;
        let page = out.join(format!("{}.html", sample.name));
        for (end, text) in [("html", &preview.html), ("txt", &preview.text), ("eml", &preview.mail)] {
            let path = out.join(format!("{}.{end}", sample.name));
            fs::write(&path, text.expose_secret()).map_err(|error| Failure::io("write", &path, &error))?;
        }
        let Some(browser) = &browser else { continue };
        shoot(browser, &page, &out, sample.name)?;
        if *docs && sample.in_docs {
            let pictures = root().join("docs/mail");
            make_folder(&pictures)?;
            shoot(browser, &page, &pictures, sample.name)?;
        }
    }
    let pictures = if browser.is_some() {
        ", with pictures"
    } else {
        "; no Chromium was found, so there are no pictures"
    };
    note!("the mails are in {}{pictures}", out.display());
    Ok(ExitCode::SUCCESS)
}

fn render(sample: &samples::Sample) -> Outcome<Preview> {
    let failed = |error: &dyn std::fmt::Display| Failure::new(format!("{}: {error}", sample.name));
    // Nothing that these links are signed with is used anywhere.
    let keys = KeyRing::new(&SecretString::from("the secret of the samples"), &[])
        .map_err(|error| failed(&error))?;
    let settings = MailSettings {
        support_address: Some("support@acme.dev".to_owned()),
        ..MailSettings::new(Transport::Log, "no-reply@acme.dev", sample.platform, "acme.dev")
    };
    Preview::new_device_alert(&settings, &keys, &sample.info, "https://acme.dev")
        .map_err(|error| failed(&error))
}

fn shoot(browser: &Browser, page: &Path, out: &Path, name: &str) -> Outcome<()> {
    for width in WIDTHS {
        let height = browser.height(page, width)?;
        for scheme in SCHEMES {
            let picture = out.join(format!("{name}-{}-{width}.png", scheme.name));
            browser.shoot(page, &picture, (width, height), scheme)?;
        }
    }
    Ok(())
}

fn make_folder(path: &Path) -> Outcome<()> {
    fs::create_dir_all(path).map_err(|error| Failure::io("create", path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_makes_a_mail() {
        let names: Vec<&str> = samples::all().iter().map(|sample| sample.name).collect();
        assert!(names.len() > 3, "{names:?}");
        for sample in samples::all() {
            let preview = render(&sample).unwrap();
            assert!(preview.html.expose_secret().contains("Revoke this session"), "{}", sample.name);
        }
    }
}
