//! Apps, their environment, their domains and what they print.

use wh_repo::{AppChanges, NewDomain, NewLogLine};
use wh_types::{AppId, AppStatus, AppStatusReport, DomainId, LogStream, UserId, WorkerId};

use super::{LossyWorld, Promise};
use crate::support::{World, key};

/// An app that runs, with a job that nobody has begun.
async fn app(world: &World) -> AppId {
    let (ada, anvil) = (world.user("ada", "pro").await, world.worker("anvil").await);
    let made = world.app(&ada, "first-shop").await;
    world.db.jobs().assign(made.job, anvil.id).await.unwrap();
    world.postgres.execute("UPDATE apps SET status = 'running', container_id = 'c', port = 30000").await;
    made.app
}

pub(super) async fn run(lossy_world: &mut LossyWorld) {
    ends(lossy_world).await;
    changes(lossy_world).await;
    domains(lossy_world).await;
    lossy_world
        .lose("RuntimeLogs::save", Promise::Unknown, app, async |db, app| {
            let line = NewLogLine {
                app: *app,
                worker: None,
                stream: LogStream::Stdout,
                line: "GET /".into(),
                logged_at: chrono::DateTime::from_timestamp(1_790_000_000, 0).unwrap(),
            };
            db.runtime_logs().save(&[line.clone(), line]).await
        })
        .await;
}

async fn ends(lossy_world: &mut LossyWorld) {
    lossy_world
        .lose("Apps::mark_deleted", Promise::Same, app, async |db, id| db.apps().mark_deleted(*id).await)
        .await;
    lossy_world
        .lose("Apps::hard_delete", Promise::Same, app, async |db, id| db.apps().hard_delete(*id).await)
        .await;
    lossy_world
        .lose("Apps::mark_stopped", Promise::Same, app, async |db, id| db.apps().mark_stopped(*id).await)
        .await;
    lossy_world
        .lose("Apps::mark_violated", Promise::Same, app, async |db, id| {
            db.apps().mark_violated(*id, "too much").await
        })
        .await;
    let violated = async |world: &World| {
        let app = app(world).await;
        world.db.apps().mark_violated(app, "too much").await.unwrap();
        app
    };
    lossy_world
        .lose("Apps::clear_violation", Promise::NothingLeft("Ok(false)"), violated, async |db, id| {
            db.apps().clear_violation(*id).await
        })
        .await;
    let runs = async |world: &World| {
        let (ada, anvil) = (world.user("ada", "pro").await, world.worker("anvil").await);
        world.running_app(&ada, "first-shop", &anvil, 30_000).await
    };
    let nothing = Promise::NothingLeft("Ok(ReportedApps { changed: [], remove: [] })");
    lossy_world
        .lose("Apps::report", nothing, runs, async |db, id| {
            let (app_uuid, status) = (db.apps().find(*id).await?.unwrap().uuid, AppStatus::Stopped);
            let (container_id, message) = ("container-30000".to_owned(), String::new());
            let report = AppStatusReport { app_uuid, status, container_id, port: 0, message };
            let as_of = chrono::DateTime::from_timestamp(4_000_000_000, 0).unwrap();
            db.apps().report(WorkerId::new(1), as_of, &[report]).await
        })
        .await;
}

async fn changes(lossy_world: &mut LossyWorld) {
    lossy_world
        .lose("Apps::set_webhook_id", Promise::Same, app, async |db, id| {
            db.apps().set_webhook_id(*id, Some("7")).await
        })
        .await;
    lossy_world
        .lose("Apps::set_auto_deploy", Promise::Same, app, async |db, id| {
            db.apps().set_auto_deploy(*id, false).await
        })
        .await;
    let changes = AppChanges { branch: Some("next".into()), ..Default::default() };
    lossy_world
        .lose("Apps::update_spec", Promise::Same, app, async |db, id| {
            db.apps().update_spec(*id, &changes).await
        })
        .await;
    lossy_world
        .lose("EnvVars::set", Promise::Same, app, async |db, id| {
            db.env_vars().set(*id, &key("TOKEN"), &"another".into()).await
        })
        .await;
    lossy_world
        .lose("EnvVars::delete", Promise::NothingLeft("Ok(false)"), app, async |db, id| {
            db.env_vars().delete(*id, &key("TOKEN")).await
        })
        .await;
}

fn domain(user: UserId, app: AppId) -> NewDomain {
    NewDomain { user, app, hostname: "shop.acme.dev".parse().unwrap(), verification_token: "t".into() }
}

/// An app with a domain.
async fn with_domain(world: &World) -> (UserId, DomainId) {
    let (app, ada) = (app(world).await, UserId::new(1));
    (ada, world.db.domains().create(&domain(ada, app)).await.unwrap().id)
}

async fn domains(lossy_world: &mut LossyWorld) {
    lossy_world
        .lose("Domains::create", Promise::Same, app, async |db, app| {
            db.domains().create(&domain(UserId::new(1), *app)).await
        })
        .await;
    lossy_world
        .lose("Domains::mark_verified", Promise::Same, with_domain, async |db, (_, id)| {
            db.domains().mark_verified(*id).await
        })
        .await;
    lossy_world
        .lose("Domains::mark_check_failed", Promise::Same, with_domain, async |db, (_, id)| {
            db.domains().mark_check_failed(*id, "no such record").await
        })
        .await;
    lossy_world
        .lose("Domains::delete", Promise::NothingLeft("Ok(false)"), with_domain, async |db, (user, id)| {
            db.domains().delete(*id, *user).await
        })
        .await;
}
