//! The catalogue: every setting, as the sections declare it.

use wh_types::{PlanId, Size};

use crate::error::{Problem, shown_path};
use crate::sections::{
    ApiServer, Container, Database, Jobs, Logging, OAuthBitbucket, OAuthCodeberg, OAuthGitHub, OAuthGitLab,
    OAuthGoogle, Platform, Redis, Section, Security, Smtp, WebApp, Worker,
};
use crate::setting::Setting;
use crate::shape::Shape;
use crate::spec::{FieldSpec, Presence, SectionSpec};

/// All sections, in the order of the example file. `plans`, whose keys are open, comes beside them.
pub(crate) const SECTIONS: &[&SectionSpec] = &[
    Database::SPEC,
    ApiServer::SPEC,
    WebApp::SPEC,
    OAuthGoogle::SPEC,
    OAuthGitHub::SPEC,
    OAuthGitLab::SPEC,
    OAuthBitbucket::SPEC,
    OAuthCodeberg::SPEC,
    Platform::SPEC,
    Worker::SPEC,
    Container::SPEC,
    Security::SPEC,
    Logging::SPEC,
    Redis::SPEC,
    Smtp::SPEC,
    Jobs::SPEC,
];

/// The section whose keys are the names of plans.
pub(crate) const PLANS: &str = "plans";

const fn limit(
    name: &'static str,
    doc: &'static [&'static str],
    shape: Shape,
    example: &'static str,
) -> FieldSpec {
    FieldSpec { name, doc, presence: Presence::Optional(example), shape, list: false, credential: None }
}

/// The settings of a plan.
pub(crate) const PLAN_FIELDS: &[FieldSpec] = &[
    limit("max_apps", &["How many apps a user may have; 0 is no limit."], <u32 as Setting>::SHAPE, "8"),
    limit("cpu", &["CPU of one app."], Shape::Cpu, "2.5"),
    limit("memory", &["Memory of one app."], <Size as Setting>::SHAPE, "4GiB"),
    limit("disk", &["Disk of one app."], Shape::Size, "20GiB"),
    limit("bandwidth", &["Network bandwidth of one app."], Shape::Bandwidth, "200mbit"),
];

/// The entry at a path.
pub(crate) enum Entry {
    /// A setting.
    Field(&'static FieldSpec),
    /// A section, or a holder of sections.
    Section,
    /// Nothing.
    Unknown,
}

/// Looks a path up (`database.port`).
pub(crate) fn look_up(path: &str) -> Entry {
    if path.is_empty() || path == PLANS {
        return Entry::Section;
    }
    if let Some(rest) = path.strip_prefix(PLANS).and_then(|rest| rest.strip_prefix('.')) {
        let (plan, field) = rest.split_once('.').map_or((rest, None), |(plan, field)| (plan, Some(field)));
        return match (PlanId::parse(plan), field) {
            (Err(_), _) => Entry::Unknown,
            (Ok(_), None) => Entry::Section,
            (Ok(_), Some(name)) => find(PLAN_FIELDS, name),
        };
    }
    if SECTIONS.iter().any(|section| within(section.path, path).is_some()) {
        return Entry::Section;
    }
    SECTIONS
        .iter()
        .find_map(|section| {
            within(path, section.path).filter(|name| !name.is_empty()).map(|name| find(section.fields, name))
        })
        .unwrap_or(Entry::Unknown)
}

fn find(fields: &'static [FieldSpec], name: &str) -> Entry {
    fields.iter().find(|field| field.name == name).map_or(Entry::Unknown, Entry::Field)
}

/// The rest of `path` under `prefix`; empty where they are equal.
fn within<'a>(path: &'a str, prefix: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(prefix)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('.') }
}

/// The names right under a path, in the order of their declaration.
pub(crate) fn names_under(path: &str) -> Vec<String> {
    if path.strip_prefix(PLANS).is_some_and(|rest| rest.starts_with('.')) {
        return PLAN_FIELDS.iter().map(|field| field.name.to_owned()).collect();
    }
    let mut names: Vec<String> = Vec::new();
    for section in SECTIONS {
        if section.path == path {
            names.extend(section.fields.iter().map(|field| field.name.to_owned()));
            continue;
        }
        let below = if path.is_empty() { Some(section.path) } else { within(section.path, path) };
        if let Some(name) = below.and_then(|rest| rest.split('.').next())
            && names.iter().all(|known| known != name)
        {
            names.push(name.to_owned());
        }
    }
    if path.is_empty() {
        names.push(PLANS.to_owned());
    }
    names
}

/// Every path of a setting, but for those of plans, whose names are open.
pub(crate) fn all_paths() -> impl Iterator<Item = (String, &'static FieldSpec)> {
    SECTIONS.iter().flat_map(|section| {
        section.fields.iter().map(|field| (format!("{}.{}", section.path, field.name), field))
    })
}

/// The path that was most likely meant: a similar name at the same place, a path that is similar as a whole,
/// or the same name elsewhere if it is the only one.
pub(crate) fn nearest(path: &str) -> Option<String> {
    let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
    let under = |name: &str| {
        if parent.is_empty() { name.to_owned() } else { format!("{parent}.{name}") }
    };
    let near = |distance: usize, length: usize| distance <= (length / 3).max(1);
    let similar = names_under(parent)
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(&known, name), known))
        .filter(|(distance, known)| near(*distance, known.chars().count()))
        .min_by_key(|(distance, _)| *distance);
    if let Some((_, known)) = similar {
        return Some(under(&known));
    }
    let whole = all_paths()
        .map(|(known, _)| (strsim::damerau_levenshtein(&known, path), known))
        .filter(|(distance, _)| *distance <= 2)
        .min_by_key(|(distance, _)| *distance);
    if let Some((_, known)) = whole {
        return Some(known);
    }
    let mut elsewhere = all_paths().filter(|(_, field)| field.name == name).map(|(path, _)| path);
    let found = elsewhere.next();
    if elsewhere.next().is_none() { found } else { None }
}

/// The fault of a path that leads to nothing. `name` writes a path as the source does.
pub(crate) fn unknown(path: &str, name: impl Fn(&str) -> String) -> Problem {
    let (parent, own) = path.rsplit_once('.').unwrap_or(("", path));
    if let (PLANS, Err(error)) = (parent, PlanId::parse(own)) {
        return Problem::Invalid(if shown_path(own) == own {
            format!("is not a name of a plan: {error}")
        } else {
            "is not a name of a plan: write a-z, 0-9, the hyphen and the underscore, beginning with a letter"
                .to_owned()
        });
    }
    // Where the section is unknown too, the sections are what there is.
    let expected =
        Some(names_under(parent)).filter(|names| !names.is_empty()).unwrap_or_else(|| names_under(""));
    Problem::Unknown { nearest: nearest(path).map(|path| name(&path)), expected }
}

/// The credential that was most likely meant by a name that is none.
pub(crate) fn nearest_credential(name: &str) -> Option<&'static str> {
    let credentials = all_paths().filter_map(|(_, field)| field.credential);
    let near = credentials.map(|known| (strsim::damerau_levenshtein(known, name), known));
    near.filter(|(distance, _)| *distance <= 2).min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_credentials_are_the_ten_of_the_reference_and_two_more() {
        let mut credentials: Vec<_> = all_paths().filter_map(|(_, field)| field.credential).collect();
        credentials.sort_unstable();
        assert_eq!(
            credentials,
            [
                "api_server_previous_secrets",
                "api_server_secret",
                "bitbucket_oauth_client_secret",
                "codeberg_oauth_client_secret",
                "database_password",
                "github_oauth_client_secret",
                "gitlab_oauth_client_secret",
                "google_oauth_client_secret",
                "internal_api_token",
                "redis_password",
                "redis_url",
                "smtp_password",
            ]
        );
    }

    #[test]
    fn paths_lead_to_what_they_name() {
        for path in ["", "database", "oauth", "oauth.google", "plans", "plans.team"] {
            assert!(matches!(look_up(path), Entry::Section), "{path}");
        }
        for path in ["database.port", "oauth.google.client_id", "plans.team.cpu"] {
            assert!(matches!(look_up(path), Entry::Field(_)), "{path}");
        }
        for path in [
            "databas",
            "database.",
            "database.hots",
            "oauth.client_id",
            "database.port.x",
            "plans.Team",
            "plans.a.b",
        ] {
            assert!(matches!(look_up(path), Entry::Unknown), "{path}");
        }
    }

    #[test]
    fn the_nearest_name_is_one_of_the_same_place_or_the_only_one_of_another() {
        for (given, meant) in [
            ("databse", "database"),
            ("database.pasword", "database.password"),
            ("oauth.gogle", "oauth.google"),
            ("plans.pro.max_app", "plans.pro.max_apps"),
            ("databse.port", "database.port"),
            ("server.rate_limit", "api_server.rate_limit"),
        ] {
            assert_eq!(nearest(given).as_deref(), Some(meant), "{given}");
        }
        assert_eq!(nearest("colour"), None);
        assert_eq!(nearest("nowhere.host"), None);
    }

    #[test]
    fn every_setting_says_what_it_is_for() {
        for (path, field) in all_paths() {
            assert!(field.doc.iter().any(|line| line.trim().len() > 10), "{path}");
        }
    }
}
