//! How long the audit trail goes back, and where its checkpoints go.

use std::path::PathBuf;
use std::time::Duration;

use super::parse_duration;
use super::source::{ConfigError, Source};
use crate::audit::Sink;
use crate::store;

/// Three months must be at hand (PCI DSS 4.0 §10.5.1)…
const SHORTEST: Duration = Duration::from_hours(90 * 24);
/// …and nobody needs more than ten years.
const LONGEST: Duration = Duration::from_hours(3653 * 24);

/// The settings of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditSettings {
    /// Events are kept for this long.
    pub retention: Duration,
    /// Where checkpoints go.
    pub sink: Sink,
}

pub(super) fn settings(source: &Source, database: &store::Settings) -> Result<AuditSettings, ConfigError> {
    let retention = source.parse_with("audit.retention", "a time from 90d to 3653d", |text| {
        parse_duration(text).filter(|time| (SHORTEST..=LONGEST).contains(time))
    })?;
    let file = match source.optional("audit.checkpoints") {
        Some(path) => path.into(),
        None => beside(database),
    };
    Ok(AuditSettings { retention, sink: Sink::File(file) })
}

fn beside(database: &store::Settings) -> PathBuf {
    match database.file() {
        Some(mut path) => {
            path.as_mut_os_string().push(".checkpoints");
            path
        }
        None => PathBuf::from("holdfast.checkpoints"),
    }
}
