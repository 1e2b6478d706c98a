//! The HTTP client: TLS, proxies, and the header that carries the key.

use std::sync::Once;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;

use super::address::Address;
use crate::teacher::key::Secret;

static TLS: Once = Once::new();

/// Makes a client for one address.
///
/// This machine is reached without a proxy. Redirects are not followed: they would turn a question into a GET, or carry it to
/// a server that nobody named.
///
/// # Errors
/// Why no client could be made.
pub fn client(address: &Address, connect: Duration) -> Result<reqwest::Client, String> {
    TLS.call_once(|| {
        // Fails only when some other part of the process chose a provider first, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("seedbed/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .connect_timeout(connect)
        .pool_idle_timeout(Duration::from_secs(20))
        .referer(false);
    if address.is_loopback() {
        builder = builder.no_proxy();
    }
    if !address.is_encrypted() {
        // Without https the system's certificates are not needed, and a machine without any must still work.
        builder = builder.tls_certs_only([]);
    }
    builder
        .build()
        .map_err(|error| format!("no HTTP client could be made ({})", super::body::innermost(&error)))
}

/// The headers that carry the key; `None` when it holds what a header cannot.
pub fn key_header(key: Option<&Secret>) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    if let Some(key) = key {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose())).ok()?;
        // Keeps it out of debug output.
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Some(headers)
}
