//! The table of options → the text of `-h`: one screen of 60 lines and 100 columns.

use super::options::{OPTIONS, Opt, Section};

const HEAD: &str = "\
Becomes a user that is not root and can reach the engine's socket, then executes COMMAND.

Usage:
  charon-init [OPTIONS] [--] COMMAND [ARG]...
  charon-init [OPTIONS] --dry-run [-f FORMAT]
  charon-init [OPTIONS] --check [--timeout DURATION] [-f text|json]

Examples:
  charon-init /server --port 8080                           as user charon, with the socket's group
  charon-init -u 1000:1000 -s /run/podman/podman.sock sh    as numbers, with this socket's group
  charon-init --dry-run -f compose > compose.override.yaml  the group_add for `user: charon`
";

const TAIL: &str = "
A flag wins over its variable [in brackets]; an empty variable is unset; lists are separated by
commas, paths by colons. Booleans are 1 true yes on, 0 false no off. (+): may be repeated.

Exit codes:
  0     --dry-run would go ahead, or       71   an operating system call failed
        --check reached the engine         78   refused; nothing was changed
  1     --check did not reach it           126  COMMAND cannot be executed
  2     usage                              127  COMMAND was not found
  else  COMMAND's own
";

/// What `-h` prints.
#[cold]
#[must_use]
pub fn help() -> String {
    let mut text = HEAD.to_owned();
    for section in Section::ALL {
        text.push('\n');
        text.push_str(section.title());
        text.push('\n');
        for option in OPTIONS.iter().filter(|option| option.section == section) {
            text.push_str(&line(option));
        }
    }
    text + TAIL
}

/// What `-V` prints.
#[must_use]
pub fn version() -> String {
    concat!("charon-init ", env!("CARGO_PKG_VERSION"), "\n").to_owned()
}

fn line(option: &Opt) -> String {
    let short = match option.short {
        Some(short) => format!("-{short}, "),
        None => "    ".to_owned(),
    };
    let value = option.value.unwrap_or_default();
    let repeated = if option.repeatable { " (+)" } else { "" };
    let flag = if option.value_is_optional {
        format!("--{}[={value}]", option.long)
    } else {
        format!("--{} {value}{repeated}", option.long)
    };
    let default = match option.default {
        Some(default) => format!(" (default: {default})"),
        None => String::new(),
    };
    let env = match option.env {
        Some(name) if option.env_is_opposite => format!(" [{name}=false]"),
        Some(name) => format!(" [{name}]"),
        None => String::new(),
    };
    format!("  {short}{flag:<23} {}{default}{env}\n", option.meaning)
}
