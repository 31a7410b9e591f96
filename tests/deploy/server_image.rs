//! The example server's image, made of the static files, for as long as a test wants it.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::common::{repository, skip};
use crate::engine::{Engine, LABEL};

/// Its name in the machine's engine.
pub(crate) struct ServerImage(pub(crate) String);

impl ServerImage {
    /// The one that another test is using, or a new one. `None` where there is nothing to make it of.
    pub(crate) fn get(test: &str) -> Option<Arc<Self>> {
        static SHARED: Mutex<Weak<ServerImage>> = Mutex::new(Weak::new());
        if Engine::docker().call(&["info"]).code != 0 {
            skip(test, "no Docker engine that answers");
            return None;
        }
        if !repository().join("target/static/charon-server").exists() {
            skip(test, "needs examples/build-static --server");
            return None;
        }
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        Some(shared.upgrade().unwrap_or_else(|| {
            let image = Arc::new(Self::build(
                "server",
                "examples/charon-server/Dockerfile",
                &[],
            ));
            *shared = Arc::downgrade(&image);
            image
        }))
    }

    /// An image of this Dockerfile.
    pub(crate) fn build(name: &str, dockerfile: &str, options: &[&str]) -> Self {
        let image = Self(format!("charon-init-deploy-{}-{name}", std::process::id()));
        let top = repository().to_str().unwrap();
        let file = format!("{top}/{dockerfile}");
        let fixed = ["build", "--quiet", "--label", LABEL, "--file", &file];
        let build = [&fixed[..], &["--tag", &image.0], options, &[top]].concat();
        Engine::docker().call(&build).out();
        image
    }
}

impl Drop for ServerImage {
    fn drop(&mut self) {
        let ran = Engine::docker().call(&["image", "rm", "--force", &self.0]);
        if ran.code != 0 {
            println!("{} stays: {}", self.0, ran.stderr);
        }
    }
}
