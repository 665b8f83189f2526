use std::time::Duration;

use secrecy::SecretString;
use wh_types::StoredForm;

use super::section;
use crate::shape::Shape;

section! {
    /// Sessions, second factors, and how secrets are stored.
    Security at "security" {
        /// Token by which services of the platform authenticate to each other.
        internal_api_token: Option<SecretString>, optional "change-me", credential "internal_api_token";
        /// Origins from which browsers may call the API, as browsers send them: scheme, host in lower case,
        /// port unless it is the scheme's own.
        allowed_origins: Vec<String> as Shape::Origin, optional "[https://panel.acme.dev]";
        /// Idle time after which a session ends.
        session_lifetime: Duration, default "30d";
        /// Name of the platform in authenticator apps.
        two_factor_issuer: String as Shape::Text { max: 120 }, default "WiseHosting";
        /// Form in which secrets are written: v1, which the original reads too, or v2, bound to their row.
        stored_form: StoredForm, default "v1";
        /// True once nothing unencrypted is left in the database: plain values are refused from then on.
        refuse_unencrypted: bool, default "false";
    }
}
