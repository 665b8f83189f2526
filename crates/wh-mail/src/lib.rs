#![doc = include_str!("../README.md")]

mod address;
mod backoff;
mod clean;
mod delivery;
mod development;
mod error;
mod letter;
mod link;
mod mailer;
mod moment;
mod new_device;
mod outcome;
mod preview;
mod render;
mod settings;
mod smtp;
mod tally;
mod unlinked;

pub use error::MailError;
pub use mailer::Mailer;
pub use new_device::NewDeviceInfo;
pub use outcome::{Cause, Drained, Outcome, Receipt, Step};
pub use preview::Preview;
pub use settings::{MailSettings, Retry, SmtpSettings, Transport};
pub use wh_types::SmtpTls;
