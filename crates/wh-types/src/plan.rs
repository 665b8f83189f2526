//! Plans by name, and what a configuration may change about them.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Bandwidth, Cpu, Invalid, Size, text::validated_text};

/// The name of a plan (`users.plan`): 1 to 32 of `a-z`, `0-9`, `-` and `_`, beginning with a letter.
///
/// Not an enum, because a configuration may add plans. A stored plan that no longer exists still reads, and
/// counts as `free`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PlanId(String);

validated_text!(PlanId);

impl PlanId {
    /// The plan that everybody has who has no other.
    pub const FREE: &str = "free";
    /// The plan for single developers.
    pub const PRO: &str = "pro";
    /// The plan for companies.
    pub const BUSINESS: &str = "business";
    /// The plans that exist without a configuration, in order.
    pub const BUILT_IN: [&str; 3] = [Self::FREE, Self::PRO, Self::BUSINESS];
    /// The greatest length in characters.
    pub const MAX: usize = 32;

    /// Takes a plan's name from outside; whether there is such a plan is for the registry to say.
    ///
    /// # Errors
    /// [`Invalid`] with the first rule that it breaks.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let what = "plan name";
        let given = text.chars().count();
        if !(1..=Self::MAX).contains(&given) {
            return Err(Invalid::Length { what, given, min: 1, max: Self::MAX });
        }
        for (index, found) in text.chars().enumerate() {
            let allowed = match (index, found) {
                (_, 'a'..='z') => continue,
                (0, _) => "it begins with a-z",
                (_, '0'..='9' | '-' | '_') => continue,
                _ => "a-z, 0-9, the hyphen and the underscore are allowed",
            };
            return Err(Invalid::Character { what, found, position: index + 1, allowed });
        }
        Ok(Self(text.to_owned()))
    }

    /// The plan `free`.
    #[must_use]
    pub fn free() -> Self {
        Self(Self::FREE.to_owned())
    }

    /// Takes a plan's name as the database gave it.
    #[must_use]
    pub const fn from_stored(stored: String) -> Self {
        Self(stored)
    }
}

impl Default for PlanId {
    fn default() -> Self {
        Self::free()
    }
}

/// Changes of a configuration to one plan. A limit that is left out stays as it is. A new plan states every limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanOverride {
    /// How many apps a user of this plan may have; 0 is unlimited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_apps: Option<u32>,
    /// CPU of one app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Cpu>,
    /// Memory of one app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Size>,
    /// Disk of one app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk: Option<Size>,
    /// Network bandwidth of one app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bandwidth: Option<Bandwidth>,
}

/// One of the limits of a plan, by the name that its override has in a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// How many apps a user may have.
    MaxApps,
    /// CPU of one app.
    Cpu,
    /// Memory of one app.
    Memory,
    /// Disk of one app.
    Disk,
    /// Network bandwidth of one app.
    Bandwidth,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::MaxApps => "max_apps",
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Disk => "disk",
            Self::Bandwidth => "bandwidth",
        })
    }
}

/// Why an override does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OverrideFault {
    /// It adds a plan and leaves out some of its limits.
    #[error("is a new plan and does not say its {missing}: a new plan states every limit")]
    Incomplete {
        /// The first limit that is missing.
        missing: Limit,
    },
    /// It sets a limit to more than an `integer` column holds.
    #[error("is too large: at most {max}, or {unlimited} for no limit")]
    TooLarge {
        /// The limit.
        limit: Limit,
        /// The largest value, with its unit.
        max: String,
        /// The word for no limit.
        unlimited: &'static str,
    },
}

impl PlanOverride {
    /// Whether this makes a plan: the one check of the configuration and of the registry. `is_new` is true
    /// for a plan that does not exist without this override.
    ///
    /// # Errors
    /// [`OverrideFault`] with the first limit that is missing or too large.
    pub fn check(&self, is_new: bool) -> Result<(), OverrideFault> {
        const MAX: u32 = i32::MAX.unsigned_abs();
        let limits = [
            (Limit::MaxApps, self.max_apps, MAX.to_string(), "0"),
            (Limit::Cpu, self.cpu.map(Cpu::milli), Cpu::from_milli(MAX).to_string(), "unlimited"),
            (Limit::Memory, self.memory.map(Size::mib), Size::from_mib(MAX).to_string(), "unlimited"),
            (Limit::Disk, self.disk.map(Size::mib), Size::from_mib(MAX).to_string(), "unlimited"),
            (
                Limit::Bandwidth,
                self.bandwidth.map(Bandwidth::kbit),
                Bandwidth::from_kbit(MAX).to_string(),
                "unlimited",
            ),
        ];
        for (limit, value, max, unlimited) in limits {
            match value {
                None if is_new => return Err(OverrideFault::Incomplete { missing: limit }),
                Some(value) if value > MAX => return Err(OverrideFault::TooLarge { limit, max, unlimited }),
                _ => {}
            }
        }
        Ok(())
    }
}

/// The overrides of a configuration, by plan.
pub type PlanOverrides = BTreeMap<PlanId, PlanOverride>;

#[cfg(feature = "diesel")]
crate::columns::stored_text_columns!(PlanId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plan_names_follow_their_rule() {
        for name in ["free", "pro", "business", "team-2026", "x_1"] {
            assert_eq!(PlanId::parse(name).unwrap(), name);
        }
        for name in ["", "Pro", "1st", "-x", "a b", &"x".repeat(33)] {
            assert!(PlanId::parse(name).is_err(), "{name}");
        }
        assert_eq!(PlanId::default(), PlanId::FREE);
    }

    #[test]
    fn an_override_reads_the_words_of_a_configuration() {
        let json = r#"{"pro": {"max_apps": 8, "cpu": 2.5, "memory": "4 GiB", "bandwidth": "unlimited"}}"#;
        let overrides: PlanOverrides = serde_json::from_str(json).unwrap();
        let expected = PlanOverride {
            max_apps: Some(8),
            cpu: Some(Cpu::from_milli(2500)),
            memory: Some(Size::from_mib(4096)),
            disk: None,
            bandwidth: Some(Bandwidth::UNLIMITED),
        };
        assert_eq!(overrides.get("pro"), Some(&expected));
        assert!(serde_json::from_str::<PlanOverride>(r#"{"max_app": 8}"#).is_err());
    }
}
