//! A composed mail. Every attempt sends the same bytes under the same Message-ID.

use std::{fmt, time::SystemTime};

use chrono::{DateTime, Utc};
use lettre::{
    Address, Message,
    address::Envelope,
    message::{
        Mailbox, MultiPart,
        header::{Date, HeaderName, HeaderValue},
    },
};
use secrecy::{ExposeSecret, SecretBox};
use wh_types::Domain;

use crate::{
    MailError, MailSettings,
    address::mailbox,
    clean::one_line,
    render::{House, Parts},
};

/// Longest display name or subject, in characters.
const MOST: usize = 120;

/// A composed mail and its envelope.
pub(crate) struct Letter {
    /// The Message-ID, in its angle brackets.
    pub(crate) id: String,
    pub(crate) subject: String,
    pub(crate) time: DateTime<Utc>,
    pub(crate) envelope: Envelope,
    /// The whole mail. It holds a token, so it is wiped when dropped.
    pub(crate) bytes: SecretBox<[u8]>,
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The sender: the parts that every mail has.
#[derive(Debug, Clone)]
pub(crate) struct Sender {
    from: Mailbox,
    reply_to: Option<Mailbox>,
    pub(crate) house: House,
}

impl Sender {
    pub(crate) fn new(settings: &MailSettings) -> Result<Self, MailError> {
        let platform = one_line(&settings.platform_name, MOST);
        if platform.is_empty() {
            let problem = "must not be empty: give the name that users know";
            return Err(MailError::setting("platform name", problem));
        }
        let domain = Domain::parse(&settings.domain).map(Domain::into_string).map_err(|_| {
            let problem = "is not a domain: write it like acme.dev, in lower case and ASCII";
            MailError::setting("platform domain", problem)
        })?;
        let from = mailbox(&settings.from, &platform).ok_or_else(|| {
            let problem =
                "is not an e-mail address: write it like no-reply@acme.dev or Acme <no-reply@acme.dev>";
            MailError::setting("from", problem)
        })?;
        let reply_to = settings.support_address.as_deref().map(|support| {
            let problem =
                "is not an e-mail address: write it like support@acme.dev or Acme <support@acme.dev>";
            mailbox(support, &platform).ok_or_else(|| MailError::setting("support address", problem))
        });
        let reply_to = reply_to.transpose()?;
        let support = reply_to.as_ref().map(|reply_to| reply_to.email.to_string());
        let house = House { platform, domain, support };
        Ok(Self { from, reply_to, house })
    }

    /// Composes a mail. `list` names the kind of mail and is a DNS label.
    pub(crate) fn write(
        &self,
        to: &Address,
        subject: &str,
        list: &str,
        time: DateTime<Utc>,
        parts: &Parts,
    ) -> Result<Letter, MailError> {
        let domain = &self.house.domain;
        let id = format!("<{}@{domain}>", uuid::Uuid::new_v4().simple());
        let subject = one_line(subject, MOST);
        let mut builder = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to.clone()))
            .subject(&subject)
            .header(Date::new(SystemTime::from(dated(time))))
            .message_id(Some(id.clone()))
            .raw_header(header(HeaderName::new_from_ascii_str("List-Id"), format!("<{list}.{domain}>")))
            .raw_header(header(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()))
            // Keeps Exchange from sending out-of-office replies.
            .raw_header(header(HeaderName::new_from_ascii_str("X-Auto-Response-Suppress"), "All".to_owned()));
        if let Some(reply_to) = &self.reply_to {
            builder = builder.reply_to(reply_to.clone());
        }
        let (text, html) = (parts.text.expose_secret().to_owned(), parts.html.expose_secret().to_owned());
        let message = builder
            .multipart(MultiPart::alternative_plain_html(text, html))
            .map_err(|_| MailError::Compose("a header is missing"))?;
        let envelope = Envelope::new(Some(self.from.email.clone()), vec![to.clone()])
            .map_err(|_| MailError::Compose("it has no recipient"))?;
        let bytes = SecretBox::new(message.formatted().into_boxed_slice());
        Ok(Letter { id, subject, time, envelope, bytes })
    }
}

fn header(name: HeaderName, value: String) -> HeaderValue {
    HeaderValue::new(name, value)
}

/// A time that a header can hold: between 1970 and the end of 9999.
fn dated(time: DateTime<Utc>) -> DateTime<Utc> {
    let end = DateTime::from_timestamp(253_402_300_799, 0).unwrap_or(DateTime::UNIX_EPOCH);
    time.clamp(DateTime::UNIX_EPOCH, end)
}
