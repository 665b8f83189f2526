//! The table of the house: which crate stands in which row, and what it may use.

/// The rows, from the bottom up. A crate uses crates of lower rows only, never one of its own row or above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Row {
    Words,
    Parts,
    Services,
    Facade,
    Development,
}

/// One crate of the house.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) name: &'static str,
    pub(super) row: Row,
    /// The crates of the house that it may use.
    pub(super) house: &'static [&'static str],
    /// Other crates that it may use, beside [`COMMON`], with every feature on.
    pub(super) others: &'static [&'static str],
    /// Whether, with default features, nothing below it may do IO.
    pub(super) pure: bool,
}

/// What every crate may use.
pub(super) const COMMON: &[&str] = &["serde", "serde_json", "thiserror", "chrono", "uuid", "secrecy"];

/// What a pure crate's tree must not hold: drivers, runtimes, network.
pub(super) const IMPURE: &[&str] = &[
    "tokio",
    "diesel",
    "diesel-async",
    "tokio-postgres",
    "bb8",
    "rustls",
    "ring",
    "fred",
    "lettre",
    "mio",
    "socket2",
];

pub(super) const HOUSE: &[Place] = &[
    Place {
        name: "wh-types",
        row: Row::Words,
        house: &[],
        // The feature `diesel` adds conversions, and is off by default.
        others: &["diesel", "idna", "percent-encoding"],
        pure: true,
    },
    Place {
        name: "wh-crypto",
        row: Row::Parts,
        house: &["wh-types"],
        // The feature `tokio` moves slow hashes off the runtime, and is off by default.
        others: &[
            "aes-gcm",
            "argon2",
            "base64-simd",
            "getrandom",
            "hkdf",
            "hmac",
            "sha2",
            "subtle",
            "tokio",
            "unicode-normalization",
            "zeroize",
        ],
        pure: true,
    },
    Place { name: "wh-plans", row: Row::Parts, house: &["wh-types"], others: &["arc-swap"], pure: true },
    Place {
        name: "wh-config",
        row: Row::Parts,
        house: &["wh-types"],
        others: &["figment", "granit-parser", "percent-encoding", "strsim"],
        pure: true,
    },
    Place {
        name: "wh-schema",
        row: Row::Parts,
        house: &["wh-types"],
        others: &["diesel", "diesel_migrations", "diesel-async", "sha2", "tokio"],
        pure: false,
    },
    Place {
        name: "wh-cache",
        row: Row::Parts,
        house: &["wh-types"],
        // Redis stands behind the feature `redis`.
        others: &[
            "bytes",
            "fred",
            "futures-util",
            "metrics",
            "moka",
            "rustls",
            "rustls-native-certs",
            "sha2",
            "tokio",
            "tracing",
        ],
        pure: false,
    },
    Place {
        name: "wh-mail",
        row: Row::Services,
        house: &["wh-types", "wh-crypto"],
        others: &[
            "askama",
            "backon",
            "chrono-tz",
            "idna",
            "lettre",
            "metrics",
            "percent-encoding",
            "tokio",
            "tracing",
        ],
        pure: false,
    },
    Place {
        name: "wh-repo",
        row: Row::Services,
        house: &["wh-types", "wh-schema", "wh-crypto", "wh-plans", "wh-cache"],
        others: &[
            "backon",
            "bb8",
            "diesel",
            "diesel-async",
            "email_address",
            "email_address",
            "futures-util",
            "log",
            "log",
            "metrics",
            "percent-encoding",
            "rustls",
            "rustls-native-certs",
            "tokio",
            "tokio-postgres",
            "tokio-postgres-rustls",
            "tracing",
            "unicode-normalization",
            "unicode-width",
            "unicode-normalization",
        ],
        pure: false,
    },
    Place {
        name: "wh-data",
        row: Row::Facade,
        house: &[
            "wh-types",
            "wh-crypto",
            "wh-plans",
            "wh-config",
            "wh-schema",
            "wh-cache",
            "wh-mail",
            "wh-repo",
        ],
        // The program stands behind the feature `cli`.
        others: &["clap", "clap_complete", "diesel-async", "indicatif", "rustls", "tokio", "tracing"],
        pure: false,
    },
];

/// Crates for development, which may use everything; nothing of the house may use them outside of its tests.
pub(super) const DEVELOPMENT: &[&str] = &["wh-stack", "wh-testkit", "wh-bench", "xtask"];

/// The row of a crate of the house.
pub(super) fn row(name: &str) -> Option<Row> {
    let place = HOUSE.iter().find(|place| place.name == name).map(|place| place.row);
    place.or_else(|| DEVELOPMENT.contains(&name).then_some(Row::Development))
}
