//! Names for apps whose user did not think of one: `calm-harbor-0042`.

use uuid::Uuid;

use crate::AppName;

const ADJECTIVES: [&str; 64] = [
    "agile", "amber", "ancient", "bold", "brave", "bright", "brisk", "calm", "clever", "cosmic", "cozy",
    "crimson", "crisp", "curious", "dapper", "daring", "eager", "early", "electric", "fancy", "fearless",
    "fluent", "gentle", "gifted", "golden", "happy", "hidden", "humble", "icy", "jolly", "keen", "kind",
    "lively", "lucid", "lucky", "lunar", "mellow", "merry", "mighty", "misty", "modest", "noble", "patient",
    "playful", "polite", "proud", "quick", "quiet", "rapid", "rustic", "serene", "sharp", "shiny", "silent",
    "silver", "smooth", "snowy", "solar", "steady", "sunny", "swift", "vivid", "warm", "witty",
];

const NOUNS: [&str; 64] = [
    "anchor", "aurora", "badger", "bamboo", "beacon", "birch", "breeze", "bridge", "brook", "canyon",
    "cedar", "cliff", "cloud", "comet", "compass", "coral", "creek", "dune", "eagle", "ember", "falcon",
    "fern", "field", "fjord", "forest", "garden", "glacier", "harbor", "heron", "island", "jungle", "lagoon",
    "lantern", "lynx", "maple", "meadow", "meteor", "moon", "mountain", "nebula", "oasis", "ocean",
    "orchard", "otter", "panda", "pebble", "pine", "planet", "prairie", "quartz", "rain", "raven", "reef",
    "ridge", "river", "sparrow", "spruce", "stone", "summit", "thunder", "tiger", "valley", "willow",
    "zephyr",
];

/// A fresh UUID v4 for an app, from the operating system's random numbers (`NewAppUUID`).
#[must_use]
pub fn new_app_uuid() -> Uuid {
    Uuid::new_v4()
}

impl AppName {
    /// Draws `adjective-noun-NNNN` (`GenerateAppName`): every word and every number equally likely,
    /// 40,960,000 names, each of them valid. It is not looked up anywhere; a taken one is a conflict like any
    /// other.
    #[must_use]
    pub fn generate() -> Self {
        loop {
            if let Some(name) = from_bits(Uuid::new_v4().as_u64_pair().1) {
                return name;
            }
        }
    }
}

/// The low 62 bits of a UUID v4 are all random; 26 of them make a name. None for a number that would make
/// some names likelier than others.
fn from_bits(bits: u64) -> Option<AppName> {
    let word = |list: &[&'static str; 64], bits: u64| list.get(usize::try_from(bits & 63).ok()?).copied();
    let adjective = word(&ADJECTIVES, bits)?;
    let noun = word(&NOUNS, bits >> 6)?;
    let number = (bits >> 12) & 0x3fff;
    (number < 10_000).then(|| AppName(format!("{adjective}-{noun}-{number:04}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_words_are_distinct() {
        assert_eq!(ADJECTIVES.iter().chain(&NOUNS).collect::<BTreeSet<_>>().len(), 128);
    }

    #[test]
    fn every_pair_of_words_makes_a_valid_name_with_the_first_and_the_last_number() {
        for words in 0..4096 {
            for number in [0, 9_999] {
                let name = from_bits(words | number << 12).unwrap();
                AppName::parse(name.as_str()).unwrap();
            }
            assert_eq!(from_bits(words | 10_000 << 12), None);
        }
    }

    #[test]
    fn every_bit_pattern_gives_its_own_name() {
        let names: BTreeSet<_> = (0..4096).map(|words| from_bits(words | 7 << 12).unwrap()).collect();
        assert_eq!(names.len(), 4096);
        assert!(names.first().unwrap().as_str().ends_with("-0007"));
    }

    #[test]
    fn drawn_names_are_valid_and_differ() {
        let names: BTreeSet<_> = (0..200).map(|_| AppName::generate()).collect();
        assert!(names.len() > 190);
        for name in names {
            AppName::parse(name.as_str()).unwrap();
        }
    }

    #[test]
    fn uuids_are_of_version_4() {
        assert_eq!(new_app_uuid().get_version_num(), 4);
        assert_ne!(new_app_uuid(), new_app_uuid());
    }
}
