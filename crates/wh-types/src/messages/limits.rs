//! The limits of one app's container.

use serde::{Deserialize, Serialize};

use super::bounds;
use crate::{Bandwidth, Cpu, Invalid, Size};

/// Limits of one app's container, in exact integers. 0 is unlimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct ResourceLimits {
    /// CPU in thousandths of one CPU.
    #[serde(deserialize_with = "bounds::count")]
    pub cpu_milli: u32,
    /// Memory in MiB.
    #[serde(deserialize_with = "bounds::count")]
    pub memory_mib: u32,
    /// Disk in MiB.
    #[serde(deserialize_with = "bounds::count")]
    pub disk_mib: u32,
    /// Processes and threads.
    #[serde(deserialize_with = "bounds::count")]
    pub pids: u32,
    /// Network bandwidth in kbit/s.
    #[serde(deserialize_with = "bounds::count")]
    pub bandwidth_kbit: u32,
}

impl ResourceLimits {
    /// Refuses a limit that no `integer` column holds.
    ///
    /// # Errors
    /// [`Invalid`] with the first limit of more than 2,147,483,647.
    pub fn check(&self) -> Result<(), Invalid> {
        let too_large = [
            ("cpu_milli", self.cpu_milli),
            ("memory_mib", self.memory_mib),
            ("disk_mib", self.disk_mib),
            ("pids", self.pids),
            ("bandwidth_kbit", self.bandwidth_kbit),
        ]
        .into_iter()
        .find(|(_, limit)| i32::try_from(*limit).is_err());
        too_large.map_or(Ok(()), |(field, limit)| {
            let problem = format!("it is {limit}: 0 to {} are allowed", i32::MAX);
            Err(Invalid::Field { field, problem })
        })
    }

    /// CPU as a quantity that shows its unit.
    #[must_use]
    pub const fn cpu(&self) -> Cpu {
        Cpu::from_milli(self.cpu_milli)
    }

    /// Memory as a quantity that shows its unit.
    #[must_use]
    pub const fn memory(&self) -> Size {
        Size::from_mib(self.memory_mib)
    }

    /// Disk as a quantity that shows its unit.
    #[must_use]
    pub const fn disk(&self) -> Size {
        Size::from_mib(self.disk_mib)
    }

    /// Bandwidth as a quantity that shows its unit.
    #[must_use]
    pub const fn bandwidth(&self) -> Bandwidth {
        Bandwidth::from_kbit(self.bandwidth_kbit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_limits_are_unlimited_and_unknown_fields_are_skipped() {
        let limits: ResourceLimits = serde_json::from_str(r#"{"cpu_milli": 1500, "gpu": 1}"#).unwrap();
        assert_eq!(limits, ResourceLimits { cpu_milli: 1500, ..Default::default() });
        assert_eq!(limits.cpu().to_string(), "1.5 CPU");
        assert!(limits.memory().is_unlimited());
        assert!(limits.disk().is_unlimited());
        assert!(limits.bandwidth().is_unlimited());
    }

    #[test]
    fn a_limit_that_no_column_holds_is_refused() {
        for bad in ["-1", "2147483648"] {
            let error = serde_json::from_str::<ResourceLimits>(&format!(r#"{{"pids": {bad}}}"#)).unwrap_err();
            assert!(
                error.to_string().starts_with(&format!("{bad} is out of bounds: 0 to 2147483647")),
                "{error}"
            );
        }
    }
}
