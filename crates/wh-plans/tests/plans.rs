//! The registry as its callers see it.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::sync::atomic::{AtomicBool, Ordering};

use wh_plans::{
    Bandwidth, Cpu, Limit, Plan, PlanError, PlanId, PlanOverride, PlanOverrides, Plans, ResourceLimits, Size,
};

fn overrides(json: &str) -> PlanOverrides {
    serde_json::from_str(json).unwrap()
}

fn row(plan: &Plan) -> String {
    let limits = plan.limits();
    format!(
        "{} | {} | {} | {} | {} | {}",
        plan.id,
        plan.max_apps,
        limits.cpu(),
        limits.memory(),
        limits.disk(),
        limits.bandwidth()
    )
}

fn table(plans: &Plans) -> String {
    plans.all().iter().map(|plan| row(plan)).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_built_in_plans_are_the_ones_of_the_price_list() {
    insta::assert_snapshot!(table(&Plans::default()), @r"
    free | 1 | 1 CPU | 512 MiB | 1 GiB | 10mbit
    pro | 5 | 2 CPU | 2 GiB | 10 GiB | 100mbit
    business | 0 | 4 CPU | 8 GiB | 50 GiB | unlimited
    ");
}

#[test]
fn an_unknown_plan_counts_as_free_but_is_not_got() {
    let plans = Plans::new();
    for id in ["", "FREE", "enterprise"] {
        assert_eq!(plans.for_id(id).id, PlanId::FREE);
        assert_eq!(plans.get(id), None);
    }
    for id in [PlanId::FREE, PlanId::PRO, PlanId::BUSINESS] {
        assert_eq!(plans.for_id(id).id, id);
        assert_eq!(plans.get(id).unwrap().id, id);
    }
}

#[test]
fn a_name_that_is_about_to_be_stored_must_be_a_plan() {
    let plans = Plans::with_overrides(&overrides(
        r#"{"team": {"max_apps": 20, "cpu": 3, "memory": "6GiB", "disk": "unlimited", "bandwidth": "1gbit"}}"#,
    ))
    .unwrap();
    for id in ["free", "pro", "business", "team"] {
        assert_eq!(plans.known(id).unwrap().id, id);
    }
    insta::assert_snapshot!(plans.known("busines").unwrap_err(), @r#"there is no plan "busines": the plans are free, pro, business, team"#);
    for id in ["", "Free", "free ", "enterprise"] {
        assert!(plans.known(id).is_err(), "{id}");
    }
}

#[test]
fn what_a_refusal_calls_unlimited_is_taken() {
    for change in [
        r#"{"max_apps": 0}"#,
        r#"{"cpu": "unlimited"}"#,
        r#"{"memory": "unlimited"}"#,
        r#"{"disk": "unlimited"}"#,
        r#"{"bandwidth": "unlimited"}"#,
    ] {
        Plans::with_overrides(&overrides(&format!(r#"{{"free": {change}}}"#))).unwrap();
    }
}

#[test]
fn the_fall_back_follows_an_override_of_free() {
    let plans = Plans::with_overrides(&overrides(r#"{"free": {"max_apps": 3}}"#)).unwrap();
    assert_eq!(plans.for_id("gone").max_apps, 3);
}

#[test]
fn one_more_app_is_allowed_below_the_limit_only() {
    let plans = Plans::new();
    let allowed = |id: &str, existing| plans.for_id(id).allows_another_app(existing);
    assert!(allowed("free", 0) && !allowed("free", 1) && !allowed("free", 2));
    assert!(allowed("pro", 4) && !allowed("pro", 5));
    assert!(allowed("business", 0) && allowed("business", u32::MAX));
}

#[test]
fn a_request_fits_up_to_each_limit_and_names_the_one_it_breaks() {
    let plans = Plans::new();
    let pro = plans.for_id("pro");
    let most = pro.limits();
    assert_eq!(pro.check(&most), Ok(()));
    assert_eq!(pro.check(&ResourceLimits { pids: 1_000_000, ..most }), Ok(()));

    let refusal = |request: &ResourceLimits| pro.check(request).unwrap_err().to_string();
    insta::assert_snapshot!(refusal(&ResourceLimits { cpu_milli: 2001, ..most }), @"plan pro allows cpu up to 2 CPU, and 2.001 CPU was asked for");
    insta::assert_snapshot!(refusal(&ResourceLimits { memory_mib: 2049, ..most }), @"plan pro allows memory up to 2 GiB, and 2049 MiB was asked for");
    insta::assert_snapshot!(refusal(&ResourceLimits { disk_mib: 10_241, ..most }), @"plan pro allows disk up to 10 GiB, and 10241 MiB was asked for");
    insta::assert_snapshot!(refusal(&ResourceLimits { bandwidth_kbit: 100_001, ..most }), @"plan pro allows bandwidth up to 100mbit, and 100001kbit was asked for");
    for request in [
        ResourceLimits { cpu_milli: 0, ..most },
        ResourceLimits { memory_mib: 0, ..most },
        ResourceLimits { disk_mib: 0, ..most },
        ResourceLimits { bandwidth_kbit: 0, ..most },
    ] {
        assert!(refusal(&request).ends_with("and unlimited was asked for"));
    }
}

#[test]
fn an_unlimited_plan_takes_an_unlimited_request() {
    let business = Plans::new().for_id("business");
    let request = ResourceLimits { bandwidth_kbit: 0, ..business.limits() };
    assert_eq!(business.check(&request), Ok(()));
    assert_eq!(business.check(&ResourceLimits { bandwidth_kbit: u32::MAX, ..request }), Ok(()));
}

#[test]
fn an_override_changes_what_it_names_and_adds_plans_in_order() {
    let plans = Plans::with_overrides(&overrides(
        r#"{"pro": {"max_apps": 8, "cpu": "2.5", "memory": "4 GiB", "disk": "20GiB", "bandwidth": "unlimited"},
            "team": {"max_apps": 20, "cpu": 3, "memory": "6GiB", "disk": "unlimited", "bandwidth": "1gbit"},
            "free": {"disk": "2 GiB"},
            "agency": {"max_apps": 0, "cpu": "500m", "memory": "1GiB", "disk": "1GiB", "bandwidth": "5mbit"}}"#,
    ))
    .unwrap();
    insta::assert_snapshot!(table(&plans), @r"
    free | 1 | 1 CPU | 512 MiB | 2 GiB | 10mbit
    pro | 8 | 2.5 CPU | 4 GiB | 20 GiB | unlimited
    business | 0 | 4 CPU | 8 GiB | 50 GiB | unlimited
    agency | 0 | 0.5 CPU | 1 GiB | 1 GiB | 5mbit
    team | 20 | 3 CPU | 6 GiB | unlimited | 1gbit
    ");
}

#[test]
fn overrides_add_up_until_they_are_reset() {
    let plans = Plans::new();
    plans.apply(&overrides(r#"{"free": {"max_apps": 2}}"#)).unwrap();
    plans.apply(&overrides(r#"{"pro": {"max_apps": 9}}"#)).unwrap();
    assert_eq!((plans.for_id("free").max_apps, plans.for_id("pro").max_apps), (2, 9));
    plans.reset(&overrides(r#"{"pro": {"max_apps": 7}}"#)).unwrap();
    assert_eq!((plans.for_id("free").max_apps, plans.for_id("pro").max_apps), (1, 7));
}

#[test]
fn a_new_plan_states_every_limit() {
    let full = PlanOverride {
        max_apps: Some(1),
        cpu: Some(Cpu::from_milli(1)),
        memory: Some(Size::from_mib(1)),
        disk: Some(Size::from_mib(1)),
        bandwidth: Some(Bandwidth::from_kbit(1)),
    };
    for (change, missing) in [
        (PlanOverride { max_apps: None, ..full }, Limit::MaxApps),
        (PlanOverride { cpu: None, ..full }, Limit::Cpu),
        (PlanOverride { memory: None, ..full }, Limit::Memory),
        (PlanOverride { disk: None, ..full }, Limit::Disk),
        (PlanOverride { bandwidth: None, ..full }, Limit::Bandwidth),
    ] {
        let team = PlanId::parse("team").unwrap();
        let error = Plans::with_overrides(&PlanOverrides::from([(team.clone(), change)])).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("plans.team is a new plan and does not say its {missing}: a new plan states every limit")
        );
        assert_eq!(error, PlanError::Incomplete { plan: team, missing });
    }
}

#[test]
fn a_limit_that_no_column_holds_is_refused_and_nothing_changes() {
    let max = i32::MAX.unsigned_abs();
    let at = |units| {
        [
            PlanOverride { max_apps: Some(units), ..Default::default() },
            PlanOverride { cpu: Some(Cpu::from_milli(units)), ..Default::default() },
            PlanOverride { memory: Some(Size::from_mib(units)), ..Default::default() },
            PlanOverride { disk: Some(Size::from_mib(units)), ..Default::default() },
            PlanOverride { bandwidth: Some(Bandwidth::from_kbit(units)), ..Default::default() },
        ]
    };
    for change in at(max) {
        assert!(Plans::with_overrides(&PlanOverrides::from([(PlanId::free(), change)])).is_ok());
    }
    let plans = Plans::new();
    let before = table(&plans);
    let messages = at(max + 1).map(|change| {
        // `business` comes first and would be changed.
        let business = PlanId::parse("business").unwrap();
        let first = PlanOverride { max_apps: Some(1), ..Default::default() };
        plans
            .apply(&PlanOverrides::from([(PlanId::free(), change), (business, first)]))
            .unwrap_err()
            .to_string()
    });
    insta::assert_snapshot!(messages.join("\n"), @r"
    plans.free.max_apps is too large: at most 2147483647, or 0 for no limit
    plans.free.cpu is too large: at most 2147483.647 CPU, or unlimited for no limit
    plans.free.memory is too large: at most 2147483647 MiB, or unlimited for no limit
    plans.free.disk is too large: at most 2147483647 MiB, or unlimited for no limit
    plans.free.bandwidth is too large: at most 2147483647kbit, or unlimited for no limit
    ");
    assert_eq!(table(&plans), before);
}

#[test]
fn a_reader_never_sees_half_of_a_change() {
    let plans = Plans::new();
    let (even, odd) = (
        overrides(r#"{"free": {"max_apps": 2}, "pro": {"max_apps": 2}}"#),
        overrides(r#"{"free": {"max_apps": 3}, "pro": {"max_apps": 3}}"#),
    );
    plans.apply(&even).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    while !done.load(Ordering::Acquire) {
                        let all = plans.all();
                        assert_eq!(all[0].max_apps, all[1].max_apps);
                    }
                })
            })
            .collect();
        for _ in 0..500 {
            plans.apply(&odd).unwrap();
            plans.apply(&even).unwrap();
        }
        done.store(true, Ordering::Release);
        for reader in readers {
            reader.join().unwrap();
        }
    });
}
