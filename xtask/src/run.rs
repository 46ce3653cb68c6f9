//! Running a command to its end while being asked to stop.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::pg::{During, Error};
use crate::process::signal;

/// The exit code of a command that did not end in time, as that of `timeout` in a shell.
pub const TOO_LONG: u8 = 124;

const SIGNALS: [(i32, &str); 3] = [(SIGHUP, "HUP"), (SIGINT, "INT"), (SIGTERM, "TERM")];

/// Notices Ctrl-C, hang-up and `kill`, which from now on do not end this process: whoever holds
/// this has to, after tidying up.
#[derive(Debug)]
pub struct Interrupts {
    seen: Vec<(i32, &'static str, Arc<AtomicBool>)>,
}

impl Interrupts {
    /// Begins to take note.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the system refuses to have the signals handled.
    pub fn listen() -> Result<Self, Error> {
        let mut seen = Vec::new();
        for (number, name) in SIGNALS {
            let flag = Arc::new(AtomicBool::new(false));
            signal_hook::flag::register(number, Arc::clone(&flag))
                .during(|| format!("handle SIG{name}"))?;
            seen.push((number, name, flag));
        }
        Ok(Self { seen })
    }

    /// Blocks until one of the signals has come, and returns the exit code that tells of it.
    pub fn wait(&self) -> u8 {
        loop {
            if let Some((number, _)) = self.take() {
                return exit_code(ExitStatus::from_raw(number));
            }
            pause();
        }
    }

    /// Runs a command, passes our signals on to it, and returns its exit code: 128 and the
    /// signal's number when a signal ended it.
    ///
    /// A signal that came before keeps the command from starting.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the command cannot be started.
    pub fn run(&self, command: &mut Command) -> Result<u8, Error> {
        self.run_within(None, command)
    }

    /// As [`run`](Self::run). A command that has not ended after `limit` is killed, and its exit code is [`TOO_LONG`]: whatever
    /// it waits for, it does so for ever.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_within(&self, limit: Option<Duration>, command: &mut Command) -> Result<u8, Error> {
        if let Some((number, _)) = self.take() {
            return Ok(exit_code(ExitStatus::from_raw(number)));
        }
        let program = command.get_program().display().to_string();
        let mut child = command.spawn().during(|| format!("run `{program}`"))?;
        let begun = Instant::now();
        loop {
            if let Some(status) = child.try_wait().during(|| "wait for the command".into())? {
                return Ok(exit_code(status));
            }
            if let Some(limit) = limit.filter(|limit| begun.elapsed() > *limit) {
                eprintln!("\n`{program}` has not ended after {limit:?} and is killed");
                child.kill().during(|| format!("kill `{program}`"))?;
                child.wait().during(|| "wait for the command".into())?;
                return Ok(TOO_LONG);
            }
            if let Some((_, name)) = self.take() {
                // From a terminal it had the signal already, and may have ended by now.
                let _ = signal(child.id(), name);
            }
            pause();
        }
    }

    fn take(&self) -> Option<(i32, &'static str)> {
        let came = self.seen.iter().find(|(_, _, flag)| flag.swap(false, Ordering::Relaxed));
        came.map(|(number, name, _)| (*number, *name))
    }
}

/// As a shell would have it.
fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|number| 128 + number));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

fn pause() {
    std::thread::sleep(Duration::from_millis(20));
}
