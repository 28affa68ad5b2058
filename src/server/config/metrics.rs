//! Where the metrics are, and where traces go.

use std::net::SocketAddr;

use url::Url;

use super::source::{ConfigError, Source};
use crate::server::traces;

/// The settings of the metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricsSettings {
    /// Where to listen; `None` for nowhere.
    pub address: Option<SocketAddr>,
    /// Whether somebody has named it.
    pub is_named: bool,
}

pub(super) fn settings(source: &Source) -> Result<MetricsSettings, ConfigError> {
    let address =
        source.parse_with("metrics.addr", "an address and port such as 127.0.0.1:9464, or none", |text| {
            if text == "none" { Some(None) } else { text.parse().ok().map(Some) }
        })?;
    Ok(MetricsSettings { address, is_named: source.optional("metrics.addr").is_some_and(|text| text != DEFAULT) })
}

/// OpenTelemetry's port for this.
pub(super) const DEFAULT: &str = "127.0.0.1:9464";

pub(super) fn traces(source: &Source) -> Result<Option<Url>, ConfigError> {
    let key = "traces.otlp-endpoint";
    if source.optional(key).is_none() {
        return Ok(None);
    }
    if !traces::ARE_BUILT_IN {
        return Err(ConfigError::new(format!(
            "{key} (HOLDFAST_OTLP_ENDPOINT) needs a build with the feature otlp"
        )));
    }
    source
        .parse_with(key, "a collector such as http://127.0.0.1:4318", |text| {
            Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        })
        .map(Some)
}
