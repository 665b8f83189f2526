//! Embeds the files of `migrations/`: an up and a down per migration, and a check for some, numbered without a gap.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

type Error = Box<dyn std::error::Error>;

#[derive(Default)]
struct Pair {
    slug: String,
    up: Option<String>,
    down: Option<String>,
    check: Option<String>,
}

fn main() -> Result<(), Error> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../migrations").canonicalize()?;
    // Cargo looks at every file of a folder that it is told of, so a new one is noticed too.
    println!("cargo::rerun-if-changed={}", folder.display());

    let mut pairs = BTreeMap::<i64, Pair>::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "sql") {
            add(&mut pairs, &path)?;
        }
    }

    let mut list = String::from("&[\n");
    for (expected, (version, pair)) in (1..).zip(&pairs) {
        if *version != expected {
            return Err(format!("migrations/: number {expected:04} is missing before {version:04}").into());
        }
        let (Some(up), Some(down)) = (&pair.up, &pair.down) else {
            return Err(
                format!("migrations/: {version:04}_{} lacks its up or its down file", pair.slug).into()
            );
        };
        writeln!(
            list,
            "    Migration {{ version: {version}, slug: {:?}, up: {up:?}, down: {down:?}, check: {:?} }},",
            pair.slug, pair.check,
        )?;
    }
    list.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("embedded.rs"), list)?;
    Ok(())
}

fn add(pairs: &mut BTreeMap<i64, Pair>, path: &Path) -> Result<(), Error> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let wrong = || {
        format!("migrations/{name}: expected a name like 0042_what_it_does.up.sql, .down.sql or .check.sql")
    };
    let stem = name.strip_suffix(".sql").ok_or_else(wrong)?;
    let (stem, direction) = stem.rsplit_once('.').ok_or_else(wrong)?;
    let (number, slug) = stem.split_once('_').ok_or_else(wrong)?;
    let good = number.len() == 4
        && !slug.is_empty()
        && slug.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !good {
        return Err(wrong().into());
    }

    let text = fs::read_to_string(path)?;
    let pair = pairs.entry(number.parse()?).or_default();
    if !pair.slug.is_empty() && pair.slug != slug {
        return Err(format!("migrations/: {number} is taken twice, by {:?} and {slug:?}", pair.slug).into());
    }
    slug.clone_into(&mut pair.slug);
    match direction {
        "up" => pair.up = Some(text),
        "down" => pair.down = Some(text),
        "check" => pair.check = Some(text),
        _ => return Err(wrong().into()),
    }
    Ok(())
}
