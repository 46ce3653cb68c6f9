//! What the program is told.

use std::time::Duration;

use crate::balances::Trap;

/// What becomes of an event that cannot be handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// `stop`
    Stop,
    /// `skip`
    Skip,
    /// `park`
    Park,
}

/// The arguments of the program.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// The database.
    pub url: String,
    /// `--lease-ms`
    pub lease: Duration,
    /// `--timeout-ms`: how long a handler may take.
    pub timeout: Duration,
    /// `--poll-ms`
    pub poll: Duration,
    /// `--batch`
    pub batch: usize,
    /// `--handler`
    pub trap: Trap,
    /// `--policy`
    pub policy: Policy,
    /// `--retries`
    pub retries: u32,
    /// `--version`: of the projection, 1 or 2.
    pub version: u32,
    /// `--parts`
    pub parts: u32,
    /// `--writer ACCOUNTS`: it moves money between so many accounts, and projects nothing.
    pub writer: Option<u32>,
    /// `--commander PURSES`: it sends commands to so many purses, and projects nothing.
    pub commander: Option<u32>,
    /// `--commands`: how many.
    pub commands: u32,
    /// `--pause-ms`: between two appends of a writer.
    pub pause: Duration,
    /// `--seed`: of a writer.
    pub seed: u64,
}

impl Options {
    /// Reads the arguments, without the name of the program.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let url = arguments.next().ok_or("the first argument is the URL of a database")?;
        let mut options = Self {
            url,
            lease: Duration::from_secs(1),
            timeout: Duration::from_secs(5),
            poll: Duration::from_millis(100),
            batch: 100,
            trap: Trap::None,
            policy: Policy::Stop,
            retries: 2,
            version: 1,
            parts: 1,
            writer: None,
            commander: None,
            commands: 100,
            pause: Duration::from_millis(2),
            seed: 1,
        };
        while let Some(name) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("{name} has no value"))?;
            options.set(&name, &value)?;
        }
        Ok(options)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "--lease-ms" => self.lease = millis(value)?,
            "--timeout-ms" => self.timeout = millis(value)?,
            "--poll-ms" => self.poll = millis(value)?,
            "--pause-ms" => self.pause = millis(value)?,
            "--batch" => self.batch = number(value)?,
            "--handler" => self.trap = value.parse()?,
            "--retries" => self.retries = number(value)?,
            "--version" => self.version = number(value)?,
            "--parts" => self.parts = number(value)?,
            "--writer" => self.writer = Some(number(value)?),
            "--commander" => self.commander = Some(number(value)?),
            "--commands" => self.commands = number(value)?,
            "--seed" => self.seed = number(value)?,
            "--policy" => {
                self.policy = match value {
                    "stop" => Policy::Stop,
                    "skip" => Policy::Skip,
                    "park" => Policy::Park,
                    _ => return Err(format!("`{value}` is no policy")),
                }
            }
            _ => return Err(format!("there is no option {name}")),
        }
        Ok(())
    }
}

fn number<N: std::str::FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| format!("`{text}` is no such number"))
}

fn millis(text: &str) -> Result<Duration, String> {
    number(text).map(Duration::from_millis)
}
