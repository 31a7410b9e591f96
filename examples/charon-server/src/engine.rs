//! An address → the containers of the engine there, within the deadline; one client per engine.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bollard::errors::Error;
use bollard::query_parameters::ListContainersOptions;
use bollard::{API_DEFAULT_VERSION, Docker};
use tokio::net::UnixStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::address::Address;
use crate::container::Container;
use crate::trouble::{Reason, Trouble};

/// How many calls an engine gets at once. One that hangs must not take every descriptor that we have: the calls beyond
/// wait for their turn, within the same deadline.
const AT_ONCE: usize = 16;

/// The engines that were asked so far. There are never more than the settings name, and the usual sockets.
pub(crate) struct Engines {
    timeout: Duration,
    engines: Mutex<HashMap<Address, Arc<Engine>>>,
}

struct Engine {
    address: Address,
    turns: Semaphore,
    /// Made when the socket is there for the first time. It keeps no connection, so that it need not notice when the
    /// engine is started again.
    client: Mutex<Option<Docker>>,
}

impl Engines {
    pub(crate) fn new(timeout: Duration) -> Self {
        Self {
            timeout,
            engines: Mutex::new(HashMap::new()),
        }
    }

    /// The running containers of the engine at `address`.
    pub(crate) async fn list(&self, address: &Address) -> Result<Vec<Container>, Trouble> {
        let engine = self.engine(address);
        timeout(self.timeout, engine.list(self.timeout))
            .await
            .unwrap_or(Err(Trouble::Unavailable(Reason::Late)))
    }

    fn engine(&self, address: &Address) -> Arc<Engine> {
        let mut engines = self.engines.lock().unwrap_or_else(PoisonError::into_inner);
        let engine = engines.entry(address.clone()).or_insert_with(|| {
            Arc::new(Engine {
                address: address.clone(),
                turns: Semaphore::new(AT_ONCE),
                client: Mutex::new(None),
            })
        });
        Arc::clone(engine)
    }
}

impl Engine {
    async fn list(&self, timeout: Duration) -> Result<Vec<Container>, Trouble> {
        let _turn = self
            .turns
            .acquire()
            .await
            .map_err(|error| Trouble::Unexpected(error.to_string()))?;
        let client = self.client(timeout).await?;
        let summaries = client
            .list_containers(None::<ListContainersOptions>)
            .await?;
        Ok(summaries.into_iter().map(Container::from).collect())
    }

    async fn client(&self, timeout: Duration) -> Result<Docker, Trouble> {
        if let Some(client) = &*self.kept() {
            return Ok(client.clone());
        }
        let connect = || match &self.address {
            Address::Tcp(authority) => {
                Docker::connect_with_http(authority, seconds(timeout), API_DEFAULT_VERSION)
            }
            Address::Socket(path) => {
                Docker::connect_with_unix(path, seconds(timeout), API_DEFAULT_VERSION)
            }
        };
        let client = match connect() {
            // It did not see the socket; connect(2) says why, or that it has come meanwhile.
            Err(Error::SocketNotFoundError(path)) => {
                UnixStream::connect(path).await?;
                connect()?
            }
            made => made?,
        };
        *self.kept() = Some(client.clone());
        Ok(client)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Option<Docker>> {
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// bollard's own deadline, which does not cover the whole call: longer than ours, which does.
fn seconds(timeout: Duration) -> u64 {
    timeout.as_secs().saturating_add(1)
}
