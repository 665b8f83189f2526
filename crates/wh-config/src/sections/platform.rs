use super::section;
use crate::reader::Reader;

section! {
    /// The platform as its users see it.
    Platform at "platform" {
        /// Domain of the platform; no user may claim a host name under it.
        domain: String, required "acme.dev";
        /// Name of the platform in mails and titles.
        name: String, default "WiseHosting";
        /// Address that users write to for help.
        support_address: Option<String>, optional "support@acme.dev";
    }
}

impl Platform {
    pub(crate) fn check(&self, reader: &mut Reader<'_>) {
        let label = |label: &str| {
            let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            (1..=63).contains(&label.len())
                && label.chars().all(allowed)
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if self.domain.len() > 253 || !self.domain.split('.').all(label) {
            let problem = format!(
                "{:?} is not a domain: write one like acme.dev, in lower case",
                crate::error::shown(&self.domain)
            );
            reader.refuse("platform.domain", problem);
        }
        if let Some(address) = &self.support_address {
            let parts = address.split_once('@');
            if parts.is_none_or(|(name, host)| name.is_empty() || host.is_empty() || host.contains('@')) {
                let problem = format!(
                    "{:?} is not an address: write one like support@acme.dev",
                    crate::error::shown(address)
                );
                reader.refuse("platform.support_address", problem);
            }
        }
    }
}
