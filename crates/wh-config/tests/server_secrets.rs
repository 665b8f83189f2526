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
    for (name, meant) in [
        ("WH_API_SERVER_PREVIOUS_SECRETS", "WH_API_SERVER__PREVIOUS_SECRETS"),
        ("WH_API_SERVER__PREVIOUS_SECRET", "WH_API_SERVER__PREVIOUS_SECRETS"),
        ("WH_SECURITY_STORED_FORM", "WH_SECURITY__STORED_FORM"),
    ] {
        let message = refused(sound().variable(name, "the-older-secret-of-two"));
        assert!(message.contains(&format!("did you mean {meant}?")), "{message}");
    }
    let slip = sound().credential("api_server_previous_secret", "the-older-secret-of-two");
    assert!(refused(slip).contains("did you mean api_server_previous_secrets?"));
    assert!(
        refused(sound().yaml("config.yaml", "security: { stored_form: !v2 }")).contains("tag or an anchor")
    );
}

#[test]
fn previous_secrets_of_a_credential_are_read() {
    let sources = Sources::new()
        .credential("api_server_secret", "the-newer-secret-of-two\n")
        .credential("api_server_previous_secrets", "the-older-secret-of-two\nthe-oldest-secret-of-all\n");
    let previous = ServerSecrets::from_sources(sources).unwrap().previous;
    let previous: Vec<_> = previous.iter().map(ExposeSecret::expose_secret).collect();
    assert_eq!(previous, ["the-older-secret-of-two", "the-oldest-secret-of-all"]);
}
