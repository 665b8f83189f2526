//! Environment variables of apps. Values are encrypted here on the way in and decrypted on the way out.

use std::collections::BTreeMap;

use diesel::prelude::*;
use secrecy::SecretString;
use wh_schema::rows::AppEnvVar;
use wh_schema::schema::app_env_vars;
use wh_types::{AppId, EnvKey};

use crate::engine::{Affected, Class, Executor, NotCached, Repeat, sql};
use crate::error::{Error, Result};
use crate::secrets::Place;

/// Operations on environment variables; made by [`Database::env_vars`](crate::Database::env_vars) and
/// [`Tx::env_vars`](crate::Tx::env_vars).
#[derive(Clone, Copy)]
pub struct EnvVars<'a> {
    pub(crate) executor: Executor<'a>,
}

impl EnvVars<'_> {
    /// The variables of an app by key, decrypted. One round trip.
    ///
    /// # Errors
    /// [`Error::Corrupt`], which names the variable, where no key of the ring opens a value.
    #[doc(alias = "ListAppEnvVars")]
    #[doc(alias = "AppEnvMap")]
    pub async fn list(self, app: AppId) -> Result<BTreeMap<EnvKey, SecretString>> {
        let of_app = AppEnvVar::query().filter(app_env_vars::app_id.eq(app));
        let rows = self.executor.read("env_vars.list", Class::Page, of_app).await?;
        rows.all()
            .into_iter()
            .map(|row: AppEnvVar| {
                let place = Place::env_var(app, &row.key);
                let value = self.executor.inner().open(&place, &row.value)?;
                let key = EnvKey::parse(&row.key).map_err(|invalid| place.corrupt(&invalid))?;
                Ok((key, value))
            })
            .collect()
    }

    /// Sets a variable of an app. The type of the key has checked it. Idempotent. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an app that does not exist or is deleted.
    #[doc(alias = "SetAppEnvVar")]
    pub async fn set(self, app: AppId, key: &EnvKey, value: &SecretString) -> Result<()> {
        let sealed = self.executor.inner().seal(&Place::env_var(app, key.as_str()), value)?;
        let set = sql!("env_vars/set.sql").bind(app).bind(key).bind(&sealed);
        let changed = self.executor.write("env_vars.set", NotCached, Repeat::Safe, Affected(set)).await?;
        if changed.count() == 0 { Err(Error::not_found("app")) } else { Ok(()) }
    }

    /// Deletes a variable of an app, and says whether there was one. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`]. Sent again after one that is in doubt, it answers `false` about a variable that the first call
    /// deleted.
    #[doc(alias = "DeleteAppEnvVar")]
    pub async fn delete(self, app: AppId, key: &EnvKey) -> Result<bool> {
        let variable = diesel::delete(app_env_vars::table.find((app, key)));
        let deleted =
            self.executor.write("env_vars.delete", NotCached, Repeat::Never, Affected(variable)).await?;
        Ok(deleted.count() > 0)
    }
}
