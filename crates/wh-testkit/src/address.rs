//! Changing one part of a Postgres URL and leaving the rest as it was written.

use std::net::SocketAddr;

/// The same connection, to another database. Understands URLs and libpq's keywords.
#[must_use]
pub fn with_database(url: &str, name: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return format!("{url} dbname={name}");
    };
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    let authority = place.split_once('/').map_or(place, |(authority, _)| authority);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{scheme}://{authority}/{name}{query}")
}

/// The same connection, through another address. Further hosts are left away.
pub(crate) fn with_host(url: &str, at: &SocketAddr) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        let kept = url
            .split_whitespace()
            .filter(|pair| !["host=", "hostaddr=", "port="].iter().any(|key| pair.starts_with(key)));
        let kept: Vec<&str> = kept.collect();
        return format!("{} host={} port={}", kept.join(" "), at.ip(), at.port());
    };
    let cut = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at_checked(cut).unwrap_or((rest, ""));
    let user = authority.rsplit_once('@').map(|(user, _)| format!("{user}@")).unwrap_or_default();
    let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.is_empty() && !["host=", "port="].iter().any(|key| pair.starts_with(key)))
        .collect();
    let query = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
    format!("{scheme}://{user}{at}{path}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_is_replaced_and_the_rest_stays() {
        assert_eq!(
            with_database("postgres://me:p@h:5433/x?sslmode=disable", "y"),
            "postgres://me:p@h:5433/y?sslmode=disable"
        );
        assert_eq!(with_database("postgres://me@h", "y"), "postgres://me@h/y");
        assert_eq!(with_database("postgres://me@h?host=/run/pg", "y"), "postgres://me@h/y?host=/run/pg");
        assert_eq!(with_database("host=h dbname=x", "y"), "host=h dbname=x dbname=y");
    }

    #[test]
    fn the_host_is_replaced_and_the_rest_stays() {
        let at: SocketAddr = "127.0.0.1:99".parse().unwrap();
        assert_eq!(with_host("postgres://me:p@h:5433,k/x?a=b", &at), "postgres://me:p@127.0.0.1:99/x?a=b");
        assert_eq!(with_host("postgres://me@/x?host=/run/pg&a=b", &at), "postgres://me@127.0.0.1:99/x?a=b");
        assert_eq!(with_host("postgres://h", &at), "postgres://127.0.0.1:99");
        assert_eq!(with_host("host=h user=me port=5", &at), "user=me host=127.0.0.1 port=99");
    }

    #[test]
    fn the_driver_takes_the_last_of_two_database_names() {
        let config: tokio_postgres::Config = with_database("host=h dbname=x", "y").parse().unwrap();
        assert_eq!(config.get_dbname(), Some("y"));
    }
}
