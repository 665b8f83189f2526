//! Rules that hold for every input.

use std::collections::BTreeMap;

use proptest::prelude::*;
use wh_cache::{Cache, CacheSettings, Eviction};

fn eviction() -> impl Strategy<Value = Eviction> {
    let text = prop_oneof![4 => "[a-z:*\\[\\]?\\\\\"\u{0}-\u{1f}é😀]{0,40}", 1 => ".{0,3000}"];
    prop_oneof![
        4 => text.clone().prop_map(Eviction::Key),
        2 => text.clone().prop_map(Eviction::Prefix),
        1 => text.prop_map(Eviction::Pattern),
        1 => Just(Eviction::Everything),
    ]
}

#[derive(Debug, Clone)]
enum Step {
    Set(String, u32),
    Evict(Eviction),
}

/// Keys over few letters, so that prefixes and patterns meet them.
fn step() -> impl Strategy<Value = Step> {
    let key = "[ab:]{0,3}";
    prop_oneof![
        4 => (key, any::<u32>()).prop_map(|(key, value)| Step::Set(key, value)),
        2 => key.prop_map(|key| Step::Evict(Eviction::Key(key))),
        1 => key.prop_map(|prefix| Step::Evict(Eviction::Prefix(prefix))),
        1 => "[ab:*?]{0,3}".prop_map(|pattern| Step::Evict(Eviction::Pattern(pattern))),
    ]
}

proptest! {
    #[test]
    fn evictions_survive_the_journey(evictions in prop::collection::vec(eviction(), 0..20), limit in 64_usize..9000) {
        let messages = Eviction::pack(&evictions, limit);
        prop_assert!(messages.iter().all(|message| message.len() <= limit && !message.contains('\0')));
        let arrived: Vec<Eviction> =
            messages.iter().flat_map(|message| Eviction::unpack(message).unwrap()).collect();
        prop_assert_eq!(arrived.len(), evictions.len());
        for (sent, arrived) in evictions.iter().zip(&arrived) {
            let wider = match sent {
                Eviction::Key(key) | Eviction::Prefix(key) => arrived.covers(key),
                _ => *arrived == Eviction::Everything,
            };
            prop_assert!(sent == arrived || wider, "{:?} became {:?}", sent, arrived);
            prop_assert!(sent == arrived || sent.to_string().len() * 6 + 6 > limit, "{:?} had room", sent);
        }
    }

    #[test]
    fn an_eviction_is_read_as_it_was_written(eviction in eviction()) {
        prop_assert_eq!(eviction.to_string().parse(), Ok(eviction));
    }

    #[test]
    fn any_text_can_be_a_pattern(pattern in "[ab*?\\[\\]^\\\\-]{0,12}", key in "[ab-]{0,12}") {
        let _ = Eviction::Pattern(pattern).covers(&key);
    }

    #[test]
    fn the_cache_is_a_map(steps in prop::collection::vec(step(), 0..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let cache = Cache::in_process(CacheSettings::default());
            let mut model = BTreeMap::new();
            for step in steps {
                match step {
                    Step::Set(key, value) => {
                        cache.set(&key, &value, None).await;
                        model.insert(key, value);
                    }
                    Step::Evict(eviction) => {
                        cache.evict(std::slice::from_ref(&eviction)).await;
                        model.retain(|key, _| !eviction.covers(key));
                    }
                }
                for (key, value) in &model {
                    assert_eq!(cache.get::<u32>(key).await, Some(*value));
                }
            }
        });
    }
}

#[test]
fn patterns_mean_what_they_mean_to_redis() {
    for (pattern, key, taken) in [
        ("user:*", "user:", true),
        ("user:*", "user", false),
        ("u?er", "user", true),
        ("u?er", "uer", false),
        ("*a*b*", "xxaxxbxx", true),
        ("*a*b", "ab_", false),
        ("[a-c]x", "bx", true),
        ("[c-a]x", "bx", true),
        ("[^a-c]x", "bx", false),
        ("[^a-c]x", "dx", true),
        (r"[\]]", "]", true),
        ("[abc", "c", true),
        ("[]", "a", false),
        (r"a\*b", "a*b", true),
        (r"a\*b", "axb", false),
        (r"a\", r"a\", true),
        ("", "", true),
        ("", "a", false),
        ("**", "anything", true),
        ("?", "é", false),
        ("??", "é", true),
    ] {
        assert_eq!(Eviction::Pattern(pattern.to_owned()).covers(key), taken, "{pattern} and {key}");
    }
}
