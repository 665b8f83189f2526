//! The way of a secret between its caller and its column.

use std::fmt::Display;

use secrecy::SecretString;
use wh_types::{AppId, Ciphertext, GitProvider, JobId, UserId, WebhookId};

use crate::engine::Inner;
use crate::error::{Error, Result};

/// Where a secret is stored. The key ring may bind a ciphertext to it, and the error that a secret cannot be read names
/// it; so each kind of secret has its place defined here, once.
pub(crate) struct Place {
    table: &'static str,
    column: &'static str,
    row: String,
}

impl Place {
    /// The value of an environment variable.
    pub(crate) fn env_var(app: AppId, key: &str) -> Self {
        Self { table: "app_env_vars", column: "value", row: format!("{app}/{key}") }
    }

    /// The payload of a job.
    pub(crate) fn job_payload(job: JobId) -> Self {
        Self { table: "jobs", column: "payload", row: job.to_string() }
    }

    /// The access token of a linked Git account.
    pub(crate) fn git_token(user: UserId, provider: GitProvider) -> Self {
        Self { table: "git_provider_tokens", column: "access_token", row: format!("{user}/{provider}") }
    }

    /// The shared secret of a user's second factor.
    pub(crate) fn totp_secret(user: UserId) -> Self {
        Self { table: "users", column: "totp_secret", row: user.to_string() }
    }

    /// What signs the deliveries of a webhook.
    pub(crate) fn webhook_secret(webhook: WebhookId) -> Self {
        Self { table: "webhooks", column: "secret", row: webhook.to_string() }
    }

    /// Says that what is stored here cannot be read.
    pub(crate) fn corrupt(&self, reason: &dyn Display) -> Error {
        let Self { table, column, row } = self;
        Error::Corrupt { table, column, row: row.clone(), reason: reason.to_string() }
    }

    fn bound(&self) -> wh_crypto::Place<'static> {
        wh_crypto::Place::new(self.table, self.column, &self.row)
    }
}

impl Inner {
    /// Encrypts with the current key. Empty stays empty.
    pub(crate) fn seal(&self, place: &Place, plain: &SecretString) -> Result<Ciphertext> {
        self.keys
            .encrypt_at(&place.bound(), plain)
            .map(Ciphertext::new)
            .map_err(|error| Error::bug("seal", format!("a secret cannot be encrypted: {error}")))
    }

    /// Decrypts with whichever key of the ring opens it.
    pub(crate) fn open(&self, place: &Place, stored: &Ciphertext) -> Result<SecretString> {
        self.keys.decrypt_at(&place.bound(), stored.as_stored()).map_err(|error| place.corrupt(&error))
    }
}
