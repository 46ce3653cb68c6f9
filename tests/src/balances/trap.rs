//! What can be wrong with a handler.

use std::str::FromStr;
use std::time::Duration;

use es_core::ProjectionError;

/// What happens to an event before it is handled. The number tells which event: the one with so many cents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Trap {
    /// Nothing.
    #[default]
    None,
    /// An error.
    Err(i64),
    /// A panic.
    Panic(i64),
    /// The end of the process.
    Abort(i64),
    /// It never comes back, and lets others run meanwhile.
    Hang(i64),
    /// It never comes back, and keeps its thread.
    Block(i64),
    /// Each event takes so long.
    Slow(Duration),
    /// Each event takes so long, and locks a row meanwhile.
    Hold(Duration),
}

impl Trap {
    pub(super) async fn spring(self, cents: i64) -> Result<(), ProjectionError> {
        match self {
            Self::Err(n) if n == cents => Err(ProjectionError::handler(format!("{n} is refused"))),
            Self::Panic(n) if n == cents => panic!("{n} is too much"),
            Self::Abort(n) if n == cents => std::process::abort(),
            Self::Hang(n) if n == cents => std::future::pending().await,
            Self::Block(n) if n == cents => loop {
                std::thread::sleep(Duration::from_hours(1));
            },
            Self::Slow(pause) => {
                tokio::time::sleep(pause).await;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    pub(super) const fn holds(self) -> Option<Duration> {
        match self {
            Self::Hold(pause) => Some(pause),
            _ => None,
        }
    }
}

impl FromStr for Trap {
    type Err = String;

    /// `ok`, or `kind:number`.
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "ok" {
            return Ok(Self::None);
        }
        let wrong = || format!("`{text}` is no handler");
        let (kind, number) = text.split_once(':').ok_or_else(wrong)?;
        let number: i64 = number.parse().map_err(|_| wrong())?;
        let time = || u64::try_from(number).map(Duration::from_millis).map_err(|_| wrong());
        Ok(match kind {
            "err" => Self::Err(number),
            "panic" => Self::Panic(number),
            "abort" => Self::Abort(number),
            "hang" => Self::Hang(number),
            "block" => Self::Block(number),
            "slow" => Self::Slow(time()?),
            "hold" => Self::Hold(time()?),
            _ => return Err(wrong()),
        })
    }
}
