//! Users, their linked accounts and their second factor.

use std::time::Duration;

use wh_repo::GoogleProfile;
use wh_types::{GitProvider, UserId};

use crate::explained_world::ExplainedWorld;
use crate::plan::Allowance;

/// One of the many.
pub(crate) const USER: UserId = UserId::new(4243);

fn profile(who: &str) -> GoogleProfile {
    GoogleProfile {
        google_id: format!("google-{who}"),
        email: format!("user-{who}@example.org"),
        name: "Ada".into(),
        avatar_url: String::new(),
    }
}

pub(crate) async fn see(explained_world: &mut ExplainedWorld) {
    explained_world.see("Users::find", async |tx| tx.users().find(USER).await).await;
    for who in ["4243", "new"] {
        let profile = profile(who);
        explained_world
            .see("Users::upsert_google", async |tx| tx.users().upsert_google(&profile).await.map(drop))
            .await;
    }
    explained_world
        .see("Users::set_plan", async |tx| tx.users().set_plan(USER, &"pro".parse().unwrap()).await.map(drop))
        .await;
    explained_world
        .see("Users::set_totp_secret", async |tx| {
            tx.users().set_totp_secret(USER, &"GEZDGNBVGY3TQOJQ".into()).await
        })
        .await;
    explained_world.see("Users::totp_secret", async |tx| tx.users().totp_secret(USER).await).await;
    explained_world.see("Users::enable_totp", async |tx| tx.users().enable_totp(USER).await).await;
    explained_world
        .see("Users::accept_totp_step", async |tx| {
            tx.users().set_totp_secret(USER, &"GEZDGNBVGY3TQOJQ".into()).await?;
            tx.users().accept_totp_step(USER, 58_000_000).await
        })
        .await;
    explained_world
        .see("Users::record_second_factor_failure", async |tx| {
            tx.users().record_second_factor_failure(USER).await
        })
        .await;
    for active in [false, true] {
        explained_world
            .see("Users::set_active", async |tx| tx.users().set_active(USER, active).await.map(drop))
            .await;
    }
    explained_world.see("Users::disable_totp", async |tx| tx.users().disable_totp(USER).await).await;

    let hub = GitProvider::GitHub;
    explained_world
        .see("GitTokens::upsert", async |tx| tx.git_tokens().upsert(USER, hub, "ada", &"t".into()).await)
        .await;
    explained_world.see("GitTokens::find", async |tx| tx.git_tokens().find(USER, hub).await).await;
    explained_world.see("GitTokens::list", async |tx| tx.git_tokens().list(USER).await).await;
    explained_world.see("GitTokens::delete", async |tx| tx.git_tokens().delete(USER, hub).await).await;

    let codes = ["first".into(), "second".into()];
    explained_world
        .see("BackupCodes::replace", async |tx| tx.backup_codes().replace(USER, &codes).await)
        .await;
    // A code may be any of the user's.
    let all = Allowance::rows(32);
    explained_world
        .see_with("BackupCodes::consume", all, async |tx| {
            tx.backup_codes().replace(USER, &codes).await?;
            tx.backup_codes().consume(USER, &codes[1]).await
        })
        .await;
    let minute = Duration::from_mins(1);
    explained_world
        .see("PendingTotps::create", async |tx| {
            tx.pending_totps().create(USER, "google", minute).await.map(drop)
        })
        .await;
    explained_world
        .see("PendingTotps::consume", async |tx| tx.pending_totps().consume(&"pending-4243".into()).await)
        .await;
    // Each expired one is looked for, found again by its key, and deleted.
    let twice = Allowance::rows(200);
    explained_world
        .see_with("PendingTotps::prune", twice, async |tx| tx.pending_totps().prune(100).await)
        .await;
}
