//! Security headers, on every answer.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::AppState;
use crate::secret::random_bytes;

/// This answer's nonce: what may run in the page is what carries it.
#[derive(Clone, Debug, Default)]
pub(in crate::server) struct CspNonce(pub(in crate::server) String);

/// Mint the nonce, answer, and put the headers on.
pub(in crate::server) async fn secure(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    // Without random bytes the nonce is empty and its source matches nothing: no inline script runs.
    let nonce = random_bytes::<16>().map(|bytes| STANDARD_NO_PAD.encode(bytes)).unwrap_or_default();
    request.extensions_mut().insert(CspNonce(nonce.clone()));
    let mut response = next.run(request).await;
    let reload_port = state.config.watched_by_reload_server();
    let headers = response.headers_mut();
    put(headers, header::CONTENT_SECURITY_POLICY, &content_security_policy(&nonce, reload_port));
    put(headers, header::X_FRAME_OPTIONS, "DENY");
    put(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    // A page may want to say less.
    let referrer = HeaderValue::from_static("strict-origin-when-cross-origin");
    headers.entry(header::REFERRER_POLICY).or_insert(referrer);
    put(headers, HeaderName::from_static("permissions-policy"), PERMISSIONS_POLICY);
    put(headers, HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    put(headers, HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    if state.config.is_https() {
        put(headers, header::STRICT_TRANSPORT_SECURITY, strict_transport_security(&state));
    }
    // Files of the site say themselves how long they keep; everything else is about a person.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Two years for a real host, and nothing about its subdomains: those are not ours to decide. On a developer's
/// localhost a browser would remember it for every other project there, so minutes.
fn strict_transport_security(state: &AppState) -> &'static str {
    if state.config.is_loopback() { "max-age=300" } else { "max-age=63072000" }
}

/// Passkeys for our own pages; what a login never needs, for nobody.
const PERMISSIONS_POLICY: &str = "publickey-credentials-get=(self), publickey-credentials-create=(self), \
     camera=(), microphone=(), geolocation=(), payment=(), usb=()";

fn content_security_policy(nonce: &str, reload_port: Option<u16>) -> String {
    let script = if nonce.is_empty() { String::new() } else { format!(" 'nonce-{nonce}'") };
    let reload =
        reload_port.map(|port| format!(" ws://localhost:{port} ws://127.0.0.1:{port}")).unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self'{script} 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; \
         font-src 'self'; connect-src 'self'{reload}; manifest-src 'self'; form-action 'self'; \
         frame-ancestors 'none'; base-uri 'self'; object-src 'none'"
    )
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_directive_admits_inline_code_or_other_sites() {
        let policy = content_security_policy("abc", None);
        assert!(policy.contains("script-src 'self' 'nonce-abc' 'wasm-unsafe-eval'"), "{policy}");
        for forbidden in ["unsafe-inline", "'unsafe-eval'", "sandbox", "*", "http:", "https:", "data:"] {
            assert!(!policy.contains(forbidden), "{forbidden} in {policy}");
        }
    }
}
