//! The binary `holdfast`.

use std::process::ExitCode;

/// Ingest is many small pieces of text between few threads: the C library's allocator takes a tenth of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    server::cli::run()
}
