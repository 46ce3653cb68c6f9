//! The program that the crash tests kill: `crasher FILE SEED`.

use std::path::Path;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [file, seed] = arguments.as_slice() else {
        eprintln!("crasher FILE SEED");
        return ExitCode::from(2);
    };
    let Ok(seed) = seed.parse() else {
        eprintln!("`{seed}` is no number");
        return ExitCode::from(2);
    };
    match es_tests::crash::run(Path::new(file), seed).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::FAILURE
        }
    }
}
