//! Command lines for the guard, which is a POSIX shell.

use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStrExt,
};

/// The environment of everything the guard runs: nothing of ours, so that no setting of the caller leaks in.
pub(crate) fn environment() -> [(&'static str, &'static str); 3] {
    [("PATH", "/usr/local/bin:/usr/bin:/bin"), ("LC_ALL", "C"), ("TZ", "UTC")]
}

/// A program with its arguments, to be run by a shell script.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    words: Vec<OsString>,
}

impl Program {
    pub(crate) fn new(program: impl Into<OsString>) -> Self {
        Self { words: vec![program.into()] }
    }

    pub(crate) fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.words.push(argument.into());
        self
    }

    pub(crate) fn args<'a>(mut self, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        self.words.extend(arguments.into_iter().map(OsString::from));
        self
    }

    /// The program itself.
    pub(crate) fn name(&self) -> &OsStr {
        self.words.first().map_or(OsStr::new("sh"), OsString::as_os_str)
    }

    /// A script that becomes the program, so that the process id the shell knows is the program's.
    pub(crate) fn script(&self) -> Vec<u8> {
        let mut script = b"exec".to_vec();
        for word in &self.words {
            script.push(b' ');
            script.extend(quoted(word.as_bytes()));
        }
        script.push(b'\n');
        script
    }
}

/// A word as a shell takes it literally.
fn quoted(word: &[u8]) -> Vec<u8> {
    let mut out = vec![b'\''];
    for byte in word {
        match byte {
            b'\'' => out.extend(br"'\''"),
            other => out.push(*other),
        }
    }
    out.push(b'\'');
    out
}

#[cfg(test)]
mod tests {
    use super::Program;

    #[test]
    fn a_word_with_a_quote_stays_one_word() {
        let program = Program::new("/bin/it's here").arg("$HOME `id`").args(["a b"]);
        let script = String::from_utf8(program.script()).unwrap();
        assert_eq!(script, r"exec '/bin/it'\''s here' '$HOME `id`' 'a b'".to_owned() + "\n");
    }
}
