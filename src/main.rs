//! Arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(charon_init::run(std::env::args_os().skip(1)))
}
