//! The two parts of a mail, from templates that the compiler checks.

use askama::Template;
use secrecy::{ExposeSecret, SecretString};

use crate::{MailError, new_device::Facts};

/// Facts about the sender that every mail shows.
#[derive(Debug, Clone)]
pub(crate) struct House {
    pub(crate) platform: String,
    pub(crate) domain: String,
    pub(crate) support: Option<String>,
}

/// Both parts. They hold the link, so they are secrets.
pub(crate) struct Parts {
    pub(crate) text: SecretString,
    pub(crate) html: SecretString,
}

#[derive(Template)]
#[template(path = "new_device.html")]
struct Html<'a> {
    house: &'a House,
    account: &'a str,
    facts: &'a Facts,
    link: &'a str,
}

#[derive(Template)]
#[template(path = "new_device.txt")]
struct Text<'a> {
    house: &'a House,
    account: &'a str,
    facts: &'a Facts,
    link: &'a str,
}

/// The new-device alert (`newDeviceHTML`) for the account that goes by this address.
pub(crate) fn new_device(
    house: &House,
    account: &str,
    facts: &Facts,
    link: &SecretString,
) -> Result<Parts, MailError> {
    let link = link.expose_secret();
    let fault = |_| MailError::Compose("a template failed");
    let html = Html { house, account, facts, link }.render().map_err(fault)?;
    let text = Text { house, account, facts, link }.render().map_err(fault)?;
    Ok(Parts { text: text.into(), html: html.into() })
}
