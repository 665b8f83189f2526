//! The server secrets without the rest of a configuration.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use secrecy::ExposeSecret;
use wh_config::{ServerSecrets, Sources, StoredForm};

fn refused(sources: Sources) -> String {
    ServerSecrets::from_sources(sources).unwrap_err().to_string()
}

#[test]
fn the_secrets_need_no_other_setting() {
    let file = "api_server: { secret: the-newer-secret-of-two, port: many }\nworker: { zone: 7 }\n";
    let sources = Sources::new()
        .yaml("config.yaml", file)
        .variable("WH_API_SERVER__PREVIOUS_SECRETS", "the-older-secret-of-two")
        .variable("WH_SECURITY__STORED_FORM", "v2");
    let secrets = ServerSecrets::from_sources(sources).unwrap();
    assert_eq!(secrets.current.expose_secret(), "the-newer-secret-of-two");
    let previous: Vec<_> = secrets.previous.iter().map(ExposeSecret::expose_secret).collect();
    assert_eq!((previous, secrets.stored_form), (vec!["the-older-secret-of-two"], StoredForm::V2));
    assert!(!format!("{secrets:?}").contains("of-two"));
}

#[test]
fn whatever_could_make_them_other_secrets_is_a_fault() {
    assert!(refused(Sources::new()).contains("api_server.secret is missing"));
    let short = Sources::new().variable("WH_API_SERVER__SECRET", "short");
    assert!(refused(short).contains("at least 16 characters"));
    let sound = || Sources::new().variable("WH_API_SERVER__SECRET", "the-newer-secret-of-two");
    let slip = sound().yaml("config.yaml", "api_server: { previous_secret: [the-older-secret-of-two] }");
    assert!(refused(slip).contains("previous_secret is not a setting"));
    let slip = sound().yaml("config.yaml", "api_sever: { previous_secrets: [the-older-secret-of-two] }");
    assert!(refused(slip).contains("api_sever"));
    assert!(refused(sound().yaml("config.yaml", "api_server: [")).contains("config.yaml"));
    assert!(refused(sound().file("/there/is/no/such/file")).contains("could not be read"));
    assert!(refused(sound().variable("WH_SECURITY__STORED_FORM", "v3")).contains("stored_form"));
}
