//! Where operations are run and their plans are looked at.
#![expect(
    clippy::future_not_send,
    reason = "a test stays on its thread, and closures that are async do not promise more"
)]

use std::collections::{BTreeMap, BTreeSet};

use secrecy::SecretString;
use wh_crypto::KeyRing;
use wh_plans::Plans;
use wh_repo::{Database, DatabaseSettings, Error, Tx};
use wh_testkit::{Proxy, TestDatabase};

use crate::plan::{Allowance, Statement};

/// Loads `auto_explain` into the session, and holds the time still. `NOTICE`, because `LOG` would fill the server's log.
const OPTIONS: &[&str] = &[
    "session_preload_libraries=auto_explain",
    "auto_explain.log_min_duration=0",
    "auto_explain.log_analyze=on",
    "auto_explain.log_timing=off",
    "auto_explain.log_buffers=on",
    "auto_explain.log_format=json",
    "auto_explain.log_nested_statements=on",
    "auto_explain.log_level=notice",
    "client_min_messages=notice",
    "wh.now=2028-02-29T12:00:00Z",
];

/// The repositories over the large database.
pub(crate) struct ExplainedWorld {
    proxy: Proxy,
    db: Database,
    seen: BTreeSet<&'static str>,
    built: BTreeMap<&'static str, BTreeSet<String>>,
    faults: Vec<String>,
}

/// Why a transaction ends here: never by being committed.
enum End {
    Seen { found: bool },
    Failed(Error),
}

impl From<Error> for End {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl ExplainedWorld {
    pub(crate) async fn open(postgres: &TestDatabase) -> Self {
        let proxy = Proxy::start(postgres.url()).await;
        proxy.delay(std::time::Duration::ZERO);
        let db = open(proxy.url()).await;
        Self { proxy, db, seen: BTreeSet::new(), built: BTreeMap::new(), faults: Vec::new() }
    }

    /// Runs an operation, which must find something, and looks at the plans of its statements.
    pub(crate) async fn see<R: Given>(
        &mut self,
        operation: &'static str,
        work: impl AsyncFn(&Tx<'_>) -> Result<R, Error>,
    ) {
        self.see_with(operation, Allowance::USUAL, work).await;
    }

    /// As [`see`](Self::see), for an operation that has to read more than it gives.
    pub(crate) async fn see_with<R: Given>(
        &mut self,
        operation: &'static str,
        allowed: Allowance,
        work: impl AsyncFn(&Tx<'_>) -> Result<R, Error>,
    ) {
        self.seen.insert(operation);
        let statements = match explained(&self.proxy, &self.db, work).await {
            Ok(statements) => statements,
            Err(why) => return self.faults.push(format!("{operation} {why}")),
        };
        for statement in statements {
            if !statement.is_written() && !statement.is_of_a_foreign_key() {
                self.built.entry(operation).or_default().insert(statement.sql.clone());
            }
            if let Some(fault) = statement.fault(allowed) {
                self.faults.push(format!("{operation} {fault}"));
            }
        }
    }

    /// What was looked at.
    pub(crate) fn seen(&self) -> &BTreeSet<&'static str> {
        &self.seen
    }

    /// The statements that the query builder made, by operation.
    pub(crate) fn built(&self) -> String {
        let lines = self.built.iter().map(|(operation, statements)| {
            let statements: Vec<_> = statements.iter().map(String::as_str).collect();
            format!("{operation}\n    {}\n", statements.join("\n    "))
        });
        lines.collect()
    }

    /// What was wrong.
    pub(crate) fn faults(&self) -> &[String] {
        &self.faults
    }
}

/// The statements of an operation, as they were carried out. What it does is rolled back.
pub(crate) async fn explained<R: Given>(
    proxy: &Proxy,
    db: &Database,
    work: impl AsyncFn(&Tx<'_>) -> Result<R, Error>,
) -> Result<Vec<Statement>, String> {
    drop(proxy.take_notices());
    let outcome = db
        .transaction(async |tx| {
            let given = work(tx).await?;
            Err::<(), _>(End::Seen { found: given.is_something() })
        })
        .await;
    match outcome {
        Err(End::Failed(error)) => return Err(format!("failed: {error}")),
        Err(End::Seen { found: false }) => return Err("found nothing, so its plan says little".to_owned()),
        Err(End::Seen { found: true }) | Ok(()) => {}
    }
    let notices = proxy.take_notices();
    let statements: Vec<_> = notices.iter().filter_map(|notice| Statement::parse(notice)).collect();
    if statements.is_empty() { Err("was not explained".to_owned()) } else { Ok(statements) }
}

/// The repositories behind this address, explained. A second connection is for what counts outside of the caller's transaction.
///
/// A server without `auto_explain`, or a user who may not load it, ends the test here: it could not see anything.
pub(crate) async fn open(url: &str) -> Database {
    let option = |option: &&str| format!("-c%20{}%20", option.replace('=', "%3D").replace(':', "%3A"));
    let options = OPTIONS.iter().map(option).collect::<Vec<_>>().concat();
    let separator = if url.contains('?') { '&' } else { '?' };
    let url = format!("{url}{separator}options={options}");
    let settings = DatabaseSettings::new(SecretString::from(url)).with_connections(2);
    let keys = KeyRing::new(&"a server secret for tests".into(), &[]).unwrap();
    let db = Database::connect(settings, keys, Plans::new()).await.unwrap_or_else(|error| {
        unreachable!("plans can only be seen as a superuser of a server that has auto_explain: {error}")
    });
    // What new connections say for themselves is said now.
    let workers = db.workers();
    tokio::try_join!(workers.list(), workers.list()).unwrap();
    db
}

/// What an operation gives.
pub(crate) trait Given {
    /// False where nothing was found, so that there was nothing to read either.
    fn is_something(&self) -> bool;
}

impl Given for () {
    fn is_something(&self) -> bool {
        true
    }
}

impl Given for bool {
    fn is_something(&self) -> bool {
        *self
    }
}

impl Given for usize {
    fn is_something(&self) -> bool {
        *self > 0
    }
}

impl<T> Given for Option<T> {
    fn is_something(&self) -> bool {
        self.is_some()
    }
}

impl<T> Given for Vec<T> {
    fn is_something(&self) -> bool {
        !self.is_empty()
    }
}

impl<K, V> Given for BTreeMap<K, V> {
    fn is_something(&self) -> bool {
        !self.is_empty()
    }
}
