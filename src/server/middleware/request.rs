//! The outermost layer: an id for the request, the facts of whoever asks, and one log line at the end.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ipnet::IpNet;
use tracing::Instrument;

use super::AppState;
use crate::api::{ApiError, cookies};
use crate::auth::{Caller, Presented, ProofHeader};
use crate::defence::Defence;
use crate::hex;
use crate::secret::{Secret, random_bytes};
use crate::server::traces;

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
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let method: String = request.method().as_str().chars().take(METHOD_LIMIT).collect();
    let span = traces::span(&id, &method, route.as_deref());
    let headers = request.headers();
    let parent = trace(headers);
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let caller = Caller {
        request_id: id.clone(),
        trace_id: traces::join(&span, parent.as_ref())
            .or_else(|| parent.map(TraceParent::id))
            .or_else(random_trace),
        address: peer.map(|peer| client_address(peer, headers, &state.config.trusted_proxies)),
        method: request.method().as_str().to_owned(),
        path: request.uri().path().to_owned(),
        user_agent: text(headers, &header::USER_AGENT),
        accept_language: text(headers, &header::ACCEPT_LANGUAGE),
        session: cookies::read(headers, cookies::SESSION),
        app_session: cookies::read(headers, cookies::APP_SESSION),
        browser: secret(headers, cookies::CEREMONY),
        known_device: secret(headers, cookies::KNOWN_DEVICE),
        step_up: secret(headers, cookies::STEP_UP),
        bound_cookie: secret(headers, cookies::BOUND),
        proof: proof(headers),
        app_route: None,
        has_worked: false,
    };
    let path: String = request.uri().path().chars().take(LOGGED_LIMIT).collect();
    let network = caller.ip_prefix().unwrap_or_default();
    let theirs = text(headers, &X_REQUEST_ID).unwrap_or_default();
    request.extensions_mut().insert(caller);

    let mut response = async move {
        let response = next.run(request).await;
        let status = response.status().as_u16();
        state.metrics.request(route.as_deref(), &method, status, started.elapsed().as_secs_f64());
        tracing::info!(
            method,
            path,
            status,
            ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            network,
            client_request_id = (!theirs.is_empty()).then_some(format!("{theirs:?}")),
            "answered"
        );
        response
    }
    .instrument(span.clone())
    .await;
    traces::tell(&span, response.status().as_u16());
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    response
}

/// 20 hexadecimal digits: short enough to read out, long enough not to meet again.
fn mint() -> Option<String> {
    Some(hex::encode(&random_bytes::<10>().ok()?))
}

/// Where a caller says that a request belongs: the fields of a `traceparent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) struct TraceParent {
    pub trace: u128,
    pub span: u64,
    pub flags: u8,
}

impl TraceParent {
    /// The trace, as it is written.
    pub fn id(self) -> String {
        format!("{:032x}", self.trace)
    }
}

/// A well-formed `traceparent` (W3C Trace Context §3.2). It joins what belongs together and allows nothing.
pub(in crate::server) fn trace(headers: &HeaderMap) -> Option<TraceParent> {
    let mut values = headers.get_all("traceparent").iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let mut parts = value.to_str().ok()?.split('-');
    let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_hex = |text: &str, length| {
        text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_zero = |text: &str| text.bytes().all(|byte| byte == b'0');
    let is_known = is_hex(version, 2) && version != "ff" && (version != "00" || parts.next().is_none());
    let is_formed = is_hex(trace, 32) && is_hex(parent, 16) && is_hex(flags, 2);
    if !is_known || !is_formed || is_zero(trace) || is_zero(parent) {
        return None;
    }
    Some(TraceParent {
        trace: u128::from_str_radix(trace, 16).ok()?,
        span: u64::from_str_radix(parent, 16).ok()?,
        flags: u8::from_str_radix(flags, 16).ok()?,
    })
}

/// Whoever asks without a trace begins one.
fn random_trace() -> Option<String> {
    Some(format!("{:032x}", u128::from_be_bytes(random_bytes().ok()?)))
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

/// Whether this is the address of a proxy that is believed.
pub(in crate::server) fn is_proxy(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&address.to_canonical()))
}

/// The right-most address that no trusted proxy vouches for. Whatever stands left of it anyone can write.
pub(in crate::server) fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| !Defence::ForwardedFor.is_up() || is_proxy(*address, trusted);
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
    fn a_trace_is_taken_over_only_if_it_is_well_formed() {
        let read = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append("traceparent", value.parse().expect("header"));
            }
            trace(&headers).map(TraceParent::id)
        };
        let (id, parent) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        let good = format!("00-{id}-{parent}-01");
        assert_eq!(read(&[&good]).as_deref(), Some(id));
        assert_eq!(
            read(&[&format!("01-{id}-{parent}-01-more")]).as_deref(),
            Some(id),
            "a later version may have more"
        );
        for bad in [
            String::new(),
            format!("00-{id}-{parent}"),
            format!("00-{id}-{parent}-01-more"),
            format!("ff-{id}-{parent}-01"),
            format!("00-{}-{parent}-01", id.to_uppercase()),
            format!("00-{}-{parent}-01", "0".repeat(32)),
            format!("00-{id}-{}-01", "0".repeat(16)),
            format!("00-{id}0-{parent}-01"),
            format!("00-{id}-{parent}-1"),
        ] {
            assert_eq!(read(&[&bad]), None, "{bad}");
        }
        assert_eq!(read(&[&good, &good]), None, "there must be one");
    }

    #[test]
    fn ids_are_short_and_differ() {
        let (a, b) = (mint().expect("id"), mint().expect("id"));
        assert_eq!(a.len(), 20);
        assert_ne!(a, b);
    }
}
