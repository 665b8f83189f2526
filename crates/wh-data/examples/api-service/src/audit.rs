//! What users did with their accounts.

use serde_json::{Value, json};
use wh_data::repo::{NewAuditEvent, Result};
use wh_data::types::AuditKind;

use crate::api::Api;
use crate::signed_in::SignedIn;

/// Records what somebody did, to what.
pub(crate) async fn record(
    api: &Api,
    me: &SignedIn,
    kind: AuditKind,
    (target_type, target): (&str, &str),
    detail: Value,
) -> Result<()> {
    let event = NewAuditEvent {
        user: me.user.id,
        kind,
        ip: me.browser.ip.clone(),
        geo: String::new(),
        user_agent: me.browser.user_agent.clone(),
        session: Some(me.session),
        target_type: target_type.to_owned(),
        target_id: target.to_owned(),
        detail,
    };
    api.db().audit_events().record(&event).await.map(drop)
}

/// Nothing more to say.
pub(crate) fn nothing() -> Value {
    json!({})
}
