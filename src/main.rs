//! Arguments in, exit status out.

use std::process::ExitCode;

#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    seedbed::cli::run(std::env::args_os())
}
