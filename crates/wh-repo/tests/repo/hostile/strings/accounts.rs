//! Texts about users: their accounts, sessions and what they did.

use std::time::Duration;

use wh_repo::{GoogleProfile, NewAuditEvent, NewSession, Page, WorkerRegistration};
use wh_types::{GitProvider, PlanId};

use super::super::hostile_world::{new_event, new_session};
use super::super::texts::Rule::{Chars, Cut, Lookup, NoEmail, NoIp, Plan, WithoutNul};
use super::{answer, case, found, try_all};
use crate::support::{profile, registration};

#[tokio::test]
async fn users_and_workers_keep_what_they_are_called() {
    try_all(&[
        case("users.upsert_google", "google_id", Chars(1, 64), |tx, _, text| {
            answer(async move {
                let new = GoogleProfile { google_id: text, ..profile("nobody") };
                Ok(tx.users().upsert_google(&new).await?.user.google_id)
            })
        }),
        case("users.upsert_google", "email", NoEmail, |tx, _, text| {
            answer(async move {
                let new = GoogleProfile { email: text, ..profile("ada") };
                Ok(tx.users().upsert_google(&new).await?.user.email)
            })
        }),
        case("users.upsert_google", "name", Chars(0, 255), |tx, _, text| {
            answer(async move {
                let new = GoogleProfile { name: text, ..profile("ada") };
                Ok(tx.users().upsert_google(&new).await?.user.name)
            })
        }),
        case("users.upsert_google", "avatar_url", Chars(0, 2048), |tx, _, text| {
            answer(async move {
                let new = GoogleProfile { avatar_url: text, ..profile("ada") };
                Ok(tx.users().upsert_google(&new).await?.user.avatar_url)
            })
        }),
        case("users.set_plan", "plan", Plan, |tx, hostile_world, text| {
            answer(async move {
                Ok(tx.users().set_plan(hostile_world.ada.id, &PlanId::from_stored(text)).await?.plan)
            })
        }),
        case("git_tokens.upsert", "username", Chars(0, 255), |tx, hostile_world, text| {
            answer(async move {
                let (user, hub) = (hostile_world.ada.id, GitProvider::GitHub);
                tx.git_tokens().upsert(user, hub, &text, &"token".into()).await?;
                assert_eq!(tx.git_tokens().list(user).await?[0].username, text);
                Ok(tx.git_tokens().find(user, hub).await?.unwrap().username)
            })
        }),
        case("workers.upsert", "name", Chars(1, 255), |tx, _, text| {
            answer(async move {
                let new = WorkerRegistration { name: text, ..registration("nobody") };
                Ok(tx.workers().upsert(&new).await?.name)
            })
        }),
        case("workers.upsert", "IP address", NoIp, |tx, _, text| {
            answer(async move {
                let new = WorkerRegistration { ip_address: text, ..registration("anvil") };
                Ok(tx.workers().upsert(&new).await?.ip_address)
            })
        }),
        case("workers.upsert", "zone", Chars(0, 253), |tx, _, text| {
            answer(async move {
                let new = WorkerRegistration { zone: text, ..registration("anvil") };
                Ok(tx.workers().upsert(&new).await?.zone)
            })
        }),
        case("workers.upsert", "region_name", Chars(0, 64), |tx, hostile_world, text| {
            answer(async move {
                let new = WorkerRegistration { region_name: text, ..registration("anvil") };
                tx.workers().upsert(&new).await?;
                let anvil = tx.workers().find(hostile_world.anvil.id).await?.unwrap();
                assert!(tx.workers().list().await?.contains(&anvil));
                Ok(anvil.region_name)
            })
        }),
        case("pending_totps.create", "provider", Chars(1, 32), |tx, hostile_world, text| {
            answer(async move {
                let ttl = Duration::from_mins(1);
                let token = tx.pending_totps().create(hostile_world.ada.id, &text, ttl).await?;
                Ok(tx.pending_totps().consume(&token).await?.unwrap().provider)
            })
        }),
    ])
    .await;
}

#[tokio::test]
async fn sessions_keep_where_they_came_from() {
    try_all(&[
        case("sessions.create", "IP address", NoIp, |tx, hostile_world, text| {
            answer(async move {
                let new = NewSession { ip: text, token: "new".into(), ..new_session(hostile_world.eve.id) };
                Ok(tx.sessions().create(&new).await?.ip)
            })
        }),
        case("sessions.create", "geo", Cut(255), |tx, hostile_world, text| {
            answer(async move {
                let new = NewSession { geo: text, token: "new".into(), ..new_session(hostile_world.eve.id) };
                Ok(tx.sessions().create(&new).await?.geo)
            })
        }),
        case("sessions.create", "user_agent", Cut(1024), |tx, hostile_world, text| {
            answer(async move {
                let new =
                    NewSession { user_agent: text, token: "new".into(), ..new_session(hostile_world.eve.id) };
                Ok(tx.sessions().create(&new).await?.user_agent)
            })
        }),
        case("sessions.bump_last_seen", "IP address", NoIp, |tx, hostile_world, text| {
            answer(async move {
                tx.sessions().bump_last_seen(hostile_world.session.id, &text, "").await?;
                let session = tx.sessions().list(hostile_world.ada.id, Page::default()).await?.remove(0);
                Ok(session.ip)
            })
        }),
        case("sessions.bump_last_seen", "user_agent", Cut(1024), |tx, hostile_world, text| {
            answer(async move {
                tx.sessions().bump_last_seen(hostile_world.session.id, "", &text).await?;
                let session = tx.sessions().list(hostile_world.ada.id, Page::default()).await?.remove(0);
                Ok(session.user_agent)
            })
        }),
    ])
    .await;
}

#[tokio::test]
async fn events_keep_where_they_came_from() {
    try_all(&[
        case("audit_events.record", "IP address", NoIp, |tx, hostile_world, text| {
            answer(async move {
                let new = NewAuditEvent { ip: text.clone(), ..new_event(hostile_world.eve.id) };
                let ip = tx.audit_events().record(&new).await?.ip;
                assert!(tx.audit_events().has_ip(hostile_world.eve.id, &text).await?);
                Ok(ip)
            })
        }),
        case("audit_events.has_ip", "IP address", NoIp, |tx, hostile_world, text| {
            answer(async move {
                assert!(!tx.audit_events().has_ip(hostile_world.ada.id, &text).await?);
                Ok(text.trim().to_owned())
            })
        }),
        case("audit_events.record", "geo", Cut(255), |tx, hostile_world, text| {
            answer(async move {
                let new = NewAuditEvent { geo: text, ..new_event(hostile_world.eve.id) };
                Ok(tx.audit_events().record(&new).await?.geo)
            })
        }),
        case("audit_events.record", "user_agent", Cut(1024), |tx, hostile_world, text| {
            answer(async move {
                let new = NewAuditEvent { user_agent: text, ..new_event(hostile_world.eve.id) };
                Ok(tx.audit_events().record(&new).await?.user_agent)
            })
        }),
        case("audit_events.record", "target_type", Chars(0, 64), |tx, hostile_world, text| {
            answer(async move {
                let new = NewAuditEvent { target_type: text, ..new_event(hostile_world.eve.id) };
                Ok(tx.audit_events().record(&new).await?.target_type)
            })
        }),
        case("audit_events.record", "target_id", Chars(0, 255), |tx, hostile_world, text| {
            answer(async move {
                let new = NewAuditEvent { target_id: text, ..new_event(hostile_world.eve.id) };
                Ok(tx.audit_events().record(&new).await?.target_id)
            })
        }),
        case("audit_events.record", "detail", WithoutNul, |tx, hostile_world, text| {
            answer(async move {
                let detail = serde_json::json!({ text.clone(): [text] });
                tx.audit_events()
                    .record(&NewAuditEvent { detail, ..new_event(hostile_world.eve.id) })
                    .await?;
                let event = tx.audit_events().list(hostile_world.eve.id, Page::default()).await?.remove(0);
                let (key, value) = event.detail.as_object().unwrap().iter().next().unwrap();
                assert_eq!(value[0].as_str(), Some(key.as_str()));
                Ok(key.clone())
            })
        }),
    ])
    .await;
}

#[tokio::test]
async fn what_is_known_by_a_text_is_found_or_not() {
    try_all(&[
        case("sessions.authenticate", "token", Lookup, |tx, _, text| {
            answer(async move { Ok(found(tx.sessions().authenticate(&text.into(), "", "").await?)) })
        }),
        case("sessions.authenticate", "IP address", NoIp, |tx, hostile_world, text| {
            answer(async move {
                let token = format!("token of {}", hostile_world.ada.id).into();
                Ok(tx.sessions().authenticate(&token, &text, "").await?.unwrap().session.ip)
            })
        }),
        case("sessions.authenticate", "user_agent", Cut(1024), |tx, hostile_world, text| {
            answer(async move {
                let token = format!("token of {}", hostile_world.ada.id).into();
                Ok(tx.sessions().authenticate(&token, "", &text).await?.unwrap().session.user_agent)
            })
        }),
        case("sessions.find_by_token", "token", Lookup, |tx, _, text| {
            answer(async move { Ok(found(tx.sessions().find_by_token(&text.into()).await?)) })
        }),
        case("pending_totps.consume", "token", Lookup, |tx, _, text| {
            answer(async move { Ok(found(tx.pending_totps().consume(&text.into()).await?)) })
        }),
        case("workers.find_by_api_key", "key", Lookup, |tx, _, text| {
            answer(async move { Ok(found(tx.workers().find_by_api_key(&text.into()).await?)) })
        }),
    ])
    .await;
}
