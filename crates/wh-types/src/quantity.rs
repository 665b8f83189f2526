//! Limits in exact units, as people write them: `1.5 CPU`, `512 MiB`, `10mbit`, `unlimited`.
//!
//! The text of a quantity reads back to the same quantity. An `integer` column holds half of the range:
//! the plans, the limits of a container and the configuration refuse the other half.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use crate::{Invalid, invalid::shown};

/// The common part of all quantities. Each reads and shows its own units.
macro_rules! quantities {
    ($($(#[$doc:meta])* $name:ident($what:literal, $example:literal) $from:ident $to:ident = $unit:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $name {
            /// No limit, kept as 0.
            pub const UNLIMITED: Self = Self(0);

            #[doc = concat!("So many ", $unit, "; 0 is unlimited.")]
            #[must_use]
            pub const fn $from(units: u32) -> Self {
                Self(units)
            }

            #[doc = concat!("The number of ", $unit, "; 0 is unlimited.")]
            #[must_use]
            pub const fn $to(self) -> u32 {
                self.0
            }

            /// True where there is no limit.
            #[must_use]
            pub const fn is_unlimited(self) -> bool {
                self.0 == 0
            }

            fn refuse(given: &str) -> Invalid {
                Invalid::Quantity { what: $what, given: shown(given), example: $example }
            }
        }

        impl std::str::FromStr for $name {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<Self, Invalid> {
                if text.trim() == "unlimited" {
                    return Ok(Self::UNLIMITED);
                }
                Self::units(text).filter(|units| *units > 0).map(Self).ok_or_else(|| Self::refuse(text))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl Visitor<'_> for Text {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str(concat!($what, " like ", $example))
                    }

                    fn visit_str<E: Error>(self, text: &str) -> Result<$name, E> {
                        text.parse().map_err(E::custom)
                    }

                    fn visit_u64<E: Error>(self, number: u64) -> Result<$name, E> {
                        self.visit_str(&number.to_string())
                    }

                    fn visit_i64<E: Error>(self, number: i64) -> Result<$name, E> {
                        self.visit_str(&number.to_string())
                    }

                    fn visit_f64<E: Error>(self, number: f64) -> Result<$name, E> {
                        self.visit_str(&number.to_string())
                    }
                }
                deserializer.deserialize_any(Text)
            }
        }
    )+};
}

quantities! {
    /// A share of CPU in thousandths of one CPU: `1`, `1.5 CPU`, `500m`.
    Cpu("an amount of CPU", "2, 0.5, 500m or unlimited") from_milli milli = "thousandths of a CPU";
    /// An amount of memory or disk in MiB: `512 MiB`, `2GiB`, `1 TiB`.
    Size("a size", "512 MiB, 2 GiB or unlimited") from_mib mib = "MiB";
    /// A bandwidth in kbit/s: `512kbit`, `10mbit`, `1gbit`, each a thousand of the one before.
    Bandwidth("a bandwidth", "512kbit, 10mbit or unlimited") from_kbit kbit = "kbit/s";
}

impl Cpu {
    fn units(text: &str) -> Option<u32> {
        let (number, unit) = split(text);
        match unit {
            "m" => whole(number),
            "" | "CPU" | "CPUs" => thousandths(number),
            _ => None,
        }
    }
}

impl Size {
    fn units(text: &str) -> Option<u32> {
        let (number, unit) = split(text);
        let mib = match unit {
            "MiB" => 1,
            "GiB" => 1024,
            "TiB" => 1024 * 1024,
            _ => return None,
        };
        whole(number)?.checked_mul(mib)
    }
}

impl Bandwidth {
    fn units(text: &str) -> Option<u32> {
        let (number, unit) = split(text);
        let kbit = match unit {
            "kbit" => 1,
            "mbit" => 1000,
            "gbit" => 1_000_000,
            _ => return None,
        };
        whole(number)?.checked_mul(kbit)
    }
}

/// Number and unit, whatever blanks are around and between them.
fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end).unwrap_or((text, ""));
    (number, unit.trim_start())
}

fn whole(number: &str) -> Option<u32> {
    number.parse().ok()
}

/// A decimal number with at most three places, in thousandths.
fn thousandths(number: &str) -> Option<u32> {
    let (units, places) = number.split_once('.').unwrap_or((number, "0"));
    if places.is_empty() || places.len() > 3 {
        return None;
    }
    whole(units)?.checked_mul(1000)?.checked_add(whole(&format!("{places:0<3}"))?)
}

impl fmt::Display for Cpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (units, places) = (self.0 / 1000, format!("{:03}", self.0 % 1000));
        match (self.0, places.trim_end_matches('0')) {
            (0, _) => f.pad("unlimited"),
            (_, "") => f.pad(&format!("{units} CPU")),
            (_, places) => f.pad(&format!("{units}.{places} CPU")),
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const TIB: u32 = 1024 * 1024;
        match self.0 {
            0 => f.pad("unlimited"),
            mib if mib.is_multiple_of(TIB) => f.pad(&format!("{} TiB", mib / TIB)),
            mib if mib.is_multiple_of(1024) => f.pad(&format!("{} GiB", mib / 1024)),
            mib => f.pad(&format!("{mib} MiB")),
        }
    }
}

impl fmt::Display for Bandwidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.pad("unlimited"),
            kbit if kbit.is_multiple_of(1_000_000) => f.pad(&format!("{}gbit", kbit / 1_000_000)),
            kbit if kbit.is_multiple_of(1000) => f.pad(&format!("{}mbit", kbit / 1000)),
            kbit => f.pad(&format!("{kbit}kbit")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_read_as_people_write_them() {
        for (text, milli) in
            [("1", 1000), ("0.5", 500), ("1.25 CPU", 1250), ("500m", 500), ("0.001", 1), ("2 CPUs", 2000)]
        {
            assert_eq!(text.parse::<Cpu>().unwrap().milli(), milli, "{text}");
        }
        for (text, mib) in [("512MiB", 512), ("512 MiB", 512), (" 2 GiB ", 2048), ("1TiB", 1_048_576)] {
            assert_eq!(text.parse::<Size>().unwrap().mib(), mib, "{text}");
        }
        for (text, kbit) in [("512kbit", 512), ("10mbit", 10_000), ("1 gbit", 1_000_000)] {
            assert_eq!(text.parse::<Bandwidth>().unwrap().kbit(), kbit, "{text}");
        }
        assert!("unlimited".parse::<Cpu>().unwrap().is_unlimited());
        assert!("unlimited".parse::<Size>().unwrap().is_unlimited());
        assert!("unlimited".parse::<Bandwidth>().unwrap().is_unlimited());
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        for text in
            ["", "0", "-1", "1.", ".5", "1.2345", "1.5m", "1e3", "1 2", "5000000", "Unlimited", "0m", "1.+5"]
        {
            assert!(text.parse::<Cpu>().is_err(), "{text}");
        }
        for text in ["", "512", "0MiB", "1.5GiB", "512MB", "512mib", "-1MiB", "5000000GiB", "4294967296MiB"] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
        for text in ["", "10", "10Mbit", "10mbps", "0mbit", "5000gbit"] {
            assert!(text.parse::<Bandwidth>().is_err(), "{text}");
        }
        insta::assert_snapshot!("512".parse::<Size>().unwrap_err(), @r#""512" is not a size: write it like 512 MiB, 2 GiB or unlimited"#);
    }

    #[test]
    fn quantities_show_in_their_largest_exact_unit_and_read_back() {
        for (milli, shown) in
            [(0, "unlimited"), (1000, "1 CPU"), (1250, "1.25 CPU"), (5, "0.005 CPU"), (10_000, "10 CPU")]
        {
            assert_eq!(Cpu::from_milli(milli).to_string(), shown);
            assert_eq!(shown.parse(), Ok(Cpu::from_milli(milli)));
        }
        for (mib, shown) in
            [(0, "unlimited"), (512, "512 MiB"), (1536, "1536 MiB"), (51_200, "50 GiB"), (1 << 20, "1 TiB")]
        {
            assert_eq!(Size::from_mib(mib).to_string(), shown);
            assert_eq!(shown.parse(), Ok(Size::from_mib(mib)));
        }
        for (kbit, shown) in [(0, "unlimited"), (512, "512kbit"), (10_000, "10mbit"), (2_000_000, "2gbit")] {
            assert_eq!(Bandwidth::from_kbit(kbit).to_string(), shown);
            assert_eq!(shown.parse(), Ok(Bandwidth::from_kbit(kbit)));
        }
    }
}
