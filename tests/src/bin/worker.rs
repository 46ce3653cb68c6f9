//! See [`es_tests::worker`].

use es_tests::worker::{Options, run};

fn main() {
    let code = match Options::parse(std::env::args().skip(1)) {
        Err(error) => {
            eprintln!("worker: {error}");
            2
        }
        Ok(options) => {
            let runtime = tokio::runtime::Runtime::new().expect("a runtime can be made");
            match runtime.block_on(run(options)) {
                Ok(()) => 0,
                Err(error) => {
                    eprintln!("worker: {error}");
                    1
                }
            }
        }
    };
    // Not by a return, which would wait for a handler that keeps its thread.
    std::process::exit(code);
}
