//! Processes that are not our children: who they are, and signals to them.

use std::os::unix::process::parent_id;
use std::process::{Command, Stdio};

use crate::pg::{During, Error};

/// A process, told apart from a later one with the same number where `/proc` allows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProcessId {
    pub(crate) pid: u32,
    /// Clock ticks since boot; `None` without `/proc`.
    pub(crate) started: Option<u64>,
}

impl ProcessId {
    pub(crate) fn current() -> Self {
        Self::of(std::process::id())
    }

    /// The parent of this process; the process itself when the parent is `init` or outside of the
    /// container, because that one would never end.
    pub(crate) fn parent() -> Self {
        match parent_id() {
            0 | 1 => Self::current(),
            parent => Self::of(parent),
        }
    }

    fn of(pid: u32) -> Self {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok();
        Self { pid, started: stat.as_deref().and_then(start_time) }
    }
}

/// Field 22 of `/proc/PID/stat`. The second field is a name in brackets that may hold anything.
fn start_time(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_ascii_whitespace().nth(19)?.parse().ok()
}

/// Sends a signal, named as in `kill -s`, through the shell: std offers only `SIGKILL`.
pub(crate) fn signal(pid: u32, name: &str) -> Result<(), Error> {
    let status = Command::new("/bin/sh")
        .args(["-c", "kill -s \"$1\" \"$2\"", "sh", name, &pid.to_string()])
        .stderr(Stdio::null())
        .status()
        .during(|| "run /bin/sh to send a signal".into())?;
    if status.success() {
        return Ok(());
    }
    Err(Error::Failed {
        program: "kill".into(),
        status,
        output: format!("process {pid} cannot be sent SIG{name}"),
    })
}

#[cfg(test)]
mod tests {
    use super::{ProcessId, start_time};

    #[test]
    fn the_start_time_is_read_behind_any_name() {
        let fields = "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20 21";
        assert_eq!(start_time(&format!("42 (a) b ) S (x) {fields}")), Some(4711));
        assert_eq!(start_time("42 (a) S 1"), None);
        assert_eq!(start_time(""), None);
    }

    #[test]
    fn a_process_is_the_same_each_time_it_is_looked_at() {
        assert_eq!(ProcessId::current(), ProcessId::current());
        assert_ne!(ProcessId::current(), ProcessId::parent());
    }
}
