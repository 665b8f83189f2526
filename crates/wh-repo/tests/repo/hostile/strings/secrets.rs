//! Secrets are taken as they are, whatever they look like, and come back so.

use secrecy::ExposeSecret;
use wh_repo::{Error, NewSession, NewWebhook, WebhookChanges, WorkerRegistration};
use wh_types::{DeployPayload, GitProvider};

use super::super::hostile_world::{HostileWorld, new_session};
use super::super::texts::Rule::{Chars, Something, Whole};
use super::super::texts::hostile;
use super::{answer, case, try_all};
use crate::support::{commit, key, registration, spec};
use crate::webhooks::webhook;

#[tokio::test]
async fn secrets_come_back_as_they_went_in() {
    try_all(&[
        case("users.set_totp_secret", "totp_secret", Something, |tx, hostile_world, text| {
            answer(async move {
                tx.users().set_totp_secret(hostile_world.eve.id, &text.into()).await?;
                Ok(tx.users().totp_secret(hostile_world.eve.id).await?.unwrap().expose_secret().to_owned())
            })
        }),
        case("git_tokens.upsert", "access_token", Something, |tx, hostile_world, text| {
            answer(async move {
                let hub = GitProvider::GitHub;
                tx.git_tokens().upsert(hostile_world.eve.id, hub, "eve", &text.into()).await?;
                let token = tx.git_tokens().find(hostile_world.eve.id, hub).await?.unwrap().token;
                Ok(token.expose_secret().to_owned())
            })
        }),
        case("workers.upsert", "api_key", Something, |tx, hostile_world, text| {
            answer(async move {
                let api_key = text.clone().into();
                tx.workers().upsert(&WorkerRegistration { api_key, ..registration("anvil") }).await?;
                let worker = tx.workers().find_by_api_key(&text.clone().into()).await?;
                assert_eq!(worker.unwrap().id, hostile_world.anvil.id);
                Ok(text)
            })
        }),
        case("sessions.create", "token", Something, |tx, hostile_world, text| {
            answer(async move {
                let token = text.clone().into();
                let session =
                    tx.sessions().create(&NewSession { token, ..new_session(hostile_world.eve.id) }).await?;
                let found = tx.sessions().find_by_token(&text.clone().into()).await?;
                assert_eq!(found, Some(session));
                Ok(text)
            })
        }),
        case("env_vars.set", "value", Whole(1 << 20), |tx, hostile_world, text| {
            answer(async move {
                tx.env_vars().set(hostile_world.idle.app, &key("HOSTILE"), &text.into()).await?;
                let vars = tx.env_vars().list(hostile_world.idle.app).await?;
                Ok(vars[&key("HOSTILE")].expose_secret().to_owned())
            })
        }),
        case("deployments.create", "env", Chars(0, 65_536), |tx, hostile_world, text| {
            answer(async move {
                let mut new = spec(&hostile_world.ada, "another-shop");
                new.env.insert(key("HOSTILE"), text.into());
                let made = tx.deployments().create(&new).await?;
                tx.jobs().assign(made.job, hostile_world.anvil.id).await?;
                let job = tx.jobs().claim(made.job, hostile_world.anvil.id).await?;
                let payload = DeployPayload::from_json(&job.payload)?;
                let vars = tx.env_vars().list(made.app).await?;
                let [sent, kept] = [&payload.env, &vars].map(|env| env[&key("HOSTILE")].expose_secret());
                assert_eq!(sent, kept);
                Ok(sent.to_owned())
            })
        }),
        case("git_tokens.upsert", "_token", Chars(1, 65_536), |tx, hostile_world, text| {
            answer(async move {
                tx.git_tokens()
                    .upsert(hostile_world.ada.id, GitProvider::GitHub, "ada", &text.into())
                    .await?;
                let made = tx.deployments().redeploy(hostile_world.idle.app, &commit("beef")).await?;
                let job = tx.jobs().find_for_worker(made.job, hostile_world.anvil.id).await?.unwrap();
                let token = DeployPayload::from_json(&job.payload)?.git_token;
                Ok(token.map_or_else(String::new, |token| token.expose_secret().to_owned()))
            })
        }),
        case("webhooks.create", "secret", Whole(1 << 16), |tx, hostile_world, text| {
            answer(async move {
                let new = NewWebhook { secret: text.into(), ..webhook(hostile_world.eve.id, &[]) };
                let made = tx.webhooks().create(&new).await?;
                let opened = tx.webhooks().find_with_secret(made.id).await?.unwrap();
                Ok(opened.secret.expose_secret().to_owned())
            })
        }),
        case("webhooks.update", "secret", Whole(1 << 16), |tx, hostile_world, text| {
            answer(async move {
                let changes = WebhookChanges { secret: Some(text.into()), ..Default::default() };
                tx.webhooks().update(hostile_world.webhook.id, hostile_world.ada.id, &changes).await?;
                let opened = tx.webhooks().find_with_secret(hostile_world.webhook.id).await?.unwrap();
                Ok(opened.secret.expose_secret().to_owned())
            })
        }),
    ])
    .await;
}

#[tokio::test]
async fn a_backup_code_may_be_anything_that_is_worth_a_comparison() {
    let hostile_world = HostileWorld::new().await;
    let (db, eve) = (&hostile_world.db, hostile_world.eve.id);
    let (good, bad): (Vec<_>, Vec<_>) =
        hostile().into_iter().partition(|text| !text.trim().is_empty() && text.len() <= 128);
    for text in bad {
        let outcome = db.backup_codes().replace(eve, &["good".into(), text.clone().into()]).await;
        assert!(
            matches!(outcome, Err(Error::Invalid(_))),
            "{:?}: {outcome:?}",
            text.chars().take(40).collect::<String>()
        );
        assert!(!db.backup_codes().consume(hostile_world.ada.id, &text.into()).await.unwrap());
        hostile_world.world.raw("DELETE FROM second_factor_failures").await;
    }
    for text in good.into_iter().take(12) {
        db.backup_codes().replace(eve, &[text.clone().into()]).await.unwrap();
        assert!(db.backup_codes().consume(eve, &text.clone().into()).await.unwrap(), "{text:?}");
        assert!(!db.backup_codes().consume(eve, &text.clone().into()).await.unwrap(), "{text:?} twice");
        assert!(
            !db.backup_codes().consume(hostile_world.ada.id, &text.clone().into()).await.unwrap(),
            "{text:?} of another user"
        );
        hostile_world.world.raw("DELETE FROM second_factor_failures").await;
    }
}
