//! The most memory that a replay takes.

use std::fs;

use crate::domain::Histories;
use crate::error::Result;
use crate::subject::Subject;

/// MiB that a replay takes at its peak, above what the connected program has before it.
pub(crate) async fn measure<S: Subject>(subject: &S, events: u64) -> Result<f64> {
    // Forgets the peak of the past, so that only this replay counts. Linux.
    fs::write("/proc/self/clear_refs", "5")?;
    let idle = status("VmRSS:")?;
    let found = subject.replay().await?.sum();
    let peak = status("VmHWM:")?;
    let expected = Histories::log(events).sum();
    if found != expected {
        return Err(format!("found {found:?} instead of {expected:?}").into());
    }
    #[allow(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
    Ok(peak.saturating_sub(idle) as f64 / 1024.0)
}

/// A line of `/proc/self/status`, in KiB.
fn status(name: &str) -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    number(&status, name).ok_or_else(|| format!("no {name} in /proc/self/status").into())
}

fn number(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_line_is_found_by_its_name() {
        let status = "Name:\tx\nVmHWM:\t  2048 kB\nVmRSS:\t 12 kB\n";
        assert_eq!(super::number(status, "VmHWM:"), Some(2048));
        assert_eq!(super::number(status, "VmRSS:"), Some(12));
        assert_eq!(super::number(status, "VmSwap:"), None);
    }
}
