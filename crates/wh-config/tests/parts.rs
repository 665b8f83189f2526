//! Parts of a configuration without the rest.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use secrecy::ExposeSecret;
use wh_config::{Jobs, Redis, ServerSecrets, Sources, StoredForm, WorkerConfig, plan_overrides};

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

#[test]
fn a_section_is_read_whatever_is_wrong_with_others() {
    let faulty =
        |text: &str| Sources::new().yaml("config.yaml", format!("database: {{ port: many }}\n{text}"));
    let jobs = Jobs::from_sources(faulty("jobs: { build_timeout: 77m }")).unwrap();
    assert_eq!(jobs.build_timeout.as_secs(), 77 * 60);
    let refused = Jobs::from_sources(faulty("jobs: { build_timeout: soon }")).unwrap_err().to_string();
    assert!(
        refused.contains("config.yaml:2: jobs.build_timeout") && !refused.contains("database"),
        "{refused}"
    );
    let plans = plan_overrides(faulty("plans: { pro: { max_apps: 77 } }")).unwrap();
    assert_eq!(plans.into_values().map(|plan| plan.max_apps).collect::<Vec<_>>(), [Some(77)]);
    let refused = plan_overrides(faulty("plans: { pr0: { max_apps: 77 } }")).unwrap_err().to_string();
    assert!(refused.contains("did you mean the plan pro?"), "{refused}");
}

#[test]
fn the_settings_of_a_section_are_looked_at_together() {
    let both = Sources::new().variable("WH_REDIS__ADDR", "a:1").variable("WH_REDIS__URL", "redis://b:1/0");
    let refused = Redis::from_sources(both).unwrap_err().to_string();
    assert!(refused.contains("redis.url: is set beside addr"), "{refused}");
}

#[test]
fn a_worker_needs_its_own_settings_alone() {
    let own =
        "worker: { name: w1, api_key: the-key-of-this-worker, capacity_cpu: 4 }\nlogging: { level: debug }\n";
    let config = WorkerConfig::from_sources(Sources::new().yaml("worker.yaml", own)).unwrap();
    assert_eq!(config.worker.api_key.as_ref().unwrap().expose_secret(), "the-key-of-this-worker");
    assert_eq!(
        (config.worker.capacity_cpu.to_string(), config.logging.level.to_string()),
        ("4 CPU".into(), "debug".into())
    );
    assert!(!format!("{config:?}").contains("the-key"));
    for (slip, word) in [
        ("worker: { zone: '-' }", "worker.zone"),
        ("logging: { level: loud }", "logging.level"),
        ("wroker: { name: w1 }", "did you mean worker?"),
    ] {
        let refused =
            WorkerConfig::from_sources(Sources::new().yaml("worker.yaml", slip)).unwrap_err().to_string();
        assert!(refused.contains(word), "{refused}");
    }
}
