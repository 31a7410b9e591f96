//! Arguments in, exit code out.

use std::ffi::OsString;
use std::process::ExitCode;

use charon_init::act::init::Held;

/// One mapping for a whole start; why: Cargo.toml.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    // First of all: what is sent to a PID 1 that has neither a handler nor a mask is lost (pid_namespaces(7)).
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    let held = Held::if_asked(&args);
    ExitCode::from(charon_init::run(args, held))
}
