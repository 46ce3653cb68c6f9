//! The macros against the compiler: what must not compile, with the messages that the user then reads, and what must.
//!
//! One misuse is one file in the folder of its macro, named after the mistake; its `.stderr` holds the whole report and is
//! reviewed like an interface. After a change that is meant to change a message, `TRYBUILD=overwrite cargo test -p
//! es-ui-tests` writes the files anew.

use std::process::Command;

/// The compiler whose messages are in the `.stderr` files. Others word them differently.
const MADE_WITH: &str = "rustc 1.95.0";

#[test]
fn misuse_is_explained_and_odd_use_compiles() {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let version = Command::new(&rustc).arg("--version").output().expect("rustc runs");
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    assert!(
        version.starts_with(MADE_WITH),
        "the messages in tests/ui are those of {MADE_WITH}, this is {version}: use that compiler, or write them anew \
         with TRYBUILD=overwrite, read the difference and raise MADE_WITH",
    );
    let cases = trybuild::TestCases::new();
    for macros in [
        "aggregate",
        "aggregate_id",
        "event",
        "handles",
        "projection",
        "read_model",
        "reset",
        "snapshot",
    ] {
        cases.compile_fail(format!("{macros}/*.rs"));
    }
    cases.pass("pass/*.rs");
}
