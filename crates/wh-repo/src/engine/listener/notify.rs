//! Sending notifications.

use crate::engine::{Affected, Executor, NotCached, Repeat, sql};
use crate::error::{Error, Result};

/// Postgres takes payloads up to this size.
pub(super) const MAX_PAYLOAD_BYTES: usize = 7999;

impl Executor<'_> {
    /// Sends payloads, at most 7999 bytes each, to whoever listens to the channel: at once, or with the commit of the
    /// session's transaction. The same payload several times in one transaction arrives once. One round trip for all.
    ///
    /// # Errors
    /// [`Error::Bug`] for a payload that is too long.
    pub(crate) async fn notify(self, channel: &'static str, payloads: &[String]) -> Result<()> {
        const OPERATION: &str = "listener.notify";
        if let Some(long) = payloads.iter().find(|payload| payload.len() > MAX_PAYLOAD_BYTES) {
            let size = long.len();
            let what =
                format!("a payload for {channel} has {size} bytes, and {MAX_PAYLOAD_BYTES} are possible");
            return Err(Error::bug(OPERATION, what));
        }
        let notify = Affected(sql!("notify.sql").bind(channel).bind(payloads));
        let _sent = self.write(OPERATION, NotCached, Repeat::Safe, notify).await?;
        Ok(())
    }
}
