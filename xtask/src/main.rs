//! `cargo xtask`: the project's own commands.

use std::ffi::{OsStr, OsString};
use std::process::{Command, ExitCode};
use std::time::Duration;

use xtask::pg::{self, Cluster, DATABASE_URL, Error};
use xtask::run::Interrupts;

const HELP: &str = "\
cargo xtask test [ARGUMENTS OF cargo test]
    Runs every test of the workspace with a PostgreSQL: the one of DATABASE_URL,
    else a throwaway one, which is installed first if need be (Debian only).
    A test binary that has not ended after 15 minutes is killed.

cargo xtask pg
    Starts a throwaway PostgreSQL, prints its URL, and stops it on Ctrl-C.

cargo xtask pg [--] COMMAND [ARGUMENTS]
    Runs the command with the URL of a throwaway PostgreSQL in DATABASE_URL and
    its programs (psql …) on the PATH, and stops the server afterwards.

cargo xtask within SECONDS COMMAND [ARGUMENTS]
    Runs the command, and kills it when it has not ended by then.
";

/// How long a test binary may take, in seconds: several times what the slowest one does.
const LONGEST: &str = "900";

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let command = arguments.next();
    let rest: Vec<OsString> = arguments.collect();
    let outcome = match command.as_deref().map(OsStr::to_string_lossy).as_deref() {
        Some("test") => test(&rest),
        Some("pg") => postgres(&rest),
        Some("within") => within(&rest),
        None | Some("help" | "-h" | "--help") => {
            print!("{HELP}");
            Ok(0)
        }
        Some(other) => {
            eprint!("no such command: {other}\n\n{HELP}");
            Ok(2)
        }
    };
    match outcome {
        Ok(code) => code.into(),
        Err(error) => {
            // `Debug` of this error is its sentence with the causes.
            eprintln!("error: {error:?}");
            ExitCode::FAILURE
        }
    }
}

fn test(arguments: &[OsString]) -> Result<u8, Error> {
    let interrupts = Interrupts::listen()?;
    let mut cargo = command(&std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.arg("test").arg("--all-features").args(limited()?);
    if !names_packages(arguments) {
        cargo.arg("--workspace");
    }
    cargo.args(arguments);
    if pg::given_url()?.is_some() {
        return interrupts.run(&mut cargo);
    }
    let cluster = Cluster::start(&[])?;
    interrupts.run(cargo.env(DATABASE_URL, cluster.url()))
}

/// Has cargo run each test binary through this program, so that one that waits for ever is told by its name.
fn limited() -> Result<[String; 2], Error> {
    let this = std::env::current_exe().map_err(|source| Error::Io {
        action: "find this program's own file".to_owned(),
        source,
    })?;
    let this = this.to_string_lossy();
    let runner = format!(r#"target."cfg(all())".runner=[{this:?}, "within", "{LONGEST}"]"#);
    Ok(["--config".to_owned(), runner])
}

fn within(arguments: &[OsString]) -> Result<u8, Error> {
    let interrupts = Interrupts::listen()?;
    let seconds = arguments.first().and_then(|first| first.to_str()?.parse().ok());
    let (Some(seconds), Some(program)) = (seconds, arguments.get(1)) else {
        eprint!("`within` wants a number of seconds and a command\n\n{HELP}");
        return Ok(2);
    };
    let limit = Duration::from_secs(seconds);
    interrupts.run_within(Some(limit), Command::new(program).args(&arguments[2..]))
}

/// Whether the caller says which packages to test. Behind `--` stand the tests' own arguments.
fn names_packages(arguments: &[OsString]) -> bool {
    let of_cargo = arguments.iter().take_while(|argument| *argument != "--");
    of_cargo.map(|argument| argument.to_string_lossy()).any(|argument| {
        let short = argument.starts_with("-p");
        short || argument == "--package" || argument.starts_with("--package=")
    })
}

/// A command without the variables in which `cargo run` describes this package: build scripts that
/// look at them would run anew, and half of the dependencies with them, each time that `cargo
/// xtask test` follows `cargo test` or the other way round.
fn command(program: &OsStr) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let about_us = |prefix| name.as_encoded_bytes().starts_with(prefix);
        if about_us(b"CARGO_PKG_".as_slice()) || about_us(b"CARGO_MANIFEST_".as_slice()) {
            command.env_remove(name);
        }
    }
    command
}

fn postgres(arguments: &[OsString]) -> Result<u8, Error> {
    let interrupts = Interrupts::listen()?;
    let cluster = Cluster::start(&[])?;
    let arguments = match arguments {
        [first, rest @ ..] if first == "--" => rest,
        all => all,
    };
    let Some((program, arguments)) = arguments.split_first() else {
        println!("{}", cluster.url());
        eprintln!("Ctrl-C stops it and removes its data.");
        return Ok(interrupts.wait());
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([cluster.programs().to_owned()]);
    let mut command = command(program);
    command.args(arguments).env(DATABASE_URL, cluster.url());
    if let Ok(path) = std::env::join_paths(folders) {
        command.env("PATH", path);
    }
    interrupts.run(&mut command)
}

#[cfg(test)]
mod tests {
    use super::names_packages;

    #[test]
    fn named_packages_are_noticed_in_front_of_the_dashes_only() {
        let named =
            |line: &str| names_packages(&line.split(' ').map(Into::into).collect::<Vec<_>>());
        assert!(named("-p es-core") && named("-pes-core"));
        assert!(named("--lib --package es-core") && named("--package=es-core -- x"));
        assert!(!named("--lib -- -p x") && !named("some_test") && !named(""));
    }
}
