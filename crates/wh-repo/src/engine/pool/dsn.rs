//! The parts of a connection string that the driver does not know: libpq's `sslmode` in full, and `sslrootcert`.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;
pub(super) use wh_types::SslMode;

/// Where the known authorities are listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RootCertificates {
    /// `sslrootcert=system`: the authorities that the operating system trusts.
    System,
    /// `sslrootcert=FILE`: those of a PEM file.
    File(PathBuf),
}

/// What was taken out of a connection string, and what is left of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) mode: SslMode,
    pub(super) roots: Option<RootCertificates>,
    /// The string without the two options.
    pub(super) rest: String,
}

/// Takes `sslmode` and `sslrootcert` out of a URL or a keyword string. Never repeats the string in an error, since it
/// holds a password.
pub(super) fn split(dsn: &str) -> Result<Parts, String> {
    let mut mode = None;
    let mut roots = None;
    let mut keep = |name: &str, value: &str| -> Result<bool, String> {
        match name {
            "sslmode" => mode = Some(parse_mode(value)?),
            "sslrootcert" if value == "system" => roots = Some(RootCertificates::System),
            "sslrootcert" => roots = Some(RootCertificates::File(PathBuf::from(value))),
            _ => return Ok(true),
        }
        Ok(false)
    };
    let rest = if is_url(dsn) { split_url(dsn, &mut keep)? } else { split_keywords(dsn, &mut keep)? };
    let mode = match (mode, &roots) {
        (Some(mode), _) => mode,
        // As libpq has it: asking for the system's authorities means to use them in full.
        (None, Some(RootCertificates::System)) => SslMode::VerifyFull,
        (None, _) => SslMode::Prefer,
    };
    if roots == Some(RootCertificates::System) && mode != SslMode::VerifyFull {
        // Anybody can get a certificate from a public authority. libpq refuses in the same words.
        return Err(format!(
            "weak sslmode \"{mode}\" may not be used with sslrootcert=system (use \"verify-full\")"
        ));
    }
    Ok(Parts { mode, roots, rest })
}

fn is_url(dsn: &str) -> bool {
    dsn.starts_with("postgres://") || dsn.starts_with("postgresql://")
}

fn parse_mode(word: &str) -> Result<SslMode, String> {
    // libpq's `allow` asks for TLS only after a refusal; here it is asked for first.
    let word = if word == "allow" { "prefer" } else { word };
    word.parse().map_err(|_| {
        format!("sslmode {word:?} is not known: expected disable, prefer, require, verify-ca or verify-full")
    })
}

/// Refuses a URL whose password holds a bare `@` or `?`. The driver would take a part of the password for the host, look it up, and
/// show it.
fn check_password(url: &str) -> Result<(), String> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
    let cut_off = !authority.contains('@')
        && rest.get(authority.len()..).is_some_and(|after| after.starts_with('?') && after.contains('@'))
        && !port.bytes().all(|byte| byte.is_ascii_digit());
    if authority.matches('@').count() > 1 || cut_off {
        return Err(
            "the user or the password of the URL holds a sign that must be escaped: write @ as %40, ? as %3F"
                .to_owned(),
        );
    }
    Ok(())
}

fn split_url(url: &str, keep: &mut impl FnMut(&str, &str) -> Result<bool, String>) -> Result<String, String> {
    check_password(url)?;
    let Some((before, query)) = url.split_once('?') else {
        return Ok(url.to_owned());
    };
    let mut kept = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if keep(name, &percent_decode_str(value).decode_utf8_lossy())? {
            kept.push(pair);
        }
    }
    Ok(if kept.is_empty() { before.to_owned() } else { format!("{before}?{}", kept.join("&")) })
}

/// Splits `name = 'va\'lue' …` as libpq does: a value in quotes may hold blanks, a backslash keeps the next character.
fn split_keywords(
    text: &str,
    keep: &mut impl FnMut(&str, &str) -> Result<bool, String>,
) -> Result<String, String> {
    let mut kept = String::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let Some((name, after)) = rest.split_once('=') else {
            return Err(
                "the connection string is neither a postgres:// URL nor a list of name=value".to_owned()
            );
        };
        let name = name.trim();
        let (value, after) = keyword_value(after.trim_start())?;
        if keep(name, &value)? {
            kept.push_str(name);
            kept.push_str("='");
            kept.push_str(&value.replace('\\', "\\\\").replace('\'', "\\'"));
            kept.push_str("' ");
        }
        rest = after.trim_start();
    }
    Ok(kept.trim_end().to_owned())
}

fn keyword_value(text: &str) -> Result<(String, &str), String> {
    let (quoted, body) = text.strip_prefix('\'').map_or((false, text), |body| (true, body));
    let mut value = String::new();
    let mut chars = body.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
            '\'' if quoted => return Ok((value, body.get(at + 1..).unwrap_or_default())),
            c if !quoted && c.is_whitespace() => return Ok((value, body.get(at..).unwrap_or_default())),
            c => value.push(c),
        }
    }
    if quoted {
        return Err("a quoted value of the connection string is not closed".to_owned());
    }
    Ok((value, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_keeps_everything_but_the_tls_options() {
        let parts = split(
            "postgres://u:p%40ss@db:5433/x?sslmode=verify-full&application_name=a&sslrootcert=%2Fetc%2Fca.pem",
        );
        assert_eq!(
            parts.unwrap(),
            Parts {
                mode: SslMode::VerifyFull,
                roots: Some(RootCertificates::File("/etc/ca.pem".into())),
                rest: "postgres://u:p%40ss@db:5433/x?application_name=a".into(),
            }
        );
    }

    #[test]
    fn keywords_keep_quoted_passwords() {
        let parts = split(r"host=db password='it\'s a \\ secret' sslmode = require dbname=x").unwrap();
        assert_eq!(parts.mode, SslMode::Require);
        let config: tokio_postgres::Config = parts.rest.parse().unwrap();
        assert_eq!(config.get_password(), Some(br"it's a \ secret".as_slice()));
        assert_eq!(config.get_dbname(), Some("x"));
    }

    #[test]
    fn what_is_not_said_means_what_libpq_says() {
        assert_eq!(split("postgres://h/x").unwrap().mode, SslMode::Prefer);
        assert_eq!(split("postgres://h/x?sslrootcert=system").unwrap().mode, SslMode::VerifyFull);
        assert_eq!(split("").unwrap().mode, SslMode::Prefer);
    }

    #[test]
    fn the_systems_authorities_are_refused_for_less_than_verify_full() {
        // The words of libpq since version 16.
        for mode in ["disable", "prefer", "require", "verify-ca"] {
            assert_eq!(
                split(&format!("host=h sslmode={mode} sslrootcert=system")).unwrap_err(),
                format!(
                    "weak sslmode \"{mode}\" may not be used with sslrootcert=system (use \"verify-full\")"
                )
            );
        }
        assert_eq!(split("host=h sslmode=verify-full sslrootcert=system").unwrap().mode, SslMode::VerifyFull);
    }

    #[test]
    fn faults_are_named_without_the_password() {
        let unknown = split("postgres://u:hunter2@h/x?sslmode=maybe").unwrap_err();
        assert_eq!(
            unknown,
            "sslmode \"maybe\" is not known: expected disable, prefer, require, verify-ca or verify-full"
        );
        for broken in ["hunter2", "password='hunter2", "host=h hunter2"] {
            assert!(!split(broken).unwrap_err().contains("hunter2"), "{broken}");
        }
    }

    #[test]
    fn a_password_with_a_bare_at_sign_is_refused_and_not_shown() {
        for url in [
            "postgres://me:p@hunter2!@h/x",
            "postgres://me:hunter2@@h/x",
            "postgresql://me:p@hunter2@h1:1,h2:2/x?sslmode=require",
            "postgres://me:p?hunter2@h/x",
        ] {
            let refusal = split(url).unwrap_err();
            assert!(refusal.contains("write @ as %40") && !refusal.contains("hunter2"), "{refusal}");
        }
        for url in [
            "postgres://me:p%40ss@h/x",
            "postgres://me@h/x?application_name=a@b",
            "postgres://h:5432?application_name=a@b",
            "postgres://h1:1,[::1]:2/x@y",
        ] {
            assert!(split(url).is_ok(), "{url}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_password_survives_the_way_through_keywords(password in "\\PC{1,40}") {
            let quoted = password.replace('\\', "\\\\").replace('\'', "\\'");
            let parts = split(&format!("password='{quoted}' sslmode=disable host=h")).unwrap();
            let config: tokio_postgres::Config = parts.rest.parse().unwrap();
            proptest::prop_assert_eq!(config.get_password(), Some(password.as_bytes()));
        }

        #[test]
        fn nothing_panics(text in "\\PC{0,80}") {
            let _ = split(&text);
            let _ = split(&format!("postgres://{text}"));
        }
    }
}
