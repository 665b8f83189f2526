//! Making a link, and finding out whether the server does all that the cache needs.

use std::time::Duration;

use fred::{
    clients::Client,
    error::Error,
    interfaces::{ClientLike, EventInterface, KeysInterface, LuaInterface, PubsubInterface},
    types::{Builder, InfoKind, Message, Value, config::TcpConfig},
};
use tokio::sync::broadcast;

use super::{
    Shared,
    keys::Keys,
    link::{Connected, Link},
    scripts,
};

/// Evictions of others that may wait to be heard; if there are more, everything has to go.
const MESSAGES: usize = 4096;

/// A link, and what it hears.
pub(super) struct Fresh {
    pub(super) link: Link,
    pub(super) messages: broadcast::Receiver<Message>,
}

/// Connects and tries everything out. The caller limits the time; dropping this leaves nothing behind.
pub(super) async fn connect(shared: &Shared, patience: Duration) -> Result<Fresh, Error> {
    let (commands, listener) = (client(shared, patience)?, client(shared, patience)?);
    let messages = listener.message_rx();
    let (commands, listener) =
        tokio::try_join!(Box::pin(Connected::open(commands)), Box::pin(Connected::open(listener)))?;
    commands.client.ping::<Value>(None).await?;
    listener.client.subscribe(shared.channel.as_str()).await?;
    let keys = Keys::new(&shared.settings.installation.prefix(), run(&commands).await.as_deref());
    try_out(shared, &commands, &keys).await?;
    let link = Link::new(commands, listener, keys, shared.settings.command_timeout);
    Ok(Fresh { link, messages })
}

/// A client that does nothing of its own accord: no second attempt, no reconnection.
fn client(shared: &Shared, patience: Duration) -> Result<Client, Error> {
    Builder::from_config(shared.config.clone())
        .with_connection_config(|connection| {
            connection.connection_timeout = patience;
            connection.internal_command_timeout = patience;
            connection.max_command_attempts = 1;
            connection.tcp = TcpConfig { nodelay: Some(true), ..TcpConfig::default() };
        })
        .with_performance_config(|performance| performance.broadcast_channel_capacity = MESSAGES)
        .build()
}

/// The name of the server's present run. A cluster has many, and one is not told which server an answer came from.
async fn run(commands: &Connected) -> Option<String> {
    if commands.client.is_clustered() {
        return None;
    }
    // A user may not be allowed to ask.
    let info: String = commands.client.info(Some(InfoKind::Server)).await.ok()?;
    info.lines().find_map(|line| line.strip_prefix("run_id:")).map(|run| run.trim().to_owned())
}

/// A replica that refuses to write and a user that may not delete are found out here, and not by a caller.
async fn try_out(shared: &Shared, commands: &Connected, keys: &Keys) -> Result<(), Error> {
    let client = &commands.client;
    let probe = format!("probe:{}", shared.origin);
    let names = vec![keys.value(&probe), keys.token(&probe)];
    let arguments: Vec<Value> = vec![
        "1".into(),
        1000_i64.into(),
        shared.channel.as_str().into(),
        format!("{}[]", shared.origin).into(),
    ];
    let written = client.eval::<Value, _, _, _>(scripts::WRITE, names.clone(), arguments).await;
    // A server without room still reads and deletes.
    if let Err(error) = written
        && !error.details().contains("OOM")
    {
        return Err(error);
    }
    client.unlink::<Value, _>(names).await?;
    client.publish::<Value, _, _>(shared.channel.as_str(), format!("{}[]", shared.origin)).await?;
    if !client.is_clustered() {
        client.scan_page::<Value, _, _>("0", "wh-probe", Some(1), None).await?;
    }
    Ok(())
}
