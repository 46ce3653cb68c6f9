//! How long a command takes: by the clock on the wall, and by the processors' own.

use std::process::{Command, Output};
use std::time::Instant;

use anyhow::{Context as _, Result};

/// Seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seconds {
    pub(crate) wall: f64,
    /// What all processors spent on it, which other programs on the machine disturb less; NaN where `/proc` is not.
    pub(crate) processor: f64,
}

/// Runs a command to its end.
///
/// # Errors
/// When it cannot be started.
pub(crate) fn timed(command: &mut Command) -> Result<(Output, Seconds)> {
    let (start, before) = (Instant::now(), ticks_of_children());
    let output = command.output().with_context(|| format!("{command:?} cannot be started"))?;
    let wall = start.elapsed().as_secs_f64();
    let ticks = ticks_of_children().zip(before).map(|(after, before)| after - before);
    let processor = ticks.map_or(f64::NAN, |ticks| f64::from(ticks) / TICKS_PER_SECOND);
    Ok((output, Seconds { wall, processor }))
}

/// Linux counts in this unit wherever it tells programs.
const TICKS_PER_SECOND: f64 = 100.0;

/// What all children that have ended took, and theirs: fields 16 and 17 of `/proc/self/stat`.
fn ticks_of_children() -> Option<u32> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name, in brackets that may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().skip(13).take(2).map(|ticks| ticks.parse::<u32>().ok()).sum()
}
