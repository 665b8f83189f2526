//! The task that keeps the listening connection.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use futures_util::StreamExt;
use tokio::time::{Instant, sleep, timeout};

use super::backoff::Backoff;
use super::channels::Channels;
use crate::engine::pool::Connector;

/// Silence after which the server is asked whether it is still there.
const SILENCE: Duration = Duration::from_secs(2);

/// How long it may take to answer. A connection can be dead without a word: a firewall forgot it, the machine is gone.
const PATIENCE: Duration = Duration::from_secs(3);

/// Listens for as long as anybody wants to hear, over as many connections as that takes.
pub(super) async fn run(channels: Arc<Channels>, connector: Connector) {
    let mut backoff = Backoff::default();
    let mut troubled = false;
    loop {
        while channels.wanted().is_empty() {
            channels.changed().await;
        }
        let begun = Instant::now();
        let lost = listen(&channels, &connector, &mut troubled).await;
        channels.down();
        backoff.lived(begun.elapsed());
        let Err(reason) = lost else { continue };
        let wait = backoff.next();
        if troubled {
            tracing::debug!(%reason, ?wait, "still no notifications from Postgres");
        } else {
            tracing::warn!(%reason, ?wait, "no notifications from Postgres for now: polling goes on");
        }
        troubled = true;
        sleep(wait).await;
    }
}

/// Connects and listens until nobody wants to hear any more, or says why it cannot go on.
async fn listen(channels: &Channels, connector: &Connector, troubled: &mut bool) -> Result<(), String> {
    let mut connection = connector.connect().await.map_err(|error| error.to_string())?;
    let mut heard = BTreeSet::new();
    loop {
        let wanted = channels.wanted();
        if wanted.is_empty() {
            return Ok(());
        }
        for channel in wanted {
            if heard.insert(channel) {
                ask(&connection, &format!("LISTEN \"{channel}\"")).await?;
                channels.up(channel);
            }
        }
        if std::mem::take(troubled) {
            tracing::info!("notifications from Postgres arrive again");
        }
        tokio::select! {
            message = next(&mut connection) => {
                let (channel, payload) = message?;
                channels.deliver(&channel, &payload);
            }
            () = channels.changed() => {}
            () = sleep(SILENCE) => ask(&connection, "").await?,
        }
    }
}

/// The next notification: its channel and its payload.
async fn next(connection: &mut AsyncPgConnection) -> Result<(String, String), String> {
    match pin!(connection.notifications_stream()).next().await {
        Some(Ok(notification)) => Ok((notification.channel, notification.payload)),
        Some(Err(error)) => Err(error.to_string()),
        None => Err("the server closed the connection".to_owned()),
    }
}

async fn ask(mut connection: &AsyncPgConnection, statement: &str) -> Result<(), String> {
    match timeout(PATIENCE, connection.batch_execute(statement)).await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(_) => Err(format!("the server has not answered for {} s", PATIENCE.as_secs())),
    }
}
