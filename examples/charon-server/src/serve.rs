//! Settings → a server, until TERM or INT.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use charon_init::exit_code;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;
use tokio::time::sleep;

use crate::api;
use crate::say;
use crate::settings::Settings;

/// How long requests that were begun may take after TERM; the engines of containers kill after ten seconds.
const GRACE: Duration = Duration::from_secs(5);

/// Serve; returns the exit code.
pub(crate) fn run(settings: Settings) -> u8 {
    let listen = settings.listen;
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            say(&format!("runtime: cannot be made; {error}"));
            return exit_code::FAILED;
        }
    };
    let served = runtime.block_on(serve(settings));
    // A look-up of a name cannot be interrupted, and nobody waits for its answer any more.
    runtime.shutdown_background();
    match served {
        Ok(()) => exit_code::OK,
        Err(error) => {
            say(&format!(
                "{listen}: cannot listen; {error}; choose another address with CHARON_LISTEN"
            ));
            exit_code::FAILED
        }
    }
}

async fn serve(settings: Settings) -> io::Result<()> {
    // Before anyone can know that we are here: as PID 1 we would not get a signal without a handler.
    let stop = Stop {
        terminate: signal(SignalKind::terminate())?,
        interrupt: signal(SignalKind::interrupt())?,
    };
    let listener = TcpListener::bind(settings.listen).await?;
    let address = listener.local_addr()?;
    let router = api::router(settings);
    say(&format!("listening on http://{address}"));

    let stopping = Arc::new(Notify::new());
    let asked = {
        let stopping = Arc::clone(&stopping);
        async move {
            stop.wait().await;
            say("stopping");
            stopping.notify_one();
        }
    };
    let served = axum::serve(listener, router).with_graceful_shutdown(asked);
    let patience = async {
        stopping.notified().await;
        sleep(GRACE).await;
    };
    tokio::select! {
        result = async { served.await } => result,
        () = patience => Ok(()),
    }
}

struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    async fn wait(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
