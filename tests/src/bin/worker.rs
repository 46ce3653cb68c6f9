//! See [`es_tests::worker`].

use es_tests::worker::{Options, run};

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be made");
    let options = Options::parse(std::env::args().skip(1));
    let code = match options.map(|options| runtime.block_on(run(options))) {
        Ok(Ok(())) => 0,
        Ok(Err(error)) => {
            eprintln!("worker: {error}");
            1
        }
        Err(error) => {
            eprintln!("worker: {error}");
            2
        }
    };
    // Not by a return, which would drop the runtime, which would wait for a handler that keeps its thread.
    std::process::exit(code);
}
