use std::time::Duration;

use secrecy::SecretString;

use super::section;
use crate::StoredForm;
use crate::reader::Reader;
use crate::setting::{HttpUrl, Setting};

section! {
    /// Sessions, second factors, and what is stored of secrets.
    Security at "security" {
        /// Token that services of the platform show each other.
        internal_api_token: Option<SecretString>, optional "change-me", credential "internal_api_token";
        /// Origins from which browsers may call the API.
        allowed_origins: Vec<String>, optional "[https://panel.acme.dev]";
        /// Idle time after which a session ends.
        session_lifetime: Duration, default "30d";
        /// Name of the platform in authenticator apps.
        two_factor_issuer: String, default "WiseHosting";
        /// Form in which secrets are written: v1, which the original reads too, or v2, bound to their row.
        stored_form: StoredForm, default "v1";
        /// True once nothing unencrypted is left in the database: plain values are refused from then on.
        refuse_unencrypted: bool, default "false";
    }
}

impl Security {
    pub(crate) fn check(&self, reader: &mut Reader<'_>) {
        let wrong = |origin: &&String| {
            let host = HttpUrl::read(origin).ok();
            let slashes = origin.matches('/').count();
            host.is_none() || slashes != 2
        };
        if let Some(origin) = self.allowed_origins.iter().find(wrong) {
            let origin = crate::error::shown(origin);
            let problem = format!(
                "{origin:?} is not an origin: write scheme, host and port only, like https://panel.acme.dev"
            );
            reader.refuse("security.allowed_origins", problem);
        }
    }
}
