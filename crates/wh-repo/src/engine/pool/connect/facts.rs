//! What correctness rests on, looked at on each new connection.

use std::pin::pin;

use futures_util::future::{Either, select};
use tokio_postgres::{Client, Connection, Error, SimpleQueryMessage, SimpleQueryRow, Socket};

use super::super::settings::DatabaseSettings;
use super::super::tls::TlsStream;
use super::error::Refusal;

/// A simple query, which prepares nothing: an old pooler would stumble over that before it can be recognised.
const ASK: &str = "\
SELECT current_setting('server_encoding'), current_setting('lc_messages'), \
current_setting('default_transaction_isolation'), current_schema(), current_setting('plan_cache_mode'), \
current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout'), \
current_setting('client_connection_check_interval', true), \
quote_ident(session_user), quote_ident(current_database())";

/// How the server is set up for this connection.
#[derive(Debug, Default)]
pub(super) struct Facts {
    encoding: String,
    messages: String,
    isolation: String,
    schema: String,
    plan_mode: String,
    statement_timeout: String,
    idle_timeout: String,
    check_interval: String,
    role: String,
    database: String,
}

impl Facts {
    /// Asks on a connection that nobody drives yet. One round trip.
    pub(super) async fn ask(
        client: &Client,
        connection: &mut Connection<Socket, TlsStream>,
    ) -> Result<Self, Error> {
        let answer = match select(pin!(client.simple_query(ASK)), connection).await {
            Either::Left((answer, _)) => answer?,
            Either::Right((Err(error), _)) => return Err(error),
            // The driver has closed the connection, and tells those who wait.
            Either::Right((Ok(()), answer)) => answer.await?,
        };
        let row = answer.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        Ok(row.map(Self::read).unwrap_or_default())
    }

    fn read(row: &SimpleQueryRow) -> Self {
        let text = |at: usize| row.get(at).unwrap_or_default().to_owned();
        Self {
            encoding: text(0),
            messages: text(1),
            isolation: text(2),
            schema: text(3),
            plan_mode: text(4),
            statement_timeout: text(5),
            idle_timeout: text(6),
            check_interval: text(7),
            role: text(8),
            database: text(9),
        }
    }

    /// Refuses a server whose answers would be wrong.
    pub(super) fn judge(&self) -> Result<(), Refusal> {
        let Self { encoding, messages, isolation, schema, role, database, .. } = self;
        let unfit = |problem: String, remedy: String| Err(Refusal::Unfit { problem, remedy });
        if encoding != "UTF8" {
            return unfit(
                format!("its encoding is {encoding}, which does not hold every text"),
                format!(
                    "Make a UTF-8 database and copy the data: CREATE DATABASE new_name ENCODING 'UTF8' \
                     LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' TEMPLATE template0; then pg_dump {database} | psql new_name"
                ),
            );
        }
        if !is_english(messages) {
            return unfit(
                format!(
                    "its messages are not in English (lc_messages is {messages}), and some failures are told apart by their text"
                ),
                format!("As a superuser: ALTER ROLE {role} SET lc_messages = 'C'"),
            );
        }
        if isolation != "read committed" {
            return unfit(
                format!(
                    "transactions are {isolation} by default, and limits are kept by statements that have to be read committed"
                ),
                format!("ALTER ROLE {role} SET default_transaction_isolation = 'read committed'"),
            );
        }
        if !matches!(schema.as_str(), "public" | "") {
            return unfit(
                format!("search_path leads to the schema {schema}, and the tables are in public"),
                format!("ALTER ROLE {role} SET search_path = public"),
            );
        }
        Ok(())
    }

    /// Statements that make a pooler's role as a connection past the pooler would be. Nothing breaks without them.
    pub(super) fn missing(&self, settings: &DatabaseSettings) -> Vec<String> {
        let set = |setting: &str, value: &str| format!("ALTER ROLE {} SET {setting} = '{value}'", self.role);
        let mut missing = Vec::new();
        if self.plan_mode != "force_generic_plan" {
            missing.push(set("plan_cache_mode", "force_generic_plan"));
        }
        for (setting, now, wanted) in [
            ("statement_timeout", &self.statement_timeout, settings.statement_timeout),
            ("idle_in_transaction_session_timeout", &self.idle_timeout, settings.idle_in_transaction_timeout),
            (
                "client_connection_check_interval",
                &self.check_interval,
                settings.client_connection_check_interval,
            ),
        ] {
            if now == "0" && !wanted.is_zero() {
                missing.push(set(setting, &format!("{}ms", wanted.as_millis())));
            }
        }
        missing
    }
}

/// True for the locales in which the server speaks English. An empty one is that of the server's environment.
fn is_english(locale: &str) -> bool {
    let language = locale.split(['.', '@']).next().unwrap_or_default();
    matches!(language, "" | "C" | "POSIX" | "en")
        || language.starts_with("en_")
        || language.starts_with("English")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locales_that_speak_english() {
        for locale in ["C", "POSIX", "C.UTF-8", "C.utf8", "en_US.UTF-8", "en_GB", "en_DK.utf8@euro", ""] {
            assert!(is_english(locale), "{locale}");
        }
        assert!(is_english("English_United States.1252"));
        for locale in ["de_DE.UTF-8", "fr_FR", "Czech", "ca_ES", "eo", "eng", "C_x", "POSIXLY"] {
            assert!(!is_english(locale), "{locale}");
        }
    }
}
