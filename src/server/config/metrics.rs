//! Where the metrics are.

use std::net::SocketAddr;

use super::source::{ConfigError, Source};

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
