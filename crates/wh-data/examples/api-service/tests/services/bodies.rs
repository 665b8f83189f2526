//! Bodies of requests.

use serde_json::{Value, json};

/// An app of this name, whose builds go as the stub is told.
pub(crate) fn app(name: &str, stub: &str) -> Value {
    json!({
        "name": name,
        "git_provider": "github",
        "repo_url": "https://github.com/acme/shop",
        "branch": "main",
        "commit_sha": "f7c8d9929a782e90bc0bb9320f2cb43a3d62958d",
        "build_command": "make",
        "start_command": "./shop",
        "port": 8000,
        "env": { "STUB_BUILD": stub, "API_KEY": "correct horse battery staple" },
    })
}
