//! What the processors were busy with, as Linux counts it.

use std::fmt;
use std::fs;

/// Ticks so far: of all processors together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Reading {
    /// Programs that we have called and that have ended.
    called: u64,
    busy: u64,
    all: u64,
}

impl Reading {
    /// `None` elsewhere than on Linux.
    fn now() -> Option<Self> {
        let (own, all) = (fs::read_to_string("/proc/self/stat"), fs::read_to_string("/proc/stat"));
        Self::of(&own.ok()?, &all.ok()?)
    }

    fn of(own: &str, all: &str) -> Option<Self> {
        // The program's name stands in brackets and may hold anything.
        let own: Vec<&str> = own.rsplit_once(')')?.1.split_whitespace().collect();
        let number = |text: &&str| text.parse::<u64>().ok();
        let called = own.get(13..15)?.iter().filter_map(number).sum();
        let counts = all.lines().next()?.split_whitespace().skip(1);
        let counts: Vec<u64> = counts.filter_map(|text| number(&text)).collect();
        // user, nice, system, idle, waiting for a disk, and what is left.
        let idle: u64 = counts.get(3..5)?.iter().sum();
        let all = counts.iter().take(8).sum();
        Some(Self { called, busy: all - idle, all })
    }
}

/// Adds up what some calls of a program have cost.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Processors {
    sum: Reading,
}

impl Processors {
    /// Counts what happens during the call.
    pub(crate) fn during<T>(&mut self, call: impl FnOnce() -> T) -> T {
        let before = Reading::now();
        let answer = call();
        if let (Some(before), Some(after)) = (before, Reading::now()) {
            self.sum.called += after.called.saturating_sub(before.called);
            self.sum.busy += after.busy.saturating_sub(before.busy);
            self.sum.all += after.all.saturating_sub(before.all);
        }
        answer
    }
}

impl fmt::Display for Processors {
    /// Shares of all processors; nothing where nothing is known.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Reading { called, busy, all } = self.sum;
        if all == 0 {
            return Ok(());
        }
        let (client, rest) = (called * 100 / all, busy.saturating_sub(called) * 100 / all);
        write!(f, " (processors: {client} % client, {rest} % server and system)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_found_and_shared_out() {
        let own = "7 (a) name) S 1 7 7 0 -1 4 1 2 3 4 50 60 300 100 20 0 1 0";
        let all = "cpu  1000 0 500 2000 100 10 20 0 0 0\ncpu0 1 2 3";
        let reading = Reading::of(own, all).unwrap();
        assert_eq!(reading, Reading { called: 400, busy: 1_530, all: 3_630 });
        let shown = Processors { sum: Reading { called: 30, busy: 80, all: 120 } }.to_string();
        assert_eq!(shown, " (processors: 25 % client, 41 % server and system)");
        assert_eq!(Processors::default().to_string(), "");
        assert_eq!(Reading::of("", ""), None);
    }
}
