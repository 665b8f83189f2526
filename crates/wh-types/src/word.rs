//! Closed vocabularies: the trait, the error, and the macro that defines them.

use std::fmt;

/// A word that is not in a closed vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not {}: expected one of {}", self.kind(), .expected.join(", "))]
pub struct UnknownWord {
    /// The word, cut to 64 characters.
    pub given: String,
    /// The vocabulary, as a person says it (`job status`).
    pub vocabulary: &'static str,
    /// The words of the vocabulary.
    pub expected: &'static [&'static str],
}

impl UnknownWord {
    pub(crate) fn new(given: &str, vocabulary: &'static str, expected: &'static [&'static str]) -> Self {
        Self { given: given.chars().take(64).collect(), vocabulary, expected }
    }

    /// The vocabulary with its article: `a job status`, `an sslmode`.
    #[must_use]
    pub fn kind(&self) -> String {
        format!("{} {}", article(self.vocabulary), self.vocabulary)
    }
}

/// The indefinite article of a vocabulary. `sslmode` is spelt with its letters, so it begins with a vowel.
pub(crate) fn article(vocabulary: &str) -> &'static str {
    let vowel = vocabulary.starts_with(['a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O', 'U']);
    if vowel || vocabulary.starts_with("sslmode") { "an" } else { "a" }
}

/// A closed vocabulary. The tests that compare `CHECK`s with enums use it.
pub trait Vocabulary: Sized + Copy + fmt::Display + std::str::FromStr<Err = UnknownWord> + 'static {
    /// The vocabulary as a person says it.
    const NAME: &'static str;
    /// Every value, in the order of declaration.
    const ALL: &'static [Self];
    /// Every word, in the same order.
    const WORDS: &'static [&'static str];
    /// Words that are read for a value but no longer written. Their `CHECK` takes them too.
    const OLD_WORDS: &'static [&'static str];

    /// The word that is stored and sent.
    fn as_str(self) -> &'static str;
}

/// Defines vocabularies. Those that begin with `columns` are also conversions to and from Postgres columns.
macro_rules! vocabularies {
    (columns $($(#[$doc:meta])* $name:ident($said:literal) $words:tt)+) => {
        $crate::word::vocabularies! { $($(#[$doc])* $name($said) $words)+ }

        #[cfg(feature = "diesel")]
        crate::columns::vocabulary_columns!($($name),+);
    };
    ($($(#[$doc:meta])* $name:ident($said:literal) { $($(#[$vdoc:meta])* $variant:ident = $word:literal $(| $old:literal)*,)+ })+) => {
        $(
            $(#[$doc])*
            #[derive(
                Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
            )]
            #[serde(try_from = "std::borrow::Cow<'_, str>", into = "&'static str")]
            pub enum $name {
                $($(#[$vdoc])* $variant,)+
            }

            impl $crate::Vocabulary for $name {
                const NAME: &'static str = $said;
                const ALL: &'static [Self] = &[$(Self::$variant),+];
                const WORDS: &'static [&'static str] = &[$($word),+];
                const OLD_WORDS: &'static [&'static str] = &[$($($old,)*)+];

                fn as_str(self) -> &'static str {
                    match self {
                        $(Self::$variant => $word,)+
                    }
                }
            }

            impl std::str::FromStr for $name {
                type Err = $crate::UnknownWord;

                fn from_str(text: &str) -> Result<Self, $crate::UnknownWord> {
                    use $crate::Vocabulary;
                    match text {
                        $($word $(| $old)* => Ok(Self::$variant),)+
                        _ => Err($crate::UnknownWord::new(text, Self::NAME, Self::WORDS)),
                    }
                }
            }

            impl TryFrom<std::borrow::Cow<'_, str>> for $name {
                type Error = $crate::UnknownWord;

                fn try_from(text: std::borrow::Cow<'_, str>) -> Result<Self, $crate::UnknownWord> {
                    text.parse()
                }
            }

            impl From<$name> for &'static str {
                fn from(value: $name) -> Self {
                    $crate::Vocabulary::as_str(value)
                }
            }

            impl std::fmt::Display for $name {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.pad($crate::Vocabulary::as_str(*self))
                }
            }
        )+
    };
}

pub(crate) use vocabularies;
