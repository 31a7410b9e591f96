//! Arguments in, exit code out: a small stand-in for the backend of Charon, which lists the containers of Docker engines.
//!
//! ```text
//! argv, env ─ settings ─▶ Settings ─ serve ─▶ api ──── selector ─▶ Selector ─ engines ─▶ containers, or a trouble
//!                                            page                  (which)    address, engine, trouble, diagnosis
//! ```
#![deny(unsafe_code)]

mod address;
mod api;
mod container;
mod diagnosis;
mod engine;
mod page;
mod selector;
mod serve;
mod servers;
mod settings;
mod trouble;

use std::io::{self, Write};
use std::process::ExitCode;

use charon_init::exit_code;
use charon_init::render::escape;

use settings::Outcome;

fn main() -> ExitCode {
    let args = std::env::args_os().skip(1);
    ExitCode::from(match settings::parse(args, |name| std::env::var_os(name)) {
        Outcome::Run(settings) => serve::run(*settings),
        Outcome::Print(text) => match io::stdout().write_all(text.as_bytes()) {
            Ok(()) => exit_code::OK,
            Err(_unheard) => exit_code::FAILED,
        },
        Outcome::Usage(message) => {
            say(&format!("{message}; see 'charon-server --help'"));
            exit_code::USAGE
        }
        Outcome::Refused(message) => {
            say(&message.to_string());
            exit_code::REFUSED
        }
    })
}

/// One line on standard error, whatever an engine has to say. Nobody can be told that it is closed, and a server does
/// not end for that.
fn say(message: &str) {
    let line = escape::line(&format!("charon-server: {message}")) + "\n";
    if let Err(_unheard) = io::stderr().write_all(line.as_bytes()) {}
}
