//! For fuzz targets: what the edge reads of what strangers send, and how it is logged.

use std::net::IpAddr;

use axum::extract::Query;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri};
use tracing::Subscriber;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;

use super::config::{Config, LogFormat};
use super::handlers::Part;
use super::middleware::request;
use super::{dbsc, introspect, logging};
use crate::api::cookies;
use crate::auth::Presented;

/// What was understood of some headers.
#[derive(Debug, PartialEq, Eq)]
pub struct Edge {
    /// The trace they belong to.
    pub trace: Option<String>,
    /// From where they come, through the proxies of 10.0.0.0/8.
    pub address: IpAddr,
    /// The key of a program.
    pub bearer: Option<String>,
    /// The names of bound sessions, as DBSC's headers say them.
    pub dbsc: Vec<String>,
}

/// Headers, as far as HTTP lets them in.
pub fn headers(lines: &[u8]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for line in lines.split(|byte| *byte == b'\n').take(60) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let name = HeaderName::from_bytes(&line[..colon]);
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            map.append(name, value);
        }
    }
    map
}

/// Read the headers that say who asks.
pub fn edge(headers: &HeaderMap, peer: IpAddr) -> Edge {
    let trusted = ["10.0.0.0/8".parse().unwrap_or_default()];
    Edge {
        trace: request::trace(headers).map(request::TraceParent::id),
        address: request::client_address(peer, headers, &trusted),
        bearer: introspect::bearer(headers).map(str::to_owned),
        dbsc: dbsc::NAMED.iter().filter_map(|name| dbsc::text(headers, name)).map(str::to_owned).collect(),
    }
}

/// The secret in a cookie; the bytes that it stands for are given back.
pub fn cookie(headers: &HeaderMap) -> Option<String> {
    match cookies::read(headers, cookies::SESSION) {
        Presented::Secret(secret) => Some(secret.expose()),
        Presented::Nothing | Presented::Malformed => None,
    }
}

/// A query for part of a list: where it begins and how long it is.
pub fn query(uri: &str) -> Option<(Option<String>, Option<u64>)> {
    let uri: Uri = uri.parse().ok()?;
    let (before, limit) = Part::read(Query::try_from_uri(&uri)).ok()?;
    Some((before.map(|id| id.to_string()), limit))
}

/// A file of settings: what is wrong with it, if anything.
pub fn settings(text: &str) -> Result<(), String> {
    Config::parse("Leptos.toml", text, Vec::new()).map(|_| ()).map_err(|error| error.to_string())
}

/// The log as it is written, to somewhere else.
pub fn log<W>(is_json: bool, writer: W) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let format = if is_json { LogFormat::Json } else { LogFormat::Pretty };
    let lines = logging::lines(format, false, writer);
    Box::new(logging::subscriber(vec![lines], Targets::new().with_default(LevelFilter::INFO)))
}
