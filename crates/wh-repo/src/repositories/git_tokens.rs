//! Git accounts that users have linked. Tokens are encrypted here on the way in and decrypted on the way out.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use secrecy::{ExposeSecret, SecretString};
use wh_schema::rows::GitProviderToken;
use wh_schema::schema::git_provider_tokens as tokens;
use wh_types::{GitProvider, UserId};

use crate::engine::{Affected, Class, Executor, NotCached, Repeat, sql};
use crate::error::{Error, Result};
use crate::secrets::Place;
use crate::text::check;

/// Operations on linked Git accounts; made by [`Database::git_tokens`](crate::Database::git_tokens) and
/// [`Tx::git_tokens`](crate::Tx::git_tokens).
#[derive(Clone, Copy)]
pub struct GitTokens<'a> {
    pub(crate) executor: Executor<'a>,
}

/// A linked account with its token opened. `Debug` does not show the token.
#[derive(Clone, Debug)]
pub struct GitToken {
    /// The name of the account at the provider.
    pub username: String,
    /// The OAuth access token.
    pub token: SecretString,
}

/// A linked account, without its token: what its user is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedProvider {
    /// Where the account is.
    pub provider: GitProvider,
    /// Its name there.
    pub username: String,
    /// When it was linked first.
    pub linked_at: DateTime<Utc>,
}

impl GitTokens<'_> {
    /// Links an account, or replaces the one that was linked at this provider. Idempotent. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a user who does not exist; [`Error::Invalid`] for a name of more than 255 characters or an
    /// empty token.
    #[doc(alias = "UpsertGitToken")]
    pub async fn upsert(
        self,
        user: UserId,
        provider: GitProvider,
        username: &str,
        token: &SecretString,
    ) -> Result<()> {
        check("username", username, 0, 255)?;
        if token.expose_secret().is_empty() {
            return Err(Error::invalid("access_token", "it is empty: delete the account instead"));
        }
        let sealed = self.executor.inner().seal(&Place::git_token(user, provider), token)?;
        let upsert = sql!("git_tokens/upsert.sql").bind(user).bind(provider).bind(username).bind(&sealed);
        let changed =
            self.executor.write("git_tokens.upsert", NotCached, Repeat::Safe, Affected(upsert)).await?;
        if changed.count() == 0 { Err(Error::not_found("user")) } else { Ok(()) }
    }

    /// The account of a user at a provider with its token, decrypted. One round trip.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if no key of the ring opens the token.
    #[doc(alias = "GetGitToken")]
    pub async fn find(self, user: UserId, provider: GitProvider) -> Result<Option<GitToken>> {
        let find =
            GitProviderToken::query().filter(tokens::user_id.eq(user)).filter(tokens::provider.eq(provider));
        let row = self.executor.read("git_tokens.find", Class::Key, find).await?.first();
        row.map(|row: GitProviderToken| {
            let token = self.executor.inner().open(&Place::git_token(user, provider), &row.access_token)?;
            Ok(GitToken { username: row.username, token })
        })
        .transpose()
    }

    /// The accounts of a user by provider, at most one each, without their tokens. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "ListGitTokens")]
    pub async fn list(self, user: UserId) -> Result<Vec<LinkedProvider>> {
        let list = tokens::table.filter(tokens::user_id.eq(user)).order(tokens::provider).select((
            tokens::provider,
            tokens::username,
            tokens::created_at,
        ));
        let rows: Vec<(GitProvider, String, DateTime<Utc>)> =
            self.executor.read("git_tokens.list", Class::Page, list).await?.all();
        let linked = |(provider, username, linked_at)| LinkedProvider { provider, username, linked_at };
        Ok(rows.into_iter().map(linked).collect())
    }

    /// Unlinks an account and forgets its token. Returns whether there was one. One round trip.
    ///
    /// Not sent again by itself: if the answer is lost, the same call again is safe and returns false.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "DeleteGitToken")]
    pub async fn delete(self, user: UserId, provider: GitProvider) -> Result<bool> {
        let account = tokens::table.filter(tokens::user_id.eq(user)).filter(tokens::provider.eq(provider));
        let delete = Affected(diesel::delete(account));
        let deleted = self.executor.write("git_tokens.delete", NotCached, Repeat::Never, delete).await?;
        Ok(deleted.count() > 0)
    }
}
