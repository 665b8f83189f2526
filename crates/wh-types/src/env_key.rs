//! The name of an environment variable.

use serde::{Deserialize, Serialize};

use crate::{Invalid, text::validated_text};

/// The name of an app's environment variable: `^[A-Z][A-Z0-9_]{0,63}$`. A `CHECK` of the schema says the
/// same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EnvKey(String);

validated_text!(EnvKey);

impl EnvKey {
    /// The greatest length in characters.
    pub const MAX: usize = 64;

    /// Takes a key (`ValidEnvKey`).
    ///
    /// # Errors
    /// [`Invalid`] with the first rule that it breaks.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let what = "environment key";
        let given = text.chars().count();
        if !(1..=Self::MAX).contains(&given) {
            return Err(Invalid::Length { what, given, min: 1, max: Self::MAX });
        }
        for (index, found) in text.chars().enumerate() {
            let allowed = match (index, found) {
                (_, 'A'..='Z') => continue,
                (0, _) => "it begins with A-Z",
                (_, '0'..='9' | '_') => continue,
                _ => "A-Z, 0-9 and the underscore are allowed",
            };
            return Err(Invalid::Character { what, found, position: index + 1, allowed });
        }
        Ok(Self(text.to_owned()))
    }
}

// The table's own CHECK holds the rule, so a stored key that breaks it is an error of the row.
#[cfg(feature = "diesel")]
crate::columns::checked_text_columns!(EnvKey);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_at_both_ends_of_the_rule_are_taken() {
        for key in ["A", "PATH", "A_1_", &"Z".repeat(64)] {
            assert_eq!(EnvKey::parse(key).unwrap(), key);
        }
    }

    #[test]
    fn each_refusal_says_which_rule_and_what_would_be_right() {
        let refusal = |key: &str| EnvKey::parse(key).unwrap_err().to_string();
        insta::assert_snapshot!(refusal(""), @"environment key has 0 characters: 1 to 64 are allowed");
        insta::assert_snapshot!(refusal(&"Z".repeat(65)), @"environment key has 65 characters: 1 to 64 are allowed");
        insta::assert_snapshot!(refusal("1A"), @"environment key has '1' at position 1: it begins with A-Z");
        insta::assert_snapshot!(refusal("_A"), @"environment key has '_' at position 1: it begins with A-Z");
        insta::assert_snapshot!(refusal("PATh"), @"environment key has 'h' at position 4: A-Z, 0-9 and the underscore are allowed");
        insta::assert_snapshot!(refusal("A\n"), @r"environment key has '\n' at position 2: A-Z, 0-9 and the underscore are allowed");
        insta::assert_snapshot!(refusal("ÄA"), @"environment key has 'Ä' at position 1: it begins with A-Z");
    }
}
