//! Where something is reached: hosts, URLs and e-mail addresses. One parser for each, used by the
//! configuration and by its readers.

mod email;
mod host;
mod redis_url;
mod repo_url;
mod url;

pub use email::{EmailAddress, Mailbox};
pub use host::{Domain, Host, HostPort};
pub use redis_url::RedisUrl;
pub use repo_url::{check_repo_url, without_credentials};
pub use url::{HttpUrl, Origin};

use crate::Invalid;

/// A refusal of a text that is not in its form.
fn refuse<T>(what: &'static str, problem: impl Into<String>) -> Result<T, Invalid> {
    Err(Invalid::Form { what, problem: problem.into() })
}

/// A text as a message may show it, or nothing where it could hold a password: `user:password@host`, a whole
/// URL.
fn quoted(text: &str) -> String {
    if text.contains('@') || text.contains("://") {
        String::new()
    } else {
        format!("{:?} ", crate::invalid::shown(text))
    }
}
