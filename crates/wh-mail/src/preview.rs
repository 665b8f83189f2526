//! Mails that are shown in place of being sent.

use secrecy::{ExposeSecret, SecretString};
use wh_crypto::KeyRing;

use crate::{
    MailError, MailSettings, NewDeviceInfo,
    address::address,
    letter::{Letter, Sender},
    link::revoke_link,
    new_device::Facts,
    render::{Parts, new_device},
};

/// A mail as it would be sent. It holds a valid link, so it is a secret.
#[derive(Debug)]
pub struct Preview {
    /// The text part.
    pub text: SecretString,
    /// The HTML part.
    pub html: SecretString,
    /// The whole mail, as in an `.eml` file.
    pub mail: SecretString,
}

impl Preview {
    /// The alert about a sign-in from a new device (`newDeviceHTML`).
    ///
    /// # Errors
    /// As [`Mailer::send_new_device_alert`](crate::Mailer::send_new_device_alert), but for the queue.
    pub fn new_device_alert(
        settings: &MailSettings,
        keys: &KeyRing,
        info: &NewDeviceInfo,
        base_url: &str,
    ) -> Result<Self, MailError> {
        let (letter, Parts { text, html }) = compose(&Sender::new(settings)?, keys, info, base_url)?;
        let mail = String::from_utf8_lossy(letter.bytes.expose_secret()).into_owned();
        Ok(Self { text, html, mail: mail.into() })
    }
}

/// Composes the new-device alert.
pub(crate) fn compose(
    sender: &Sender,
    keys: &KeyRing,
    info: &NewDeviceInfo,
    base_url: &str,
) -> Result<(Letter, Parts), MailError> {
    let to = address(&info.user_email).ok_or(MailError::Recipient)?;
    let link = revoke_link(info, base_url, keys)?;
    let parts = new_device(&sender.house, to.as_ref(), &Facts::of(info), &link)?;
    let subject = format!("New sign-in to your {} account", sender.house.platform);
    Ok((sender.write(&to, &subject, "sign-in-alerts", info.time, &parts)?, parts))
}
