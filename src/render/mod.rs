//! Plan, refusal, failure → text; one file per audience.
//!
//! | file         | for                                                   |
//! |--------------|-------------------------------------------------------|
//! | `text`       | a person who asks what would be done                  |
//! | `json`       | a program; versioned                                  |
//! | `compose`    | the compose tool, as one more `-f` file               |
//! | `docker`     | the command line of `docker run` and `podman run`     |
//! | `kubernetes` | a pod spec                                            |
//! | `env`        | an env file                                           |
//! | `quadlet`    | the `[Container]` section of a quadlet                |
//! | `check`      | `--check`, for a person and for a program              |
//! | `log`        | stderr                                                |
//! | `ownership`  | stderr, while a tree is given to the identity         |
//!
//! Shared: `words` (what a step or a verdict is called), `diff` (an edit, line by line), `yaml` (scalars that stay
//! what they are), `escape` (nothing from outside can forge a line).

mod check;
mod compose;
mod diff;
mod docker;
mod env;
pub mod escape;
mod json;
mod kubernetes;
pub mod log;
pub mod ownership;
mod quadlet;
mod text;
mod words;
mod yaml;

use crate::diagnosis::Diagnosis;
use crate::facts::Facts;
use crate::plan::{Identity, Plan};
use crate::refusal::Refused;
use crate::request::{CheckFormat, Format};

/// What `--dry-run` prints on stdout for a plan (contract 7).
#[must_use]
pub fn dry_run(format: Format, service: &str, facts: &Facts, plan: &Plan) -> String {
    match format {
        Format::Text => text::document(facts, plan),
        Format::Json => json::document(Ok(plan)),
        Format::Compose => compose::override_file(service, &plan.group_add),
        Format::Docker | Format::Podman => docker::options(&plan.group_add),
        Format::Kubernetes => kubernetes::fragment(service, plan),
        Format::Env => env::line(plan),
        Format::Quadlet => quadlet::lines(&plan.group_add),
    }
}

/// What `--check` prints on stdout (contract 8): one line, whatever came of it.
#[must_use]
pub fn check(format: CheckFormat, identity: Option<&Identity>, diagnoses: &[Diagnosis]) -> String {
    match format {
        CheckFormat::Text => check::text(diagnoses),
        CheckFormat::Json => check::json(identity, diagnoses),
    }
}

/// What it prints when refused: nothing, JSON excepted, so that `> compose.override.yaml` can never hold what was
/// refused.
#[must_use]
pub fn refused(format: Format, refused: &Refused) -> String {
    match format {
        Format::Json => json::document(Err(refused)),
        Format::Text
        | Format::Compose
        | Format::Docker
        | Format::Podman
        | Format::Kubernetes
        | Format::Env
        | Format::Quadlet => String::new(),
    }
}
