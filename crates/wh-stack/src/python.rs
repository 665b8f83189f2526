//! The Python of this machine, and the pinned packages of the mail server for tests.

use std::{env, path::PathBuf, process::Command};

use super::{
    error::{Result, StackError},
    wheel::Wheel,
};

const fn package(
    title: &'static str,
    (project, version): (&'static str, &'static str),
    (file, sha256): (&'static str, &'static str),
    (program, parts): (&'static str, &'static [&'static str]),
) -> Wheel {
    Wheel { title, project, version, platform: "any", file, sha256, program, parts }
}

const PINNED: [Wheel; 3] = [
    package(
        "the mail server aiosmtpd 1.4.6 (150 kB)",
        ("aiosmtpd", "1.4.6"),
        (
            "aiosmtpd-1.4.6-py3-none-any.whl",
            "72c99179ba5aa9ae0abbda6994668239b64a5ce054471955fe75f581d2592475",
        ),
        ("aiosmtpd/smtp.py", &["aiosmtpd/"]),
    ),
    package(
        "its package attrs 26.1.0 (70 kB)",
        ("attrs", "26.1.0"),
        ("attrs-26.1.0-py3-none-any.whl", "c647aa4a12dfbad9333ca4e71fe62ddc36f4e63b2d260a37a8b83d2f043ac309"),
        ("attr/__init__.py", &["attr/", "attrs/"]),
    ),
    package(
        "its package atpublic 5.1 (5 kB)",
        ("atpublic", "5.1"),
        ("atpublic-5.1-py3-none-any.whl", "135783dbd887fbddb6ef032d104da70c124f2b44b9e2d79df07b9da5334825e3"),
        ("public/__init__.py", &["public/"]),
    ),
];

/// The pinned wheels of the mail server for tests. They are plain Python, so they are the same on every platform.
#[must_use]
pub const fn smtp_wheels() -> &'static [Wheel] {
    &PINNED
}

/// A command that runs this machine's Python, 3.9 or newer, with the packages of the mail server for tests, which are fetched
/// first where the tool cache does not have them. It looks at nothing else that is installed.
///
/// # Errors
/// [`StackError::NotFound`] where there is no such Python, or neither pip nor uv to fetch with; [`StackError::WrongHash`].
pub fn python(progress: &mut dyn FnMut(&str)) -> Result<Command> {
    let program = find().ok_or_else(|| StackError::NotFound {
        server: "Python 3.9 or newer",
        tried: "  neither python3 nor python of PATH is one".to_owned(),
        repair: "install python3 (on Debian and Ubuntu: apt-get install python3 python3-pip)".to_owned(),
    })?;
    let folders: Vec<PathBuf> = PINNED.iter().map(|wheel| wheel.unpacked(progress)).collect::<Result<_>>()?;
    let path = env::join_paths(folders).map_err(|error| StackError::Setting {
        variable: "XDG_CACHE_HOME",
        value: String::new(),
        problem: format!("no Python path can be made of it: {error}"),
    })?;
    let mut command = Command::new(program);
    // -S and -s leave out what is installed; PYTHONPATH is what we pinned.
    command.args(["-S", "-s", "-B"]).env("PYTHONPATH", path);
    Ok(command)
}

fn find() -> Option<&'static str> {
    let check = "import sys; sys.exit(sys.version_info < (3, 9))";
    let suits = |program: &&str| {
        let output = Command::new(program).args(["-S", "-c", check]).output();
        output.is_ok_and(|output| output.status.success())
    };
    ["python3", "python"].into_iter().find(suits)
}
