//! What holds for every plan and every request.

use proptest::prelude::*;
use wh_plans::{Bandwidth, Cpu, PlanId, PlanOverride, PlanOverrides, Plans, ResourceLimits, Size};

const MAX: u32 = i32::MAX.unsigned_abs();

fn limits() -> impl Strategy<Value = ResourceLimits> {
    let limit = || prop_oneof![Just(0), 1..5000_u32, 0..=MAX];
    (limit(), limit(), limit(), limit(), limit()).prop_map(
        |(cpu_milli, memory_mib, disk_mib, pids, bandwidth_kbit)| ResourceLimits {
            cpu_milli,
            memory_mib,
            disk_mib,
            pids,
            bandwidth_kbit,
        },
    )
}

proptest! {
    #[test]
    fn a_request_fits_where_each_of_its_limits_does(plan in limits(), request in limits(), max_apps in 0..=MAX) {
        let change = PlanOverride {
            max_apps: Some(max_apps),
            cpu: Some(Cpu::from_milli(plan.cpu_milli)),
            memory: Some(Size::from_mib(plan.memory_mib)),
            disk: Some(Size::from_mib(plan.disk_mib)),
            bandwidth: Some(Bandwidth::from_kbit(plan.bandwidth_kbit)),
        };
        let plans = Plans::with_overrides(&PlanOverrides::from([(PlanId::from_stored("team".into()), change)])).unwrap();
        let team = plans.for_id("team");
        let fits = |asked: u32, allowed: u32| allowed == 0 || (1..=allowed).contains(&asked);
        let expected = fits(request.cpu_milli, plan.cpu_milli)
            && fits(request.memory_mib, plan.memory_mib)
            && fits(request.disk_mib, plan.disk_mib)
            && fits(request.bandwidth_kbit, plan.bandwidth_kbit);
        prop_assert_eq!(team.check(&request).is_ok(), expected);
        prop_assert_eq!(team.check(&team.limits()), Ok(()));
        prop_assert_eq!(team.allows_another_app(request.pids), max_apps == 0 || request.pids < max_apps);
    }
}
