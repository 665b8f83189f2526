//! URLs of Git repositories, which are stored and shown in clear.

use std::borrow::Cow;

use crate::Invalid;

/// Words in the name of a query parameter whose value is a secret.
const SECRET_WORDS: [&str; 5] = ["token", "password", "secret", "key", "auth"];

/// Refuses a repository URL with a password or a token in it. The user of an `ssh` URL is none.
///
/// # Errors
/// [`Invalid::Field`], which says where a token belongs and never shows the URL.
pub fn check_repo_url(url: &str) -> Result<(), Invalid> {
    if without_credentials(url) == url {
        return Ok(());
    }
    let problem = "it holds a password or a token, which would be stored and shown in clear: link the Git account, or pass \
                   the token as git_token";
    Err(Invalid::Field { field: "repo_url", problem: problem.to_owned() })
}

/// The URL as it may be shown: `***` stands for user, password and secret parameters.
#[must_use]
pub fn without_credentials(url: &str) -> Cow<'_, str> {
    let (front, query) = url.split_once('?').map_or((url, None), |(front, query)| (front, Some(query)));
    let is_secret = |parameter: &&str| {
        let name = parameter.split('=').next().unwrap_or_default().to_ascii_lowercase();
        SECRET_WORDS.iter().any(|word| name.contains(word))
    };
    let secret_query = query.is_some_and(|query| query.split('&').any(|parameter| is_secret(&parameter)));
    let shown = hide_user(front);
    match (shown, secret_query) {
        (None, false) => Cow::Borrowed(url),
        (shown, true) => Cow::Owned(format!("{}?***", shown.as_deref().unwrap_or(front))),
        (Some(shown), false) => Cow::Owned(match query {
            Some(query) => format!("{shown}?{query}"),
            None => shown,
        }),
    }
}

/// The URL with `***` in place of a user that may be a secret; `None` if there is none.
fn hide_user(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://").map_or(("", url), |(scheme, rest)| (scheme, rest));
    let (authority, path) = rest.split_at_checked(rest.find(['/', '#']).unwrap_or(rest.len()))?;
    let (user, host) = authority.rsplit_once('@')?;
    let ssh = scheme.is_empty() || scheme.to_ascii_lowercase().contains("ssh");
    if ssh && !user.contains(':') {
        return None;
    }
    let separator = if scheme.is_empty() { "" } else { "://" };
    Some(format!("{scheme}{separator}***@{host}{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_without_a_secret_is_taken_and_shown_as_it_is() {
        for url in [
            "https://github.com/acme/shop",
            "https://github.com/acme/shop.git?ref=main",
            "https://git.acme.dev:8443/a@b/shop",
            "git@github.com:acme/shop.git",
            "ssh://git@github.com/acme/shop.git",
            "git+ssh://git@github.com/acme/shop.git",
            "/srv/git/shop.git",
            "",
        ] {
            assert_eq!(check_repo_url(url), Ok(()), "{url}");
            assert_eq!(without_credentials(url), url);
        }
    }

    #[test]
    fn a_url_with_a_secret_is_refused_and_shown_without_it() {
        for (url, shown) in [
            ("https://ghp_secret@github.com/acme/shop", "https://***@github.com/acme/shop"),
            ("https://x-access-token:ghp_secret@github.com/a/b", "https://***@github.com/a/b"),
            ("HTTPS://oauth2:glpat-secret@gitlab.com/a/b", "HTTPS://***@gitlab.com/a/b"),
            ("https://me:p@secret@git.acme.dev", "https://***@git.acme.dev"),
            ("https://:secret@git.acme.dev/a?ref=x", "https://***@git.acme.dev/a?ref=x"),
            ("ssh://git:secret@git.acme.dev/a", "ssh://***@git.acme.dev/a"),
            ("git:secret@git.acme.dev:a/b", "***@git.acme.dev:a/b"),
            ("https://gitlab.com/a/b?private_token=secret", "https://gitlab.com/a/b?***"),
            ("https://u:secret@a.b/c?x=1&Access_Token=secret", "https://***@a.b/c?***"),
        ] {
            let refusal = check_repo_url(url).unwrap_err().to_string();
            assert!(refusal.contains("git_token") && !refusal.contains("secret"), "{refusal}");
            assert_eq!(without_credentials(url), shown);
        }
    }
}
