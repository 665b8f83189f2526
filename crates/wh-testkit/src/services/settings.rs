//! The settings of the example services.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use tokio_postgres::config::Host;

/// An address of this machine at which nobody listens. Somebody else may take it before its user does.
///
/// # Errors
/// Where there is none.
pub fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

/// The environment of the API service on this database.
///
/// # Errors
/// For a URL that is none, or names no host.
pub fn api_variables(
    database_url: &str,
    listen: SocketAddr,
    secret: &str,
    internal_token: &str,
) -> io::Result<Vec<(String, String)>> {
    let config: tokio_postgres::Config = database_url.parse().map_err(io::Error::other)?;
    let (host, port) = (config.get_hosts().first(), config.get_ports().first().unwrap_or(&5432));
    let Some(Host::Tcp(host)) = host else { return Err(io::Error::other("the database has no host")) };
    let password = String::from_utf8_lossy(config.get_password().unwrap_or_default());
    let variables = [
        ("WH_DATABASE__HOST", host.clone()),
        ("WH_DATABASE__PORT", port.to_string()),
        ("WH_DATABASE__USER", config.get_user().unwrap_or_default().to_owned()),
        ("WH_DATABASE__PASSWORD", password.into_owned()),
        ("WH_DATABASE__NAME", config.get_dbname().unwrap_or_default().to_owned()),
        ("WH_API_SERVER__HOST", listen.ip().to_string()),
        ("WH_API_SERVER__PORT", listen.port().to_string()),
        ("WH_API_SERVER__SECRET", secret.to_owned()),
        ("WH_SECURITY__INTERNAL_API_TOKEN", internal_token.to_owned()),
        ("WH_CONTAINER__PORT_RANGE_START", "30000".to_owned()),
        ("WH_CONTAINER__PORT_RANGE_END", "31000".to_owned()),
        ("WH_PLATFORM__DOMAIN", "acme.dev".to_owned()),
    ];
    Ok(variables.map(|(name, value)| (name.to_owned(), value)).to_vec())
}

/// The environment of a worker: the control plane's address, and who it is. Nothing of the database.
#[must_use]
pub fn worker_variables(
    control_plane: SocketAddr,
    name: &str,
    api_key: &str,
    state: &str,
) -> Vec<(String, String)> {
    let variables = [
        ("WH_WORKER__NAME", name.to_owned()),
        ("WH_WORKER__API_KEY", api_key.to_owned()),
        ("WH_WORKER__CONTROL_PLANE_URL", format!("http://{control_plane}")),
        ("STATE_DIRECTORY", state.to_owned()),
    ];
    variables.map(|(name, value)| (name.to_owned(), value)).to_vec()
}
