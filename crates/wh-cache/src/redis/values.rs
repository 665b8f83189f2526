//! Values in Redis.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use fred::{interfaces::LuaInterface, types::Value};
use tokio::runtime::Handle;
use uuid::Uuid;

use super::{
    Batch, RedisTier,
    link::{Link, Trouble},
    scripts,
};
use crate::{
    eviction::Eviction,
    observe::{self, Operation},
    process::{Body, END},
};

/// The right to store what is loaded now, until an eviction takes it away.
pub(crate) struct Lease(String);

/// What reading gave.
pub(crate) enum Found {
    /// A body, and how long it has left to live, if that is limited.
    Body(Body, Option<Duration>),
    /// No value, but the right to store one.
    Lease(Lease),
    /// Something that is no value.
    Corrupt,
    /// No value. What is loaded now is not stored on the server.
    Nothing,
}

impl RedisTier {
    /// What the server has of a key; where it has nothing, a lease if one is wanted.
    pub(crate) async fn read(&self, key: &str, lease: bool) -> Found {
        let believed = self.shared.link().filter(|link| link.is_trusted());
        let Some(link) = believed.filter(|_| !self.shared.outbox.covers(key)) else {
            return Found::Nothing;
        };
        let token = if lease { Uuid::new_v4().simple().to_string() } else { String::new() };
        let life = milliseconds(self.shared.settings.longest_load);
        let begin = Instant::now();
        let answer = evaluate(&link, scripts::READ, key, vec![token.into(), life.into()]).await;
        observe::redis_answered(Operation::Read, begin.elapsed());
        match answer {
            Ok(Value::Array(parts)) => found(parts),
            // Somebody else's value in our place.
            Err(Trouble::WrongType) => Found::Corrupt,
            Ok(_) | Err(_) => Found::Nothing,
        }
    }

    /// Stores what was loaded under a lease. False if the lease is gone, which means that it is stale.
    pub(crate) async fn store(&self, key: &str, body: &Body, life: Duration, lease: Lease) -> bool {
        let Some(link) = self.shared.link() else {
            return true;
        };
        let arguments = vec![lease.0.into(), to_stored(body).into(), milliseconds(life).into()];
        let begin = Instant::now();
        let answer = evaluate(&link, scripts::STORE, key, arguments).await;
        observe::redis_answered(Operation::Store, begin.elapsed());
        !matches!(answer, Ok(Value::Integer(0)))
    }

    /// Stores whatever was there before, and lets the other processes forget it. It was announced as an eviction, and becomes one
    /// if the server cannot do it or the caller goes away: deleting late is never wrong, but writing late may be.
    pub(crate) async fn write(self: &Arc<Self>, key: &str, body: &Body, life: Duration, announced: Batch) {
        let mut promise = Promise { tier: Arc::clone(self), announced: Some(announced) };
        let Some(link) = self.shared.link() else {
            return;
        };
        let eviction = Eviction::Key(key.to_owned());
        let mut messages = Eviction::pack(std::slice::from_ref(&eviction), usize::MAX);
        let message = format!("{}{}", self.shared.origin, messages.pop().unwrap_or_default());
        let arguments: Vec<Value> = vec![
            to_stored(body).into(),
            milliseconds(life).into(),
            self.shared.channel.as_str().into(),
            message.into(),
        ];
        let begin = Instant::now();
        let answer = evaluate(&link, scripts::WRITE, key, arguments).await;
        observe::redis_answered(Operation::Write, begin.elapsed());
        if matches!(answer, Ok(_) | Err(Trouble::Full))
            && let Some(announced) = promise.announced.take()
        {
            self.shared.outbox.confirm(&announced);
        }
    }
}

/// What was announced and not done is carried out as an eviction.
struct Promise {
    tier: Arc<RedisTier>,
    announced: Option<Batch>,
}

impl Drop for Promise {
    fn drop(&mut self) {
        if let (Some(announced), Ok(runtime)) = (self.announced.take(), Handle::try_current()) {
            let tier = Arc::clone(&self.tier);
            runtime.spawn(async move { tier.deliver(&announced).await });
        }
    }
}

async fn evaluate(
    link: &Link,
    script: &'static str,
    key: &str,
    arguments: Vec<Value>,
) -> Result<Value, Trouble> {
    let names = vec![link.keys.value(key), link.keys.token(key)];
    link.run(link.commands.client.eval(script, names, arguments)).await
}

/// Reads the answer of [`scripts::READ`].
fn found(parts: Vec<Value>) -> Found {
    let mut parts = parts.into_iter();
    match (parts.next(), parts.next()) {
        (Some(value), Some(left)) => {
            let left = left.as_i64().and_then(|left| u64::try_from(left).ok()).map(Duration::from_millis);
            let body = value.into_bytes().and_then(from_stored);
            body.map_or(Found::Corrupt, |body| Found::Body(body, left))
        }
        (Some(token), None) => token
            .as_string()
            .filter(|token| Uuid::try_parse(token).is_ok())
            .map_or(Found::Corrupt, |token| Found::Lease(Lease(token))),
        (None, _) => Found::Nothing,
    }
}

/// The whole of an absence. No JSON looks like it.
const ABSENT: &[u8] = &[0];

fn to_stored(body: &Body) -> Bytes {
    match body {
        Body::Present(json) => json.clone(),
        Body::Absent => Bytes::from_static(ABSENT),
    }
}

/// The body of these bytes; none if they are neither a whole value nor the mark of an absence.
fn from_stored(stored: Bytes) -> Option<Body> {
    if stored == ABSENT {
        return Some(Body::Absent);
    }
    let json = stored.strip_suffix(&[END])?;
    (!json.is_empty()).then_some(Body::Present(stored))
}

/// At least one, since the server refuses a life of zero.
fn milliseconds(life: Duration) -> i64 {
    i64::try_from(life.as_millis()).unwrap_or(i64::MAX).clamp(1, i64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_read_as_they_were_stored() {
        for body in [Body::Absent, Body::present(b"12".to_vec()), Body::present(b"null".to_vec())] {
            assert_eq!(from_stored(to_stored(&body)), Some(body));
        }
    }

    #[test]
    fn a_part_of_a_body_is_none() {
        for stored in ["", "\n", "12", "1", "null", "{}", "\0\0", "=", "\u{1}12", "\0 "] {
            assert_eq!(from_stored(Bytes::copy_from_slice(stored.as_bytes())), None, "{stored:?}");
        }
    }

    #[test]
    fn an_answer_of_another_shape_is_corrupt() {
        let corrupt = |parts| matches!(found(parts), Found::Corrupt);
        for value in [Value::Null, Value::Integer(1), Value::Boolean(true), Value::Array(vec![])] {
            assert!(corrupt(vec![value.clone(), 5.into()]), "{value:?}");
        }
        assert!(corrupt(vec!["garbage".into()]), "a token that nobody drew");
        assert!(matches!(found(vec![]), Found::Nothing));
    }
}
