//! The section `plans`, whose keys are the names of plans.

use wh_types::{OverrideFault, PlanId, PlanOverride, PlanOverrides};

use crate::catalogue::{PLAN_FIELDS, PLANS};
use crate::error::ConfigError;
use crate::part;
use crate::reader::Reader;
use crate::setting::Setting;
use crate::sources::Sources;

/// Reads the section `plans` and no other: changes to the plans, and plans that are added.
///
/// # Errors
/// [`ConfigError`] with every fault of this section, of a source that cannot be read, and every unknown setting, since that may
/// belong to it.
pub fn plan_overrides(sources: Sources) -> Result<PlanOverrides, ConfigError> {
    part::read(sources, &[PLANS], read)
}

/// Reads all overrides, and checks each as the registry of plans does.
pub(crate) fn read(reader: &mut Reader<'_>) -> PlanOverrides {
    let mut overrides = PlanOverrides::new();
    for name in reader.plans() {
        // The sources have let no other name through.
        let Ok(id) = PlanId::parse(&name) else { continue };
        let change = PlanOverride {
            max_apps: field(reader, &name, "max_apps"),
            cpu: field(reader, &name, "cpu"),
            memory: field(reader, &name, "memory"),
            disk: field(reader, &name, "disk"),
            bandwidth: field(reader, &name, "bandwidth"),
        };
        check(reader, &name, &change);
        overrides.insert(id, change);
    }
    overrides
}

fn at(plan: &str, field: &str) -> String {
    format!("{PLANS}.{plan}.{field}")
}

fn field<T: Setting>(reader: &mut Reader<'_>, plan: &str, name: &str) -> T {
    let spec = PLAN_FIELDS.iter().find(|field| field.name == name);
    spec.map_or_else(T::absent, |spec| reader.read(&at(plan, name), spec))
}

fn check(reader: &mut Reader<'_>, plan: &str, change: &PlanOverride) {
    let is_new = !PlanId::BUILT_IN.contains(&plan);
    match change.check(is_new) {
        Ok(()) => {}
        Err(fault @ OverrideFault::Incomplete { missing }) => {
            let missing = at(plan, &missing.to_string());
            let near = |known: &&str| strsim::damerau_levenshtein(known, plan) <= 2;
            let meant = PlanId::BUILT_IN.into_iter().find(near);
            let meant = meant.map(|known| format!("; did you mean the plan {known}?")).unwrap_or_default();
            // A limit that has a fault of its own is not missing.
            reader.refuse(&format!("{PLANS}.{plan}"), &[&missing], format!("{fault}{meant}"));
        }
        Err(fault @ OverrideFault::TooLarge { limit, .. }) => {
            reader.refuse(&at(plan, &limit.to_string()), &[], fault.to_string());
        }
    }
}
