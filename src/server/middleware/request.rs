//! The outermost layer: an id for the request, the facts of whoever asks, and one log line at the end.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ipnet::IpNet;
use tracing::Instrument;

use super::AppState;
use crate::api::{ApiError, cookies};
use crate::auth::{Caller, Presented, ProofHeader};
use crate::secret::{Secret, random_bytes};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Longer values of headers that end up in a log are cut.
const LOGGED_LIMIT: usize = 128;
/// Methods are words of the caller's too.
const METHOD_LIMIT: usize = 16;

/// Mint the id, read the facts, run the request inside a span that carries the id.
pub(in crate::server) async fn identify(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let Some(id) = mint() else { return ApiError::internal().into_response() };
    let headers = request.headers();
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let caller = Caller {
        request_id: id.clone(),
        address: peer.map(|peer| client_address(peer, headers, &state.config.trusted_proxies)),
        method: request.method().as_str().to_owned(),
        path: request.uri().path().to_owned(),
        user_agent: text(headers, &header::USER_AGENT),
        accept_language: text(headers, &header::ACCEPT_LANGUAGE),
        session: cookies::read(headers, cookies::SESSION),
        browser: secret(headers, cookies::CEREMONY),
        known_device: secret(headers, cookies::KNOWN_DEVICE),
        step_up: secret(headers, cookies::STEP_UP),
        bound_cookie: secret(headers, cookies::BOUND),
        proof: proof(headers),
        has_worked: false,
    };
    let method: String = request.method().as_str().chars().take(METHOD_LIMIT).collect();
    let path: String = request.uri().path().chars().take(LOGGED_LIMIT).collect();
    let network = caller.ip_prefix().unwrap_or_default();
    let theirs = text(headers, &X_REQUEST_ID).unwrap_or_default();
    request.extensions_mut().insert(caller);

    let span = tracing::info_span!("request", id);
    let mut response = async move {
        let response = next.run(request).await;
        tracing::info!(
            method,
            path,
            status = response.status().as_u16(),
            ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            network,
            client_request_id = (!theirs.is_empty()).then_some(format!("{theirs:?}")),
            "answered"
        );
        response
    }
    .instrument(span)
    .await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    response
}

/// 20 hexadecimal digits: short enough to read out, long enough not to meet again.
fn mint() -> Option<String> {
    let bytes = random_bytes::<10>().ok()?;
    Some(bytes.iter().fold(String::with_capacity(20), |mut id, byte| {
        let _ = write!(id, "{byte:02x}");
        id
    }))
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(value.chars().take(2 * LOGGED_LIMIT).collect())
}

fn secret(headers: &HeaderMap, name: &str) -> Option<Secret> {
    match cookies::read(headers, name) {
        Presented::Secret(secret) => Some(secret),
        Presented::Nothing | Presented::Malformed => None,
    }
}

/// RFC 9449 §4.3: there must be one such header, not several.
fn proof(headers: &HeaderMap) -> ProofHeader {
    let mut values = headers.get_all("dpop").iter();
    match (values.next(), values.next()) {
        (None, _) => ProofHeader::Absent,
        (Some(value), None) => value.to_str().map_or(ProofHeader::Malformed, |v| ProofHeader::One(v.to_owned())),
        (Some(_), Some(_)) => ProofHeader::Malformed,
    }
}

/// The right-most address that no trusted proxy vouches for. Whatever stands left of it anyone can write.
fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(&address.to_canonical()));
    let mut client = peer.to_canonical();
    let hops = headers.get_all(X_FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = hops.flat_map(|value| value.split(',')).map(str::trim).collect();
    for hop in hops.into_iter().rev() {
        if !is_trusted(&client) {
            break;
        }
        // A trusted proxy wrote something that is no address: what it stood for is unknown, so stay with the proxy.
        let Ok(address) = hop.parse::<IpAddr>() else { break };
        client = address.to_canonical();
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(X_FORWARDED_FOR, value.parse().expect("header"));
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|network| network.parse().expect("network")).collect();
        client_address(peer.parse().expect("peer"), &headers, &trusted).to_string()
    }

    #[test]
    fn forwarded_for_is_believed_only_from_trusted_proxies_and_from_the_right() {
        assert_eq!(client("203.0.113.9", &["1.1.1.1"], &[]), "203.0.113.9");
        assert_eq!(client("203.0.113.9", &["1.1.1.1"], &["10.0.0.0/8"]), "203.0.113.9");
        assert_eq!(client("10.0.0.1", &["1.1.1.1"], &["10.0.0.0/8"]), "1.1.1.1");
        assert_eq!(client("10.0.0.1", &["6.6.6.6, 1.1.1.1, 10.0.0.2"], &["10.0.0.0/8"]), "1.1.1.1");
        assert_eq!(client("10.0.0.1", &["6.6.6.6", "1.1.1.1"], &["10.0.0.0/8"]), "1.1.1.1");
        assert_eq!(client("::ffff:10.0.0.1", &["::ffff:1.1.1.1"], &["10.0.0.0/8"]), "1.1.1.1");
        assert_eq!(client("10.0.0.1", &["nonsense"], &["10.0.0.0/8"]), "10.0.0.1");
    }

    #[test]
    fn ids_are_short_and_differ() {
        let (a, b) = (mint().expect("id"), mint().expect("id"));
        assert_eq!(a.len(), 20);
        assert_ne!(a, b);
    }
}
