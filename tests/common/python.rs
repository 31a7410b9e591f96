//! YAML and pods → what Python's parsers and the schema of Kubernetes make of them, or an explained skip.
#![allow(dead_code, reason = "each test binary uses some of it")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::common::skip;

/// The package that carries the Kubernetes schemas; it brings a YAML parser.
const KUBERNETES_VALIDATE: &str = "kubernetes-validate==1.37.0";

/// The package that carries the CycloneDX schemas.
const CYCLONEDX: &str = "cyclonedx-python-lib[json-validation]==11.12.0";

/// The objects of a text, each validated as `kubectl apply` would: what the schema does not know is an error.
const VALIDATE: &str = "
import kubernetes_validate
objects = list(yaml.safe_load_all(sys.stdin.buffer))
for one in objects:
    kubernetes_validate.validate(one, kubernetes_validate.latest_version(), strict=True)
json.dump(objects, sys.stdout)
";

/// A python3 with yaml and kubernetes-validate.
pub(crate) struct Python(PathBuf);

/// The one in `target/venv-kubernetes-validate`, made when it is missing.
pub(crate) fn python(test: &str) -> Option<Python> {
    static MADE: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match MADE.get_or_init(make_python) {
        Ok(python) => Some(Python(python.clone())),
        Err(why) => {
            skip(test, why);
            None
        }
    }
}

fn make_python() -> Result<PathBuf, String> {
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kubernetes-validate");
    let python = venv.join("bin/python3");
    let works = |python: &Path| {
        let import = Command::new(python)
            .args([
                "-c",
                "import yaml, kubernetes_validate, cyclonedx.validation.json, jsonschema",
            ])
            .output();
        import.is_ok_and(|output| output.status.success())
    };
    if !works(&python) {
        let steps: [(&Path, Vec<&str>); 2] = [
            (
                Path::new("python3"),
                vec!["-m", "venv", "--clear", venv.to_str().expect("a path")],
            ),
            (
                &python,
                vec![
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    KUBERNETES_VALIDATE,
                    CYCLONEDX,
                ],
            ),
        ];
        for (program, arguments) in steps {
            let output = Command::new(program).args(&arguments).output();
            let output = output.map_err(|error| format!("no {}: {error}", program.display()))?;
            if !output.status.success() {
                let stderr = String::from_utf8_lossy(&output.stderr);
                return Err(format!(
                    "{KUBERNETES_VALIDATE} and {CYCLONEDX} cannot be installed: {}",
                    stderr.trim()
                ));
            }
        }
    }
    Ok(python)
}

impl Python {
    /// The text as YAML 1.1 reads it.
    pub(crate) fn yaml(&self, text: &str) -> Value {
        self.value(
            "json.dump(yaml.safe_load(sys.stdin.buffer), sys.stdout)",
            text,
        )
    }

    /// The text as JSON.
    pub(crate) fn json(&self, text: &str) -> Value {
        self.value("json.dump(json.load(sys.stdin), sys.stdout)", text)
    }

    /// The fragment merged into the pod by the rules of a strategic merge, found valid by the schema of Kubernetes.
    pub(crate) fn merged_and_validated(&self, pod: &Value, fragment: &str) -> Value {
        let program = "
import kubernetes_validate
def merge(into, patch):
    for key, value in patch.items():
        if key == 'containers':
            for change in value:
                merge(next(one for one in into[key] if one['name'] == change['name']), change)
        elif isinstance(value, dict):
            merge(into.setdefault(key, {}), value)
        else:
            into[key] = value
given = json.load(sys.stdin)
pod = given['pod']
merge(pod, yaml.safe_load(given['fragment']))
kubernetes_validate.validate(pod, kubernetes_validate.latest_version(), strict=True)
json.dump(pod, sys.stdout)
";
        self.value(
            program,
            &json!({"pod": pod, "fragment": fragment}).to_string(),
        )
    }

    /// The objects of the text, each found valid by the schema of Kubernetes.
    pub(crate) fn validated(&self, text: &str) -> Vec<Value> {
        let objects = self.value(VALIDATE, text);
        objects.as_array().expect("a list").clone()
    }

    /// Does the schema of Kubernetes take each object of the text?
    pub(crate) fn is_valid(&self, text: &str) -> bool {
        self.output(VALIDATE, text).status.success()
    }

    /// Does the schema of CycloneDX take the text as an SBOM of the version that it names?
    pub(crate) fn is_cyclonedx(&self, text: &str) -> bool {
        const VALIDATE: &str = "
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
text = sys.stdin.read()
version = SchemaVersion.from_version(json.loads(text)['specVersion'])
sys.exit(JsonStrictValidator(version).validate_str(text) is not None)
";
        self.output(VALIDATE, text).status.success()
    }

    /// What the program prints, as a value.
    fn value(&self, program: &str, input: &str) -> Value {
        let output = self.output(program, input);
        assert!(output.status.success(), "python3 does not take {input:?}");
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    fn output(&self, program: &str, input: &str) -> Output {
        let program = format!("import json, sys, yaml\n{program}");
        let mut child = Command::new(&self.0)
            .args(["-c", &program])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("start python3");
        let mut stdin = child.stdin.take().expect("its standard input");
        stdin.write_all(input.as_bytes()).expect("write to python3");
        drop(stdin);
        child.wait_with_output().expect("wait for python3")
    }
}
