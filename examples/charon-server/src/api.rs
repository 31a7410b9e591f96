//! Requests → answers: the published contract of Charon's backend, as far as its list of containers goes.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use crate::address::{Address, Local};
use crate::container::Container;
use crate::diagnosis;
use crate::engine::Engines;
use crate::page;
use crate::say;
use crate::selector::{InvalidHost, Selector};
use crate::settings::Settings;
use crate::trouble::{Reason, Trouble};

struct App {
    settings: Settings,
    local: Local,
    engines: Engines,
}

/// Every answer but 200.
#[derive(Serialize)]
struct Failure {
    #[serde(skip)]
    status: StatusCode,
    error: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<String>,
}

impl Failure {
    const INVALID_HOST: Self = Self::new(StatusCode::BAD_REQUEST, "Invalid docker host selector");
    const NO_SERVER: Self = Self::new(StatusCode::NOT_FOUND, "Remote server not found");
    const NO_ROUTE: Self = Self::new(StatusCode::NOT_FOUND, "Not found");
    const NO_LIST: Self = Self::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "Failed to list containers",
    );

    const fn new(status: StatusCode, error: &'static str) -> Self {
        Self {
            status,
            error,
            details: None,
        }
    }

    fn unavailable(details: String) -> Self {
        Self {
            details: Some(details),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "Docker daemon unavailable")
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.status, Json(self)).into_response()
    }
}

/// A remote server, as far as the page is to know it.
#[derive(Serialize)]
struct Choice<'a> {
    id: &'a str,
    name: &'a str,
}

/// The whole server.
pub(crate) fn router(settings: Settings) -> Router {
    let app = App {
        local: Local::new(settings.docker_host.clone()),
        engines: Engines::new(settings.timeout),
        settings,
    };
    Router::new()
        .route("/api/v1/health", get(health))
        .route("/api/v1/remote-servers", get(remote_servers))
        .route("/api/v1/docker/containers", get(containers))
        .with_state(Arc::new(app))
        .merge(page::router())
        .fallback(async || Failure::NO_ROUTE)
        .layer(axum::middleware::map_response(page::with_headers))
}

async fn health() -> Response {
    #[derive(Serialize)]
    struct Health {
        status: &'static str,
        service: &'static str,
        version: &'static str,
    }
    Json(Health {
        status: "ok",
        service: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
    })
    .into_response()
}

async fn remote_servers(State(app): State<Arc<App>>) -> Response {
    let servers = app.settings.remote_servers.iter();
    let choices = servers.map(|server| Choice {
        id: &server.id,
        name: &server.name,
    });
    Json(choices.collect::<Vec<_>>()).into_response()
}

async fn containers(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Json<Vec<Container>>, Failure> {
    let address = app.address(&query.unwrap_or_default())?;
    match app.engines.list(&address).await {
        Ok(containers) => Ok(Json(containers)),
        Err(Trouble::Unavailable(reason)) => Err(unavailable(address, reason).await),
        Err(Trouble::Unexpected(what)) => {
            say(&format!("{address}: {what}"));
            Err(Failure::NO_LIST)
        }
    }
}

impl App {
    /// Where to ask.
    fn address(&self, query: &str) -> Result<Address, Failure> {
        match Selector::from_query(query) {
            Err(InvalidHost) => Err(Failure::INVALID_HOST),
            Ok(Selector::Server(id)) => {
                let mut servers = self.settings.remote_servers.iter();
                servers
                    .find(|server| server.id.eq_ignore_ascii_case(&id))
                    .map(|server| server.address.clone())
                    .ok_or(Failure::NO_SERVER)
            }
            Ok(Selector::Local) if self.settings.docker_enabled => Ok(self.local.address()),
            Ok(Selector::Local) => Err(Failure::unavailable(diagnosis::switched_off())),
        }
    }
}

/// The diagnosis looks at files, which may hang; other requests do not wait for it.
async fn unavailable(address: Address, reason: Reason) -> Failure {
    let diagnosed = tokio::task::spawn_blocking(move || diagnosis::of(&address, &reason)).await;
    let details = diagnosed.unwrap_or_else(|error| error.to_string());
    say(&details);
    Failure::unavailable(details)
}
