//! All plans, as they are now.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use wh_types::{PlanId, PlanOverrides};

use crate::{Plan, PlanError};

/// The built-in plans: name, apps, CPU in thousandths, memory in MiB, disk in MiB, bandwidth in kbit/s.
const BUILT_IN: [(&str, u32, u32, u32, u32, u32); 3] = [
    (PlanId::FREE, 1, 1000, 512, 1024, 10_000),
    (PlanId::PRO, 5, 2000, 2048, 10 * 1024, 100_000),
    (PlanId::BUSINESS, 0, 4000, 8 * 1024, 50 * 1024, 0),
];

/// The registry. Reading takes no lock; a change replaces all plans at once, so a reader never sees half of
/// it.
///
/// Share one registry by reference or in an `Arc`.
#[derive(Debug)]
pub struct Plans {
    current: ArcSwap<Vec<Arc<Plan>>>,
    changing: Mutex<()>,
}

impl Plans {
    /// The built-in plans: free, pro, business.
    #[must_use]
    pub fn new() -> Self {
        Self { current: ArcSwap::from_pointee(built_in()), changing: Mutex::new(()) }
    }

    /// The built-in plans as a configuration changes them.
    ///
    /// # Errors
    /// As [`apply`](Self::apply).
    pub fn with_overrides(overrides: &PlanOverrides) -> Result<Self, PlanError> {
        let plans = Self::new();
        plans.apply(overrides)?;
        Ok(plans)
    }

    /// The plan of this name, or `free` if it does not exist (`For`): what a stored name stands for.
    #[must_use]
    pub fn for_id(&self, id: &str) -> Arc<Plan> {
        let plans = self.current.load();
        let found = plans.iter().find(|plan| plan.id == id).or_else(|| plans.first());
        found.map_or_else(|| Arc::new(free()), Arc::clone)
    }

    /// The plan of this name, or none.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<Arc<Plan>> {
        self.current.load().iter().find(|plan| plan.id == id).cloned()
    }

    /// The plan of this name, for a caller that is about to store the name: a user whose plan does not exist
    /// would count as `free`.
    ///
    /// # Errors
    /// [`PlanError::Unknown`] with the names of the plans that there are.
    pub fn known(&self, id: &str) -> Result<Arc<Plan>, PlanError> {
        self.get(id).ok_or_else(|| PlanError::Unknown {
            given: id.chars().take(PlanId::MAX).collect(),
            known: self.current.load().iter().map(|plan| plan.id.clone()).collect(),
        })
    }

    /// All plans in order: free, pro, business, then what a configuration added, by name (`All`).
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Plan>> {
        self.current.load().to_vec()
    }

    /// Changes plans on top of what holds now, and adds new ones (`Apply`): all of it, or with an error
    /// nothing.
    ///
    /// # Errors
    /// [`PlanError::Incomplete`] for a new plan that leaves out a limit, [`PlanError::TooLarge`] for a limit
    /// that the database cannot hold.
    pub fn apply(&self, overrides: &PlanOverrides) -> Result<(), PlanError> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        self.replace(&self.current.load(), overrides)
    }

    /// Forgets all earlier changes, and applies these to the built-in plans: for a configuration that was
    /// read again.
    ///
    /// # Errors
    /// As [`apply`](Self::apply); the plans then stay as they were.
    pub fn reset(&self, overrides: &PlanOverrides) -> Result<(), PlanError> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        self.replace(&built_in(), overrides)
    }

    fn replace(&self, base: &[Arc<Plan>], overrides: &PlanOverrides) -> Result<(), PlanError> {
        let mut plans: Vec<Arc<Plan>> = base.to_vec();
        for (id, change) in overrides {
            let known = plans.iter_mut().find(|plan| plan.id == *id);
            change.check(known.is_none()).map_err(|fault| PlanError::of(id, fault))?;
            match known {
                Some(plan) => *plan = Arc::new(plan.changed(change)),
                // A new plan states every limit, so nothing of `free` is left but the form.
                None => plans.push(Arc::new(Plan { id: id.clone(), ..free().changed(change) })),
            }
        }
        // The built-in plans keep their places; whatever was added follows by name.
        if let Some((_, added)) = plans.split_at_mut_checked(BUILT_IN.len()) {
            added.sort_by(|left, right| left.id.cmp(&right.id));
        }
        self.current.store(Arc::new(plans));
        Ok(())
    }
}

impl Default for Plans {
    fn default() -> Self {
        Self::new()
    }
}

fn built_in() -> Vec<Arc<Plan>> {
    BUILT_IN.into_iter().map(plan).map(Arc::new).collect()
}

fn free() -> Plan {
    let [free, ..] = BUILT_IN;
    plan(free)
}

fn plan(
    (id, max_apps, cpu_milli, memory_mib, disk_mib, bandwidth_kbit): (&str, u32, u32, u32, u32, u32),
) -> Plan {
    let id = PlanId::from_stored(id.to_owned());
    Plan { id, max_apps, cpu_milli, memory_mib, disk_mib, bandwidth_kbit }
}
