//! A database, an API service on it, and workers.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use wh_testkit::services::{
    Browser, HttpAnswer, ServiceProcess, api_variables, free_address, http, worker_variables,
};
use wh_testkit::{TestDatabase, eventually};

pub(crate) const TOKEN: &str = "the token of the platform's services";

/// Everything that a test of the services needs. What runs is dropped first, then the database.
pub(crate) struct Place {
    pub(crate) api: ServiceProcess,
    pub(crate) server: SocketAddr,
    pub(crate) folder: TempDir,
    pub(crate) database: TestDatabase,
}

impl Place {
    /// A running API service on a database of its own.
    pub(crate) async fn new() -> Self {
        let (database, folder) = (TestDatabase::new().await, tempfile::tempdir().unwrap());
        let server = free_address().unwrap();
        let variables = api_variables(database.url(), server, "a server secret for tests", TOKEN).unwrap();
        let program = Path::new(env!("CARGO_BIN_EXE_api-service"));
        let api = ServiceProcess::new(program, variables, &folder.path().join("api.log"));
        let mut place = Self { api, server, folder, database };
        place.start_api().await;
        place
    }

    /// Starts the service until it is ready. Another test may have its port for a moment.
    pub(crate) async fn start_api(&mut self) {
        let (server, api) = (self.server, &mut self.api);
        eventually("the API is ready", async || {
            if !api.is_running() {
                api.start().unwrap();
            }
            http(server, "GET", "/readyz", &[], "").await.is_ok_and(|answer| answer.status == 200)
        })
        .await;
    }

    pub(crate) fn operator(&self) -> Browser {
        Browser::new(self.server).with_token(TOKEN)
    }

    /// Somebody who signed in, on this plan.
    pub(crate) async fn user(&self, name: &str, plan: &str) -> Browser {
        let mut browser = self.operator();
        let identity = json!({ "google_id": name, "email": format!("{name}@example.org"), "name": name });
        let signed_in = expect(browser.send("POST", "/v1/sign-in", &identity).await, 200);
        let path = format!("/v1/users/{}/plan", signed_in["user"]["id"]);
        expect(browser.send("PUT", &path, &json!({ "plan": plan })).await, 200);
        browser.without_token()
    }

    /// Registers a worker; gives its API key.
    pub(crate) async fn register(&self, name: &str) -> String {
        let worker = json!({ "name": name, "zone": format!("{name}.example.net"), "capacity_cpu_milli": 8000, "capacity_memory_mib": 16384 });
        let added = expect(self.operator().send("POST", "/v1/workers", &worker).await, 201);
        added["api_key"].as_str().unwrap().to_owned()
    }

    /// A worker that runs.
    pub(crate) async fn worker(&self, name: &str, more: &[(&str, &str)]) -> ServiceProcess {
        let key = self.register(name).await;
        let state = self.folder.path().join(name).display().to_string();
        let mut variables = worker_variables(self.server, name, &key, &state);
        variables.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let log = self.folder.path().join(format!("{name}.log"));
        let mut worker = ServiceProcess::new(&worker_program(), variables, &log);
        worker.start().unwrap();
        worker
    }

    /// The status of a worker as the operator sees it.
    pub(crate) async fn worker_status(&self, name: &str) -> Value {
        let workers = expect(self.operator().send("GET", "/v1/workers", &Value::Null).await, 200);
        let worker = workers.as_array().unwrap().iter().find(|worker| worker["name"] == name);
        worker.unwrap()["status"].clone()
    }
}

/// Built beside the API service by whatever builds all tests.
fn worker_program() -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_api-service")).with_file_name("worker-agent");
    assert!(program.exists(), "{} is not built: cargo build -p worker-agent", program.display());
    program
}

/// The body of an answer that has this status.
pub(crate) fn expect(answer: std::io::Result<HttpAnswer>, status: u16) -> Value {
    let answer = answer.unwrap();
    assert_eq!(answer.status, status, "{}", answer.body);
    answer.json()
}

pub(crate) async fn get(browser: &mut Browser, path: &str) -> Value {
    expect(browser.send("GET", path, &Value::Null).await, 200)
}

/// Waits until an app is shown in a state.
pub(crate) async fn until_state(browser: &mut Browser, app: &Value, state: &str) {
    let path = format!("/v1/apps/{app}");
    eventually(&format!("the app is {state}"), async || {
        // The service may be away.
        let answer = browser.send("GET", &path, &Value::Null).await;
        answer.is_ok_and(|answer| answer.status == 200 && answer.json()["state"] == state)
    })
    .await;
}

/// Asks a process to end, and expects that it does so well.
pub(crate) async fn ends(service: &mut ServiceProcess) {
    let status = service.end(Duration::from_secs(90)).await.unwrap();
    assert!(status.is_some_and(|status| status.success()), "{status:?} {}", service.log());
}
