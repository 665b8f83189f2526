//! What holds for every name, quantity and message.

use proptest::prelude::*;
use wh_types::{
    AppName, Bandwidth, Cpu, DeployPayload, EnvKey, HeartbeatRequest, Hostname, JobResult, JobStatusUpdate,
    PlanId, Size, Subdomain, is_reserved_label,
};

/// The rule of app names, said another way than the crate says it.
fn is_app_name(text: &str) -> bool {
    (7..=32).contains(&text.len())
        && text.split('-').all(|part| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
        && !is_reserved_label(text)
}

fn is_env_key(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

proptest! {
    #[test]
    fn app_names_are_what_their_rule_says(text in prop_oneof!["[a-z0-9-]{0,40}", "[a-z]{1,9}(-[a-z0-9]{1,9}){0,4}", "\\PC{0,40}"]) {
        prop_assert_eq!(AppName::parse(&text).is_ok(), is_app_name(&text), "{}", text);
    }

    #[test]
    fn every_app_name_is_a_subdomain_and_a_label_of_a_host_name(text in "[a-z0-9]{1,9}(-[a-z0-9]{1,9}){1,3}") {
        if let Ok(name) = AppName::parse(&text) {
            prop_assert_eq!(Subdomain::parse(&text).unwrap(), Subdomain::from(&name));
            prop_assert_eq!(Hostname::parse(&format!("{name}.acme.dev")).unwrap().to_string(), format!("{text}.acme.dev"));
        }
    }

    #[test]
    fn env_keys_are_what_their_rule_says(text in prop_oneof!["[A-Z0-9_]{0,70}", "[A-Z][A-Z0-9_]{0,20}", "\\PC{0,20}"]) {
        prop_assert_eq!(EnvKey::parse(&text).is_ok(), is_env_key(&text), "{}", text);
    }

    #[test]
    fn a_host_name_is_its_own_dns_form(text in prop_oneof!["\\PC{0,40}", "[a-zA-ZäöüÄÖÜßéλ0-9-]{1,12}(\\.[a-z]{2,5}){1,2}\\.?"]) {
        if let Ok(host) = Hostname::parse(&text) {
            prop_assert!(host.as_str().is_ascii() && host.as_str() == host.as_str().to_ascii_lowercase());
            prop_assert!(host.as_str().contains('.') && !host.as_str().ends_with('.'));
            prop_assert_eq!(Hostname::parse(host.as_str()).unwrap(), host);
        }
    }

    #[test]
    fn no_address_is_a_host_name(v4 in any::<std::net::Ipv4Addr>(), v6 in any::<std::net::Ipv6Addr>()) {
        for text in [v4.to_string(), v6.to_string(), format!("[{v6}]"), format!("{v4}.")] {
            prop_assert!(Hostname::parse(&text).is_err(), "{}", text);
        }
    }

    #[test]
    fn quantities_read_back_as_they_show(units in prop_oneof![any::<u32>(), Just(u32::MAX), Just(1 << 31)]) {
        prop_assert_eq!(Cpu::from_milli(units).to_string().parse(), Ok(Cpu::from_milli(units)));
        prop_assert_eq!(Size::from_mib(units).to_string().parse(), Ok(Size::from_mib(units)));
        prop_assert_eq!(Bandwidth::from_kbit(units).to_string().parse(), Ok(Bandwidth::from_kbit(units)));
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,60}") {
        let _ = (text.parse::<Cpu>(), text.parse::<Size>(), text.parse::<Bandwidth>(), PlanId::parse(&text));
    }

    #[test]
    fn no_json_panics_and_no_refusal_of_a_payload_shows_it(text in prop_oneof!["\\PC{0,60}", "\\{(\"[a-z_]{1,12}\": ?(\"hunter2\"|-?[0-9]{1,12}|null|\\[\\]|\\{\\}),? ?){0,6}\\}"]) {
        let _ = (serde_json::from_str::<JobResult>(&text).is_ok(), serde_json::from_str::<JobStatusUpdate>(&text).is_ok());
        let _ = serde_json::from_str::<HeartbeatRequest>(&text).is_ok();
        if let Err(error) = DeployPayload::from_json(&text.into()) {
            prop_assert!(!error.to_string().contains("hunter2"), "{}", error);
        }
    }
}
