//! Environment variables of apps. Values are encrypted here on the way in and decrypted on the way out.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use secrecy::SecretString;
use wh_schema::rows::AppEnvVar;
use wh_schema::schema::app_env_vars;
use wh_types::{AppId, EnvKey};

use crate::engine::Executor;
use crate::engine::prepared;
use crate::error::{Error, Result};
use crate::secrets::Place;

/// Operations on environment variables; made by [`Database::env_vars`](crate::Database::env_vars) and
/// [`Tx::env_vars`](crate::Tx::env_vars).
#[derive(Clone, Copy)]
pub struct EnvVars<'a> {
    pub(crate) executor: Executor<'a>,
}

/// Finds the app first, so that a missing one is no broken foreign key.
const SET: &str = "\
INSERT INTO app_env_vars (app_id, key, value) SELECT id, $2, $3 FROM apps WHERE id = $1 AND deleted_at IS NULL \
ON CONFLICT (app_id, key) DO UPDATE SET value = excluded.value, updated_at = wh_now()";

impl EnvVars<'_> {
    /// The variables of an app by key, decrypted (`ListAppEnvVars`, `AppEnvMap`). One round trip.
    ///
    /// # Errors
    /// [`Error::Corrupt`], which names the variable, where no key of the ring opens a value.
    pub async fn list(self, app: AppId) -> Result<BTreeMap<EnvKey, SecretString>> {
        let rows: Vec<AppEnvVar> = self
            .executor
            .run("env_vars.list", |mut conn| {
                AppEnvVar::query().filter(app_env_vars::app_id.eq(app)).load(&mut conn).boxed()
            })
            .await?;
        rows.into_iter()
            .map(|row| {
                let place = Place::env_var(app, &row.key);
                let value = self.executor.inner().open(&place, &row.value)?;
                let key = EnvKey::parse(&row.key).map_err(|invalid| place.corrupt(&invalid))?;
                Ok((key, value))
            })
            .collect()
    }

    /// Sets a variable of an app (`SetAppEnvVar`); the key has been checked by its type (`ValidEnvKey`). Safe to send
    /// again. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an app that does not exist or is deleted.
    pub async fn set(self, app: AppId, key: &EnvKey, value: &SecretString) -> Result<()> {
        let sealed = self.executor.inner().seal(&Place::env_var(app, key.as_str()), value)?;
        let changed = self
            .executor
            .run("env_vars.set", |mut conn| {
                prepared(sql_query(SET).bind::<BigInt, _>(app).bind::<Text, _>(key).bind::<Text, _>(&sealed))
                    .execute(&mut conn)
            })
            .await?;
        if changed == 0 { Err(Error::not_found("app")) } else { Ok(()) }
    }

    /// Deletes a variable of an app (`DeleteAppEnvVar`), and says whether there was one. Safe to send again:
    /// after a lost answer it says no, because it did so before. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn delete(self, app: AppId, key: &EnvKey) -> Result<bool> {
        let deleted = self
            .executor
            .run("env_vars.delete", |mut conn| {
                diesel::delete(app_env_vars::table.find((app, key))).execute(&mut conn)
            })
            .await?;
        Ok(deleted > 0)
    }
}
