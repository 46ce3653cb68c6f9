//! One start of the server's main process: from the command to "ready".

use std::io::{Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use super::error::{During, Error};
use super::home::Home;

/// Long, for recovery after a crash on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// Runs `command`, which is `postgres -D DATA`, until the server accepts connections.
///
/// It has a process group of its own, so that Ctrl-C does not stop it before its clients.
pub(super) fn launch(command: &mut Command, home: &Home) -> Result<Child, Error> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut log = home.open_log()?;
        let begin = log.seek(SeekFrom::End(0)).during(|| "read the server's log".into())?;
        let log_too = log.try_clone().during(|| "share the server's log".into())?;
        command.stdout(log).stderr(log_too).process_group(0);
        let mut child = command.spawn().during(|| "run `postgres`".into())?;

        let reason = match wait_until_ready(&mut child, home, deadline) {
            Ok(()) => return Ok(child),
            Err(reason) => reason,
        };
        // Nothing of a failed start is worth an orderly stop.
        let _ = child.kill().and_then(|()| child.wait());
        let log = home.log_since(begin);
        if !sessions_live_on(&log) || Instant::now() > deadline {
            return Err(Error::NotStarted { reason, log: super::error::tail(&log) });
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Whether a failed start was due to the port alone.
pub(super) fn port_was_taken(log: &str) -> bool {
    log.contains("Address already in use")
}

/// After `kill -9` of the main process its sessions end one by one; until then no new one starts.
fn sessions_live_on(log: &str) -> bool {
    log.contains("pre-existing shared memory block") || log.contains("\"postmaster.pid\" already")
}

fn wait_until_ready(child: &mut Child, home: &Home, deadline: Instant) -> Result<(), String> {
    let state_file = home.data().join("postmaster.pid");
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            return Err(format!("it ended ({status})"));
        }
        let state = std::fs::read_to_string(&state_file).unwrap_or_default();
        if is_ready(&state, child.id()) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Err(format!("it was not ready after {} s", PATIENCE.as_secs()))
}

/// The first line is the process and the eighth its state; the file of a crashed server stays.
fn is_ready(state: &str, pid: u32) -> bool {
    let mut lines = state.lines();
    let process = lines.next().and_then(|line| line.trim().parse().ok());
    process == Some(pid) && lines.nth(6).is_some_and(|state| state.trim() == "ready")
}

#[cfg(test)]
mod tests {
    use super::is_ready;

    #[test]
    fn only_the_new_process_counts_as_ready() {
        let file = |state| format!("42\n/data\n1\n5432\n/s\n127.0.0.1\n 1 2\n{state}\n");
        assert!(is_ready(&file("ready   "), 42));
        assert!(!is_ready(&file("starting"), 42));
        assert!(!is_ready(&file("ready   "), 43), "left by a crashed server");
        assert!(!is_ready("42\n", 42));
        assert!(!is_ready("", 42));
    }
}
