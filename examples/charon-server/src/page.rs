//! `/` → the page: three files that are part of the program. Nothing in them comes from elsewhere.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use axum::routing::get;

/// Only what is ours, and no inline script or style: a container's name that looks like one stays a name.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HEADERS: [(&str, &str); 4] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// The page and what it needs.
pub(crate) fn router() -> Router {
    let html = ("text/html; charset=utf-8", include_str!("page/index.html"));
    let css = ("text/css; charset=utf-8", include_str!("page/style.css"));
    let script = (
        "text/javascript; charset=utf-8",
        include_str!("page/app.js"),
    );
    let file = |(kind, text): (&'static str, &'static str)| {
        get(move || async move { ([(CONTENT_TYPE, kind)], text) })
    };
    Router::new()
        .route("/", file(html))
        .route("/style.css", file(css))
        .route("/app.js", file(script))
}

/// The headers of every answer. Nothing is kept: the next version of the page, and the next list, differ.
pub(crate) async fn with_headers(mut response: Response) -> Response {
    let headers: &mut HeaderMap = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, value) in HEADERS {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    response
}
