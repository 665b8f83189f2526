//! Transports for development.

use std::{
    fs::{DirBuilder, OpenOptions},
    io::{self, Write},
    path::Path,
};

use secrecy::ExposeSecret;

use crate::letter::Letter;

/// Writes the mail as `TIME-ID.eml`, readable by its owner only. Never overwrites a file.
pub(crate) fn write_file(folder: &Path, letter: &Letter) -> io::Result<()> {
    let mut make = DirBuilder::new();
    make.recursive(true);
    let mut open = OpenOptions::new();
    open.write(true).create_new(true);
    #[cfg(unix)]
    {
        std::os::unix::fs::DirBuilderExt::mode(&mut make, 0o700);
        std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
    }
    make.create(folder)?;
    let name = letter.id.trim_matches(['<', '>']).split('@').next().unwrap_or_default();
    let path = folder.join(format!("{}-{name}.eml", letter.time.format("%Y%m%dT%H%M%SZ")));
    open.open(path)?.write_all(letter.bytes.expose_secret())
}

/// Logs Message-ID, subject and the masked address; never the text.
pub(crate) fn log(letter: &Letter) {
    let to = letter.envelope.to().first().map(|to| masked(to.user(), to.domain())).unwrap_or_default();
    tracing::info!(message_id = letter.id, to, subject = letter.subject, "mail (transport `log`: not sent)");
}

/// `a***@example.org`
fn masked(user: &str, domain: &str) -> String {
    let first: String = user.chars().take(1).collect();
    format!("{first}***@{domain}")
}
