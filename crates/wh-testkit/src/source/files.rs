//! The files of the workspace.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The root of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// The folders below `crates`, sorted.
///
/// # Errors
/// A folder that cannot be read, with its path.
pub fn packages() -> Result<Vec<PathBuf>, String> {
    let mut all = entries(&root().join("crates"))?;
    all.retain(|path| path.join("Cargo.toml").is_file());
    Ok(all)
}

/// Every Rust file below a folder, sorted.
///
/// # Errors
/// As [`packages`].
pub fn rust_files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    with_extension(folder, "rs")
}

/// Every SQL file below a folder, sorted.
///
/// # Errors
/// As [`packages`].
pub fn sql_files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    with_extension(folder, "sql")
}

fn with_extension(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for path in entries(folder)? {
        if path.is_dir() {
            files.extend(with_extension(&path, extension)?);
        } else if path.extension().is_some_and(|end| end == extension) {
            files.push(path);
        }
    }
    Ok(files)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |error: std::io::Error| format!("could not read {}: {error}", folder.display());
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        all.push(entry.map_err(failed)?.path());
    }
    all.sort();
    Ok(all)
}

/// A parsed Rust file.
pub(super) fn parse(path: &Path) -> Result<syn::File, String> {
    let text =
        fs::read_to_string(path).map_err(|error| format!("could not read {}: {error}", path.display()))?;
    syn::parse_file(&text).map_err(|error| format!("could not parse {}: {error}", path.display()))
}
