//! What the driver is told: the parts of the connection string and of the settings.

use std::fmt::Write as _;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::SslMode as DriverMode;

use super::super::dsn::SslMode;
use super::super::settings::DatabaseSettings;

/// What the driver assumes if the connection string says nothing.
const DRIVERS_KEEPALIVE: Duration = Duration::from_hours(2);

/// Everything of a connection string but its hosts, completed by the settings.
pub(super) fn template(given: &Config, settings: &DatabaseSettings, mode: SslMode) -> Config {
    let mut driver = Config::new();
    if let Some(user) = given.get_user() {
        driver.user(user);
    }
    if let Some(password) = given.get_password() {
        driver.password(password);
    }
    if let Some(database) = given.get_dbname() {
        driver.dbname(database);
    }
    driver
        .application_name(given.get_application_name().unwrap_or(&settings.application_name))
        .ssl_mode(match mode {
            SslMode::Disable => DriverMode::Disable,
            SslMode::Prefer => DriverMode::Prefer,
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => DriverMode::Require,
        })
        .ssl_negotiation(given.get_ssl_negotiation())
        .channel_binding(given.get_channel_binding())
        .target_session_attrs(given.get_target_session_attrs())
        .connect_timeout(patience(given, settings));
    keep_alive(&mut driver, given, settings);
    if !settings.pgbouncer {
        driver.options(start_up(settings, given.get_options()));
    }
    driver
}

/// The longest wait for one address.
pub(super) fn patience(given: &Config, settings: &DatabaseSettings) -> Duration {
    given.get_connect_timeout().copied().unwrap_or(settings.connect_timeout)
}

fn keep_alive(driver: &mut Config, given: &Config, settings: &DatabaseSettings) {
    let user_timeout = given.get_tcp_user_timeout().copied().unwrap_or(settings.tcp_user_timeout);
    let idle = match given.get_keepalives_idle() {
        DRIVERS_KEEPALIVE => settings.keepalives_idle,
        given => given,
    };
    driver
        .keepalives(given.get_keepalives())
        .keepalives_idle(idle)
        .keepalives_interval(given.get_keepalives_interval().unwrap_or(settings.keepalives_interval))
        .keepalives_retries(given.get_keepalives_retries().unwrap_or(settings.keepalives_retries));
    if !user_timeout.is_zero() {
        driver.tcp_user_timeout(user_timeout);
    }
}

/// Settings that travel in the start-up packet, where they cost nothing. `options` of the connection string stand over the
/// time-outs, and under whatever the statements rest on.
///
/// One plan per statement, whatever the values: with a plan for the values at hand, a list of somebody who has much is read
/// by walking everybody's rows, since the planner expects to come across enough of theirs soon.
fn start_up(settings: &DatabaseSettings, given: Option<&str>) -> String {
    let mut options = format!(
        "-c plan_cache_mode=force_generic_plan -c statement_timeout={} -c idle_in_transaction_session_timeout={}",
        settings.statement_timeout.as_millis(),
        settings.idle_in_transaction_timeout.as_millis(),
    );
    if !settings.client_connection_check_interval.is_zero() {
        let interval = settings.client_connection_check_interval.as_millis();
        let _ = write!(options, " -c client_connection_check_interval={interval}");
    }
    if let Some(given) = given {
        let _ = write!(options, " {given}");
    }
    // A blank inside a value is escaped with a backslash.
    options.push_str(" -c search_path=public -c default_transaction_isolation=read\\ committed");
    options
}
