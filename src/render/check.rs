//! What a check came to → one line.

use serde::Serialize;

use crate::answer::EngineVersion;
use crate::diagnosis::Diagnosis;
use crate::plan::Identity;
use crate::render::escape;
use crate::render::json::{IdentityView, MessageView, line};

/// For a person: what is in the way, or every engine that was reached.
pub(super) fn text(diagnoses: &[Diagnosis]) -> String {
    let sentence = match decisive(diagnoses) {
        Some(first) if !first.is_well() => first.to_string(),
        Some(_) | None => {
            let all: Vec<String> = diagnoses.iter().map(Diagnosis::to_string).collect();
            all.join("; ")
        }
    };
    escape::line(&sentence) + "\n"
}

/// For a program; `version` changes when a key goes or changes its meaning.
pub(super) fn json(identity: Option<&Identity>, diagnoses: &[Diagnosis]) -> String {
    let engines = diagnoses
        .iter()
        .filter_map(|diagnosis| Some(EngineView::new(diagnosis, diagnosis.engine()?)));
    let decisive = decisive(diagnoses);
    let is_well = decisive.is_some_and(Diagnosis::is_well);
    line(&Document {
        version: 1,
        outcome: match decisive.and_then(Diagnosis::engine) {
            Some(_) => "reached",
            None if is_well => "nothing_to_check",
            None => "not_reached",
        },
        path: decisive.and_then(path),
        identity: identity.map(IdentityView::new),
        engines: engines.collect(),
        message: decisive.map(|diagnosis| MessageView::new(diagnosis.message())),
    })
}

/// The first that is in the way, or else the first.
fn decisive(diagnoses: &[Diagnosis]) -> Option<&Diagnosis> {
    let in_the_way = diagnoses.iter().find(|diagnosis| !diagnosis.is_well());
    in_the_way.or_else(|| diagnoses.first())
}

fn path(diagnosis: &Diagnosis) -> Option<String> {
    diagnosis.endpoint.as_ref().map(ToString::to_string)
}

#[derive(Serialize)]
struct Document {
    version: u8,
    outcome: &'static str,
    /// The socket, or `tcp://HOST:PORT`.
    path: Option<String>,
    identity: Option<IdentityView>,
    engines: Vec<EngineView>,
    #[serde(flatten)]
    message: Option<MessageView>,
}

#[derive(Serialize)]
struct EngineView {
    path: Option<String>,
    name: &'static str,
    version: Option<String>,
    api: Option<String>,
}

impl EngineView {
    fn new(diagnosis: &Diagnosis, engine: &EngineVersion) -> Self {
        Self {
            path: path(diagnosis),
            name: engine.product.name(),
            version: engine.version.clone(),
            api: engine.api.clone(),
        }
    }
}
