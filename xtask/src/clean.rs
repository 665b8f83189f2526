//! `cargo xtask clean`

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use wh_stack::{Running, leftovers, sweep, tool_cache};

use crate::failure::{Failure, Outcome};

/// Empty the tool cache, and remove what killed stacks have left
///
/// The tool cache holds the pinned servers and `diesel_cli`, which are fetched and built again when they are needed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask clean --dry-run               show what would go
  cargo xtask clean                         remove it")]
pub(crate) struct Arguments {
    /// Only show what would be removed
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    if let Some(running) = Running::find()? {
        return Err(Failure::new(format!(
            "a stack is running from the tool cache: {}\nTo repair it: cargo xtask down",
            running.title
        )));
    }
    let cache = tool_cache()?;
    let cached: Vec<PathBuf> =
        fs::read_dir(&cache).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    let left = leftovers()?;
    if cached.is_empty() && left.is_empty() {
        note!("nothing to remove: {} is empty, and no stack left anything", cache.display());
        return Ok(ExitCode::SUCCESS);
    }
    let verb = if arguments.dry_run { "would remove" } else { "removing" };
    for path in cached.iter().chain(&left) {
        note!("{verb} {} ({})", path.display(), size(path));
    }
    if arguments.dry_run {
        return Ok(ExitCode::SUCCESS);
    }
    sweep()?;
    for path in &cached {
        let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        removed.map_err(|error| Failure::io("remove", path, &error))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The size of a file or folder, for people.
pub(crate) fn size(path: &Path) -> String {
    let megabytes = bytes(path).div_ceil(1_000_000);
    format!("{megabytes} MB")
}

fn bytes(path: &Path) -> u64 {
    let Ok(meta) = path.symlink_metadata() else {
        return 0;
    };
    if !meta.is_dir() {
        return meta.len();
    }
    fs::read_dir(path).into_iter().flatten().flatten().map(|entry| bytes(&entry.path())).sum()
}
