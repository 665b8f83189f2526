//! Which migrations lead from one version to another.

use super::ledger::{Ledger, NOTHING};
use super::script::{Script, file_name};
use super::{Direction, Migration, MigrationError, Target};

/// The ledger's version as the API has it: 0 where nothing is applied.
pub(super) fn current(migrations: &[Migration], ledger: Ledger) -> Result<i64, MigrationError> {
    match ledger {
        Ledger { version, dirty: true } => Err(MigrationError::Dirty {
            version,
            latest: latest(migrations),
            files: files_to(migrations, version),
        }),
        Ledger { version: NOTHING | 0, dirty: false } => Ok(0),
        Ledger { version, dirty: false } => {
            let latest = latest(migrations);
            if migrations.iter().any(|migration| migration.version == version) {
                Ok(version)
            } else if version > latest {
                Err(MigrationError::LedgerAhead { version, latest })
            } else {
                Err(MigrationError::ForeignLedger { found: format!("version {version}") })
            }
        }
    }
}

/// The version that a target means. Refuses files on the way that would not run as they say.
pub(super) fn end(migrations: &[Migration], current: i64, target: Target) -> Result<i64, MigrationError> {
    let end = match target {
        Target::Latest => latest(migrations),
        Target::Version(version) => known(migrations, version)?,
        Target::Down(count) => {
            let applied = migrations.iter().rev().filter(|migration| migration.version <= current);
            let kept = applied.skip(usize::try_from(count).unwrap_or(usize::MAX));
            kept.map(|migration| migration.version).next().unwrap_or(0)
        }
    };
    let direction = if end < current { Direction::Down } else { Direction::Up };
    between(migrations, current.min(end), current.max(end))
        .try_for_each(|migration| Script::new(migrations, *migration, direction).check())?;
    Ok(end)
}

/// The migrations above one version, up to another.
pub(super) fn between(migrations: &[Migration], above: i64, up_to: i64) -> impl Iterator<Item = &Migration> {
    migrations.iter().filter(move |migration| migration.version > above && migration.version <= up_to)
}

/// The version, if it is 0 or one that has a file.
pub(super) fn known(migrations: &[Migration], version: i64) -> Result<i64, MigrationError> {
    if version == 0 || migrations.iter().any(|migration| migration.version == version) {
        Ok(version)
    } else {
        Err(MigrationError::UnknownTarget { version, latest: latest(migrations) })
    }
}

fn latest(migrations: &[Migration]) -> i64 {
    migrations.last().map_or(0, |migration| migration.version)
}

/// The files whose ledger row names `version` while they run: its up, and the down of the one above it.
fn files_to(migrations: &[Migration], version: i64) -> Vec<String> {
    let up = migrations.iter().find(|migration| migration.version == version);
    let down = migrations
        .iter()
        .find(|migration| migration.version > version)
        .filter(|_| up.is_some() || matches!(version, NOTHING | 0));
    up.map(|migration| file_name(migration, Direction::Up))
        .into_iter()
        .chain(down.map(|migration| file_name(migration, Direction::Down)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &[Migration] = &[
        Migration { version: 1, slug: "one", up: "select 1", down: "select 1", check: None },
        Migration { version: 3, slug: "three", up: "select 3", down: "select 3", check: None },
    ];

    #[test]
    fn a_target_means_a_version() {
        let plan = |current, target| end(TWO, current, target).unwrap();
        assert_eq!(plan(0, Target::Latest), 3);
        assert_eq!(plan(3, Target::Latest), 3);
        assert_eq!(plan(0, Target::Version(1)), 1);
        assert_eq!(plan(3, Target::Version(1)), 1);
        assert_eq!(plan(3, Target::Version(0)), 0);
        assert_eq!(plan(3, Target::Down(1)), 1);
        assert_eq!(plan(3, Target::Down(9)), 0);
        assert_eq!(plan(0, Target::Down(1)), 0);
    }

    #[test]
    fn the_ledger_of_a_step_names_where_it_leads() {
        let leads_to = |migration: usize, direction| Script::new(TWO, TWO[migration], direction).leads_to;
        assert_eq!((leads_to(0, Direction::Up), leads_to(1, Direction::Up)), (1, 3));
        assert_eq!((leads_to(0, Direction::Down), leads_to(1, Direction::Down)), (NOTHING, 1));
    }

    #[test]
    fn a_version_without_a_file_is_refused() {
        for (current, version) in [(0, 2), (3, 2), (0, 4), (3, -1)] {
            let error = end(TWO, current, Target::Version(version)).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("there is no migration {version}: versions go from 0 (nothing applied) to 3")
            );
        }
    }

    #[test]
    fn a_dirty_ledger_names_the_files_that_lead_there() {
        let error = current(TWO, Ledger::dirty(1)).unwrap_err().to_string();
        assert!(error.contains("migrations/0001_one.up.sql or migrations/0003_three.down.sql"), "{error}");
        let error = current(TWO, Ledger::dirty(NOTHING)).unwrap_err().to_string();
        assert!(error.contains("(migrations/0001_one.down.sql)"), "{error}");
    }

    #[test]
    fn a_dirty_version_without_a_file_is_named_as_such() {
        for version in [2, 4] {
            let error = current(TWO, Ledger::dirty(version)).unwrap_err().to_string();
            let expected = format!(
                "the schema is dirty at version {version}: a migration to it did not end (this build has no \
                 migration {version}, its last one is 3). "
            );
            assert!(error.starts_with(&expected), "{error}");
        }
        let newer = current(TWO, Ledger::dirty(4)).unwrap_err().to_string();
        assert!(newer.contains("Use the build that has it") && !newer.contains("force N"), "{newer}");
    }

    #[test]
    fn a_ledger_of_a_newer_build_is_told_from_a_foreign_one() {
        let ledger = |version| current(TWO, Ledger::clean(version));
        assert_eq!(ledger(3).unwrap(), 3);
        assert_eq!(ledger(NOTHING).unwrap(), 0);
        assert!(matches!(ledger(4), Err(MigrationError::LedgerAhead { version: 4, latest: 3 })));
        assert!(matches!(ledger(2), Err(MigrationError::ForeignLedger { .. })));
    }
}
