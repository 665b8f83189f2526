//! The name of an app, and the label it is reached by.

use serde::{Deserialize, Serialize};

use crate::{Invalid, label, text::validated_text};

/// The name of an app: 7 to 32 of `a-z`, `0-9` and `-`, no hyphen at an end or next to another, not reserved.
///
/// It is unique among the living apps of its user, and always a valid [`Subdomain`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AppName(pub(crate) String);

validated_text!(AppName);

impl AppName {
    /// The least length in characters.
    pub const MIN: usize = 7;
    /// The greatest length in characters.
    pub const MAX: usize = 32;

    /// Takes a name from outside.
    ///
    /// # Errors
    /// [`Invalid`] with the first rule that it breaks.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        label::check("app name", text, Self::MIN, Self::MAX)?;
        Ok(Self(text.to_owned()))
    }

    /// Takes a name as the database gave it: names from before a rule stay readable.
    #[must_use]
    pub const fn from_stored(stored: String) -> Self {
        Self(stored)
    }
}

/// The DNS label an app is reached by under its worker's zone: 1 to 63 of `a-z`, `0-9` and `-`, no hyphen at
/// an end or next to another, not reserved.
///
/// It is unique among all living apps. An app is given its [`AppName`] as the subdomain unless another user's
/// app has it; so the rule is the same but for the length.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Subdomain(String);

validated_text!(Subdomain);

impl Subdomain {
    /// The greatest length in characters, which is DNS's own.
    pub const MAX: usize = 63;

    /// Takes a label from outside.
    ///
    /// # Errors
    /// [`Invalid`] with the first rule that it breaks.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        label::check("subdomain", text, 1, Self::MAX)?;
        Ok(Self(text.to_owned()))
    }

    /// Takes a label as the database gave it.
    #[must_use]
    pub const fn from_stored(stored: String) -> Self {
        Self(stored)
    }
}

impl From<AppName> for Subdomain {
    fn from(name: AppName) -> Self {
        Self(name.0)
    }
}

impl From<&AppName> for Subdomain {
    fn from(name: &AppName) -> Self {
        Self(name.0.clone())
    }
}

#[cfg(feature = "diesel")]
crate::columns::stored_text_columns!(AppName, Subdomain);

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        AppName::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn names_at_both_ends_of_the_rule_are_taken() {
        for name in ["abcdefg", "a-b-c-d", "1234567", &"x".repeat(32)] {
            assert_eq!(AppName::parse(name).unwrap(), name);
        }
    }

    #[test]
    fn each_refusal_says_which_rule_and_what_would_be_right() {
        insta::assert_snapshot!(refusal("abcdef"), @"app name has 6 characters: 7 to 32 are allowed");
        insta::assert_snapshot!(refusal(&"x".repeat(33)), @"app name has 33 characters: 7 to 32 are allowed");
        insta::assert_snapshot!(refusal("my_shop1"), @"app name has '_' at position 3: a-z, 0-9 and the hyphen are allowed");
        insta::assert_snapshot!(refusal("My-shop1"), @"app name has 'M' at position 1: a-z, 0-9 and the hyphen are allowed");
        insta::assert_snapshot!(refusal("-my-shop"), @r#"app name "-my-shop" has a hyphen at its beginning: a hyphen stands between two letters or digits"#);
        insta::assert_snapshot!(refusal("my-shop-"), @r#"app name "my-shop-" has a hyphen at its end: a hyphen stands between two letters or digits"#);
        insta::assert_snapshot!(refusal("my--shop"), @r#"app name "my--shop" has a hyphen next to another: a hyphen stands between two letters or digits"#);
        insta::assert_snapshot!(refusal("dashboard"), @r#"app name "dashboard" is reserved: choose another"#);
    }

    #[test]
    fn a_name_from_before_the_rule_is_still_read() {
        assert_eq!(AppName::from_stored("Old_Name".into()), "Old_Name");
    }

    #[test]
    fn json_checks_the_rule_on_the_way_in() {
        assert_eq!(serde_json::from_str::<AppName>("\"my-shop-1\"").unwrap(), "my-shop-1");
        assert!(serde_json::from_str::<AppName>("\"shop\"").is_err());
        assert_eq!(serde_json::to_string(&AppName::parse("my-shop-1").unwrap()).unwrap(), "\"my-shop-1\"");
    }

    #[test]
    fn a_subdomain_is_shorter_or_longer_but_follows_the_same_rule() {
        assert_eq!(Subdomain::parse("x").unwrap(), "x");
        assert!(Subdomain::parse(&"x".repeat(63)).is_ok());
        assert!(Subdomain::parse(&"x".repeat(64)).is_err());
        assert!(Subdomain::parse("").is_err());
        assert!(Subdomain::parse("api").is_err());
        assert_eq!(Subdomain::from(AppName::parse("my-shop-1").unwrap()), "my-shop-1");
    }
}
