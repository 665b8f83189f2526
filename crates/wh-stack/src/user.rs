//! The unprivileged user that the servers run as when we are root: Postgres refuses root.

use std::{
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
    process::Command,
};

use super::error::{Result, StackError};

/// A user and its main group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl User {
    /// The user to change to, or none where we are no root and everything runs as ourselves.
    pub(crate) fn unprivileged() -> Result<Option<Self>> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let found = ["postgres", "nobody"].into_iter().find_map(Self::named);
        found.map(Some).ok_or(StackError::Setting {
            variable: "USER",
            value: "root".to_owned(),
            problem:
                "neither a user `postgres` nor a user `nobody` exists, and Postgres refuses to run as root; \
                      run this as an ordinary user"
                    .to_owned(),
        })
    }

    /// Asks `id`, which also knows users that are in no `/etc/passwd`.
    fn named(name: &str) -> Option<Self> {
        let number = |flag: &str| {
            let output = Command::new("id").args([flag, name]).output().ok()?;
            // `nobody` is -2 on some systems, which `id` may print as is.
            let text = String::from_utf8(output.stdout).ok()?;
            let value: i64 = text.trim().parse().ok()?;
            u32::try_from(value).or_else(|_| i32::try_from(value).map(i32::cast_unsigned)).ok()
        };
        Some(Self { uid: number("-u")?, gid: number("-g")? }).filter(|user| user.uid != 0)
    }
}

/// Whether `path` and every folder above it may be read by users other than its owner.
pub(crate) fn open_to_all(path: &Path) -> bool {
    let Ok(path) = path.canonicalize() else {
        return false;
    };
    path.ancestors().all(|step| step.metadata().is_ok_and(|meta| meta.permissions().mode() & 0o005 == 0o005))
}

/// Whether the file belongs to us, or to the user that our servers run as.
pub(crate) fn is_ours(path: &Path, user: Option<User>) -> bool {
    let own = user.map_or_else(|| rustix::process::geteuid().as_raw(), |user| user.uid);
    path.symlink_metadata().is_ok_and(|meta| meta.is_dir() && meta.uid() == own)
}
