//! What the compiler needs for the two crates, and what it makes of them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Result, ensure};

use crate::clock::{self, Seconds};
use crate::generate::{Author, Extent, Source, WORKSPACE};
use crate::measure::{Comparison, by_turns};

/// How often both programs are built for release: it takes long, and there is no goal for it.
const BUILDS: usize = 2;

/// A generated crate on disk.
struct Crate {
    name: String,
    dir: PathBuf,
    target: PathBuf,
    lines: usize,
}

/// Everything about the whole domain: lines, `cargo check`, release build and size.
///
/// # Errors
/// When a crate cannot be generated or does not compile, or the two programs do not print the same.
pub(crate) fn measure(rounds: usize) -> Result<Vec<Comparison>> {
    let [macros, hand] = &pair(Extent::Everything)?;
    let checked = check(macros, hand, rounds)?;
    eprintln!("building both programs for release …");
    for warmed in [macros, hand] {
        warmed.timed("build")?;
    }
    ensure!(macros.output()? == hand.output()?, "the two programs do not print the same");
    let built = by_turns(BUILDS, || macros.timed("build"), || hand.timed("build"))?;
    let sizes = [macros.size()?, hand.size()?];
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let lines = [macros.lines as f64, hand.lines as f64];
    Ok(vec![
        Comparison::new("lines a person writes", "lines", [lines]),
        wall("cargo check", &checked).goal(1.3),
        processor("cargo check, processor time", &checked),
        processor("cargo build --release, processor time", &built),
        Comparison::new("size of the stripped program", "bytes", [sizes]).goal(1.1),
    ])
}

/// `cargo check` of growing parts of the domain, to see which of them costs what.
///
/// # Errors
/// As [`measure`].
pub(crate) fn parts(rounds: usize) -> Result<Vec<Comparison>> {
    let parts = [
        (Extent::Events, "… of the events alone"),
        (Extent::Aggregates, "… of events and aggregates"),
    ];
    let compared = parts.into_iter().map(|(extent, label)| {
        let [macros, hand] = &pair(extent)?;
        Ok(processor(label, &check(macros, hand, rounds)?))
    });
    compared.collect()
}

fn check(macros: &Crate, hand: &Crate, rounds: usize) -> Result<Vec<[Seconds; 2]>> {
    by_turns(rounds, || macros.timed("check"), || hand.timed("check"))
}

fn wall(label: &str, rounds: &[[Seconds; 2]]) -> Comparison {
    Comparison::new(label, "s", rounds.iter().map(|pair| pair.map(|one| one.wall)))
}

fn processor(label: &str, rounds: &[[Seconds; 2]]) -> Comparison {
    Comparison::new(label, "s", rounds.iter().map(|pair| pair.map(|one| one.processor)))
}

/// Both crates, with all they depend on compiled.
fn pair(extent: Extent) -> Result<[Crate; 2]> {
    let parent = Path::new(WORKSPACE).join("target/macro-cost");
    let [macros, hand] = Author::BOTH.map(|author| -> Result<Crate> {
        eprintln!("checking {extent:?} by {author:?} …");
        let source = Source::new(author, extent)?;
        let (dir, lines) = (source.save(&parent)?, source.lines());
        let made = Crate { name: source.name, dir, target: parent.join("target"), lines };
        made.timed("check")?;
        Ok(made)
    });
    Ok([macros?, hand?])
}

impl Crate {
    /// How long cargo needs for this crate alone, from scratch.
    fn timed(&self, command: &str) -> Result<Seconds> {
        let main = File::options().append(true).open(self.dir.join("src/main.rs"))?;
        main.set_modified(SystemTime::now())?;
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args([command, "--quiet"]).current_dir(&self.dir);
        if command == "build" {
            cargo.arg("--release");
        }
        cargo.env("CARGO_INCREMENTAL", "0").env("CARGO_TARGET_DIR", &self.target);
        let (done, seconds) = clock::timed(&mut cargo)?;
        let said = String::from_utf8_lossy(&done.stderr);
        ensure!(done.status.success(), "cargo {command} of {}: {said}", self.name);
        Ok(seconds)
    }

    fn program(&self) -> PathBuf {
        self.target.join("release").join(&self.name)
    }

    fn size(&self) -> Result<f64> {
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        Ok(fs::metadata(self.program())?.len() as f64)
    }

    fn output(&self) -> Result<Vec<u8>> {
        let done = Command::new(self.program()).output()?;
        ensure!(done.status.success(), "{}: {}", self.name, String::from_utf8_lossy(&done.stderr));
        Ok(done.stdout)
    }
}
