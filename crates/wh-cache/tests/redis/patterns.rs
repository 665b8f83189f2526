//! Patterns and models, with a server as the judge.

use std::collections::BTreeMap;

use proptest::{prelude::*, test_runner::Config};
use wh_cache::Eviction;
use wh_testkit::RedisServer;

use crate::support::{mirror, process};

#[derive(Debug, Clone)]
enum Step {
    Set(String, u32),
    Delete(String),
    Prefix(String),
    Pattern(String),
}

fn step() -> impl Strategy<Value = Step> {
    let key = "[ab:{}%]{0,3}";
    prop_oneof![
        4 => (key, any::<u32>()).prop_map(|(key, value)| Step::Set(key, value)),
        1 => key.prop_map(Step::Delete),
        1 => key.prop_map(Step::Prefix),
        1 => "[ab:{%*?]{0,3}".prop_map(Step::Pattern),
    ]
}

#[test]
fn patterns_mean_what_they_mean_to_the_server() {
    let server = RedisServer::start();
    let keys = ["a", "b", "ab", "ba", "abc", "a-b", "]", "^", "a]", "\\", "a\\b", "*", "?", "[", "aa*b", "-"];
    for key in keys {
        drop(server.command(&["SET", key, "1"]));
    }
    proptest!(Config::with_cases(150), |(pattern in "[ab*?\\[\\]^\\\\-]{0,7}")| {
        let mut theirs: Vec<String> =
            server.command(&["KEYS", &pattern]).lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
        theirs.sort();
        let eviction = Eviction::Pattern(pattern);
        let mut ours: Vec<String> = keys.iter().filter(|key| eviction.covers(key)).map(|key| (*key).to_owned()).collect();
        ours.sort();
        prop_assert_eq!(ours, theirs);
    });
}

#[test]
fn two_processes_and_a_server_are_one_map() {
    let server = RedisServer::start();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (a, b) = runtime.block_on(async { (process(&server).await, mirror(&server).await) });
    proptest!(Config::with_cases(60), |(steps in prop::collection::vec(step(), 0..30))| {
        runtime.block_on(async {
            a.delete_prefix("").await;
            let mut model = BTreeMap::new();
            for step in steps {
                match step {
                    Step::Set(key, value) => {
                        a.set(&key, &value, None).await;
                        model.insert(key, value);
                    }
                    Step::Delete(key) => {
                        a.delete(&key).await;
                        model.remove(&key);
                    }
                    Step::Prefix(prefix) => {
                        a.delete_prefix(&prefix).await;
                        model.retain(|key, _| !key.starts_with(&prefix));
                    }
                    Step::Pattern(pattern) => {
                        a.delete_by_pattern(&pattern).await;
                        let eviction = Eviction::Pattern(pattern);
                        model.retain(|key, _| !eviction.covers(key));
                    }
                }
            }
            for key in ["", "a", "b", "ab", "a:", "{", "%", "a{b", "}"].into_iter().map(str::to_owned).chain(model.keys().cloned()) {
                assert_eq!(a.get::<u32>(&key).await, model.get(&key).copied(), "{key} in the writer");
                assert_eq!(b.get::<u32>(&key).await, model.get(&key).copied(), "{key} in the reader");
            }
        });
    });
}
