//! A world in which every kind of row is there, for its owner Ada; Eve wants what is hers.

use futures_util::future::BoxFuture;
use wh_repo::rows::{Alert, Domain, Session, User, Webhook, Worker};
use wh_repo::{
    CreatedDeployment, Database, Error, JobWithPayload, NewAlertRule, NewAuditEvent, NewDomain, NewSession,
    Tx,
};
use wh_types::{AlertKind, AppId, AuditKind, GitProvider, UserId};

use crate::alerts::alert;
use crate::support::World;
use crate::usage_samples::sample;
use crate::webhooks::{delivery, webhook};

/// Ada has an app that is deployed, one whose job waits for a worker, one that has nothing to do and one at work, and one of
/// everything else. Anvil has the work; Hammer has none.
pub(super) struct HostileWorld {
    pub(super) world: World,
    pub(super) db: Database,
    pub(super) ada: User,
    pub(super) eve: User,
    pub(super) anvil: Worker,
    pub(super) hammer: Worker,
    pub(super) at_work: JobWithPayload,
    pub(super) waiting: CreatedDeployment,
    pub(super) assigned: CreatedDeployment,
    pub(super) idle: CreatedDeployment,
    pub(super) eves: CreatedDeployment,
    pub(super) domain: Domain,
    pub(super) webhook: Webhook,
    pub(super) session: Session,
    pub(super) alert: Alert,
}

/// One try of something, in a transaction.
pub(super) type Attempt<A, R> =
    for<'a, 'c> fn(&'a Tx<'c>, &'a HostileWorld, A) -> BoxFuture<'a, Result<R, Error>>;

/// Why a transaction of these tests ends: it never commits.
pub(super) enum Over<R> {
    Tried(R),
    Lost(Error),
}

impl<R> From<Error> for Over<R> {
    fn from(error: Error) -> Self {
        Self::Lost(error)
    }
}

impl HostileWorld {
    pub(super) async fn new() -> Self {
        let world = World::with_connections(16).await;
        let (ada, eve) = (world.user("ada", "business").await, world.user("eve", "business").await);
        let (anvil, hammer) = (world.worker("anvil").await, world.worker("hammer").await);
        let db = world.db.clone();
        let at_work = world.app_at_work(&ada, "busy-shop", &anvil).await;
        let waiting = world.app(&ada, "waiting-shop").await;
        let assigned = world.app(&ada, "assigned-shop").await;
        db.jobs().assign(assigned.job, anvil.id).await.unwrap();
        let idle = world.app(&ada, "idle-shop").await;
        db.jobs().cancel(idle.job).await.unwrap();
        let stopped = "status = 'stopped', container_id = 'c0ffee', port = 30000";
        let place = format!("UPDATE apps SET {stopped}, worker_id = {} WHERE id = {}", anvil.id, idle.app);
        world.raw(&place).await;
        let eves = world.app(&eve, "eves-shop").await;
        let new = new_domain(ada.id, idle.app);
        let domain = db.domains().create(&new).await.unwrap();
        db.domains().mark_verified(domain.id).await.unwrap();
        let webhook = db.webhooks().create(&webhook(ada.id, &["app.deployed"])).await.unwrap();
        db.webhooks().record_delivery(&delivery(webhook.id, 1, true)).await.unwrap();
        let session = db.sessions().create(&new_session(ada.id)).await.unwrap();
        let alert = db.alerts().create(&alert(ada.id, Some(idle.app), "7")).await.unwrap().alert;
        db.alert_rules().upsert(&new_rule(ada.id, idle.app)).await.unwrap();
        db.audit_events().record(&new_event(ada.id)).await.unwrap();
        db.usage_samples().upsert(&sample(idle.app, 0)).await.unwrap();
        db.git_tokens().upsert(ada.id, GitProvider::GitHub, "ada", &"ghp_1".into()).await.unwrap();
        db.users().set_totp_secret(ada.id, &"GEZDGNBVGY3TQOJQ".into()).await.unwrap();
        db.backup_codes().replace(ada.id, &["one".into()]).await.unwrap();
        Self {
            world,
            db,
            ada,
            eve,
            anvil,
            hammer,
            at_work,
            waiting,
            assigned,
            idle,
            eves,
            domain,
            webhook,
            session,
            alert,
        }
    }

    /// Tries something in a transaction of its own that is rolled back, and shows that whatever came of it, the transaction
    /// could have gone on.
    pub(super) async fn attempt<A, R>(&self, what: &str, run: Attempt<A, R>, with: A) -> Result<R, Error> {
        let over = self
            .db
            .transaction(async |tx| {
                let outcome = run(tx, self, with).await;
                if tx.users().find(self.ada.id).await?.is_none() {
                    return Err::<(), _>(Over::Lost(Error::NotFound { entity: "Ada" }));
                }
                Err(Over::Tried(outcome))
            })
            .await;
        match over {
            Err(Over::Tried(outcome)) => outcome,
            Err(Over::Lost(error)) => unreachable!("{what}: the transaction was lost: {error}"),
            Ok(()) => unreachable!("{what}: it was committed"),
        }
    }

    /// The whole content of the database, as a hash; what passes by itself (the ids that were drawn) is no part of it.
    pub(super) async fn fingerprint(&self) -> String {
        let tables = self
            .world
            .raw(
                "SELECT string_agg(format('SELECT coalesce(md5(string_agg(t::text, '','' ORDER BY t::text)), '''') \
                 FROM %I t', relname), ' UNION ALL ' ORDER BY relname) FROM pg_class \
                 WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition",
            )
            .await;
        self.world.raw(&format!("SELECT md5(string_agg(h, '')) FROM ({tables}) AS all_tables (h)")).await
    }
}

pub(super) fn new_domain(user: UserId, app: AppId) -> NewDomain {
    NewDomain { user, app, hostname: "shop.acme.dev".parse().unwrap(), verification_token: "t".into() }
}

pub(super) fn new_session(user: UserId) -> NewSession {
    NewSession {
        user,
        token: format!("token of {user}").into(),
        ip: "192.0.2.7".into(),
        geo: "Bern".into(),
        user_agent: "Lynx".into(),
        two_factor: false,
    }
}

pub(super) fn new_rule(user: UserId, app: AppId) -> NewAlertRule {
    NewAlertRule { app, user, kind: AlertKind::Cpu, threshold: 50, sustain_minutes: 1, enabled: true }
}

pub(super) fn new_event(user: UserId) -> NewAuditEvent {
    NewAuditEvent {
        user,
        kind: AuditKind::Login,
        ip: "192.0.2.7".into(),
        geo: "Bern".into(),
        user_agent: "Lynx".into(),
        session: None,
        target_type: String::new(),
        target_id: String::new(),
        detail: serde_json::json!({}),
    }
}
