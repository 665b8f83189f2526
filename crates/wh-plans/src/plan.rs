//! One plan, and the questions asked of it.

use wh_types::{Bandwidth, Cpu, Limit, PlanId, PlanOverride, ResourceLimits, Size};

use crate::PlanError;

/// Limits of a plan, in exact integers. 0 is unlimited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Its name.
    pub id: PlanId,
    /// How many apps a user may have.
    pub max_apps: u32,
    /// CPU of one app in thousandths of one CPU.
    pub cpu_milli: u32,
    /// Memory of one app in MiB.
    pub memory_mib: u32,
    /// Disk of one app in MiB.
    pub disk_mib: u32,
    /// Network bandwidth of one app in kbit/s.
    pub bandwidth_kbit: u32,
}

impl Plan {
    /// True where a user who has `existing` apps may have one more.
    #[must_use]
    pub const fn allows_another_app(&self, existing: u32) -> bool {
        self.max_apps == 0 || existing < self.max_apps
    }

    /// Whether one app may have these limits. A request without a limit exceeds every limit. `pids` is not
    /// checked: plans do not limit it.
    ///
    /// # Errors
    /// [`PlanError::OverLimit`] with the first limit that the request breaks.
    pub fn check(&self, request: &ResourceLimits) -> Result<(), PlanError> {
        let own = self.limits();
        let over = [
            (Limit::Cpu, request.cpu_milli, own.cpu_milli, request.cpu().to_string(), own.cpu().to_string()),
            (
                Limit::Memory,
                request.memory_mib,
                own.memory_mib,
                request.memory().to_string(),
                own.memory().to_string(),
            ),
            (Limit::Disk, request.disk_mib, own.disk_mib, request.disk().to_string(), own.disk().to_string()),
            (
                Limit::Bandwidth,
                request.bandwidth_kbit,
                own.bandwidth_kbit,
                request.bandwidth().to_string(),
                own.bandwidth().to_string(),
            ),
        ]
        .into_iter()
        .find(|(_, asked, allowed, ..)| *allowed != 0 && (*asked == 0 || asked > allowed));
        match over {
            None => Ok(()),
            Some((limit, _, _, asked, allowed)) => {
                Err(PlanError::OverLimit { plan: self.id.clone(), limit, asked, allowed })
            }
        }
    }

    /// The most that one app may have. `pids` is left unlimited: plans do not speak of it.
    #[must_use]
    pub const fn limits(&self) -> ResourceLimits {
        ResourceLimits {
            cpu_milli: self.cpu_milli,
            memory_mib: self.memory_mib,
            disk_mib: self.disk_mib,
            pids: 0,
            bandwidth_kbit: self.bandwidth_kbit,
        }
    }

    /// This plan with what an override changes about it.
    pub(crate) fn changed(&self, change: &PlanOverride) -> Self {
        Self {
            id: self.id.clone(),
            max_apps: change.max_apps.unwrap_or(self.max_apps),
            cpu_milli: change.cpu.map_or(self.cpu_milli, Cpu::milli),
            memory_mib: change.memory.map_or(self.memory_mib, Size::mib),
            disk_mib: change.disk.map_or(self.disk_mib, Size::mib),
            bandwidth_kbit: change.bandwidth.map_or(self.bandwidth_kbit, Bandwidth::kbit),
        }
    }
}
