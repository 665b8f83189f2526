//! The section `plans`, whose keys are the names of plans.

use wh_types::{PlanId, PlanOverride, PlanOverrides};

use crate::catalogue::PLANS;
use crate::reader::Reader;

/// Reads all overrides.
pub(crate) fn read(reader: &mut Reader<'_>) -> PlanOverrides {
    let mut overrides = PlanOverrides::new();
    for name in reader.keys(PLANS) {
        // The sources have let no other name through.
        let Ok(id) = PlanId::parse(&name) else { continue };
        let at = |field: &str| format!("{PLANS}.{name}.{field}");
        let change = PlanOverride {
            max_apps: reader.field(&at("max_apps")),
            cpu: reader.field(&at("cpu")),
            memory: reader.field(&at("memory")),
            disk: reader.field(&at("disk")),
            bandwidth: reader.field(&at("bandwidth")),
        };
        overrides.insert(id, change);
    }
    overrides
}
