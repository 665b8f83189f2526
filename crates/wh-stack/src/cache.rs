//! The tool cache: what was fetched or built once, and is found again by every clone.

use std::{
    env,
    path::{Path, PathBuf},
};

use super::error::{Result, StackError};

/// The folder of the tool cache: `$XDG_CACHE_HOME/wh-data`, else `~/Library/Caches/wh-data` on macOS and
/// `~/.cache/wh-data` elsewhere. It need not exist.
///
/// # Errors
/// [`StackError::Setting`] where neither variable names a folder.
pub fn tool_cache() -> Result<PathBuf> {
    let from = |variable: &str| env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(base) = from("XDG_CACHE_HOME") {
        return Ok(base.join("wh-data"));
    }
    let below = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
    from("HOME").map(|home| home.join(below).join("wh-data")).ok_or_else(|| StackError::Setting {
        variable: "HOME",
        value: env::var("HOME").unwrap_or_default(),
        problem: "the tool cache needs a home: set HOME or XDG_CACHE_HOME to an absolute path".to_owned(),
    })
}

/// Where temporary folders of stacks are made, and therefore swept.
///
/// Root uses `/tmp`, because its own TMPDIR may be closed to the unprivileged user. A path of a Unix socket has room for
/// about a hundred bytes, so a long TMPDIR is of no use either.
pub(crate) fn temporary_base() -> PathBuf {
    let own = env::temp_dir();
    let usable = !rustix::process::geteuid().is_root() && own.as_os_str().len() <= 60 && own.is_absolute();
    if usable { own } else { Path::new("/tmp").to_path_buf() }
}

/// Where Linux has files in memory.
pub(crate) const MEMORY: &str = "/dev/shm";

/// A folder in memory with room for the data of a test run, where the system has one.
pub(crate) fn memory_base() -> Option<PathBuf> {
    const GIB: u64 = 1 << 30;
    let base = Path::new(MEMORY);
    let space = rustix::fs::statvfs(base).ok()?;
    let meminfo = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let available: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    let roomy = space.f_bavail.saturating_mul(space.f_frsize) >= 2 * GIB && available * 1024 >= 4 * GIB;
    roomy.then(|| base.to_path_buf())
}
