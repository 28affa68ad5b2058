//! What the command line does with the database, without answering requests.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::config::Config;
use super::start::{StartError, place_of_keys};
use crate::audit::checkpoint::{Checkpoint, VerifierKey};
use crate::audit::export::{Cursor, Exported, Format, Wanted};
use crate::audit::{self, Keeper, Report, Sink, Trail};
use crate::auth::{self, Replay};
use crate::clock::{SystemClock, Timestamp};
use crate::drill;
use crate::keyring::{Keyring, Place};
use crate::notify::{Outbox, webhook};
use crate::store::Store;

/// Why a command came to nothing: one sentence.
pub type CommandError = Box<dyn std::error::Error>;

/// Bring the schema up to date, and nothing else.
pub async fn migrate(config: &Config) -> Result<(), StartError> {
    let store = Store::connect(&config.database).await?;
    store.migrate().await?;
    Ok(store.close().await?)
}

/// Score stored decisions once more: all of them, or those of one request.
pub async fn replay_risk(config: &Config, request_id: Option<&str>) -> Result<Replay, CommandError> {
    let store = Store::connect(&config.database).await?;
    let keyring = Keyring::load(&place_of_keys(config)?)?;
    let replay = auth::replay(&store, &keyring, request_id).await.map_err(|error| error.to_string())?;
    store.close().await?;
    Ok(replay)
}

/// The audit trail, for looking at.
pub(super) async fn open_trail(config: &Config) -> Result<Arc<Trail>, CommandError> {
    let store = Arc::new(Store::connect(&config.database).await?);
    if !store.has_schema().await? {
        return Err(
            "the database has not the schema of this version; `holdfast migrate` brings it up to date".into()
        );
    }
    let keyring = Arc::new(Keyring::load(&place_of_keys(config)?)?);
    Ok(Arc::new(Trail::open(store, keyring, Arc::new(SystemClock), Arc::default(), config.audit.retention).await?))
}

/// The instance that these settings are of, from the inside, for a drill. Makes nothing that is not there yet.
pub async fn look_inside(config: &Config) -> Result<drill::Inside, CommandError> {
    let (Place::Named(keys) | Place::Made(keys)) = place_of_keys(config)?;
    for file in config.database.file().into_iter().chain([keys]) {
        if !file.exists() {
            return Err(format!("there is no {}", file.display()).into());
        }
    }
    let trail = open_trail(config).await?;
    let outbox = Outbox::new(trail.store(), trail.keyring.clone(), Arc::new(SystemClock), &config.notify);
    Ok(drill::Inside::new(trail, Arc::new(outbox)))
}

fn keeper(config: &Config, trail: &Arc<Trail>) -> Keeper {
    Keeper::new(trail.clone(), &config.origin.origin().ascii_serialization(), config.audit.sink.clone())
}

/// Check the audit trail, with the checkpoints of a file (or of the file that the settings name, where there is one) and the key
/// that they should be signed with.
pub async fn verify_audit(
    config: &Config,
    checkpoints: Option<PathBuf>,
    key: Option<&str>,
) -> Result<Report, CommandError> {
    let trail = open_trail(config).await?;
    let key = match key {
        Some(text) => VerifierKey::parse(text)?,
        None => keeper(config, &trail).verifier_key(),
    };
    let Sink::File(ours) = &config.audit.sink;
    let file = checkpoints.or_else(|| ours.exists().then(|| ours.clone()));
    let checkpoints = file.as_deref().map_or(Ok(Vec::new()), |file| read(file, &key))?;
    let report = audit::verify(&trail, &checkpoints).await?;
    trail.store().close().await?;
    Ok(report)
}

pub(super) fn read(file: &Path, key: &VerifierKey) -> Result<Vec<Checkpoint>, CommandError> {
    let named = |what: String| format!("{}: {what}", file.display());
    let text = std::fs::read_to_string(file).map_err(|error| named(error.to_string()))?;
    Ok(Checkpoint::read_all(&text, key).map_err(|error| named(error.to_string()))?)
}

/// Write the audit trail to `out`, a line an event.
pub async fn export_audit(
    config: &Config,
    format: Format,
    since: Option<Timestamp>,
    after: Cursor,
    limit: Option<u64>,
    out: &mut (dyn Write + Send),
) -> Result<Exported, CommandError> {
    let trail = open_trail(config).await?;
    let service = config.origin.host_str().unwrap_or_default().to_owned();
    let wanted = Wanted { format, service, since, after, limit };
    let exported = audit::export::export(&trail, &wanted, out).await?;
    trail.store().close().await?;
    Ok(exported)
}

/// The public key that checks checkpoints.
pub fn audit_key(config: &Config) -> Result<VerifierKey, CommandError> {
    let keyring = Keyring::load(&place_of_keys(config)?)?;
    let name = audit::checkpoint::Name::of_origin(&config.origin.origin().ascii_serialization());
    Ok(VerifierKey::of(&name, keyring.checkpoints()))
}

/// The key that webhooks are signed with.
pub fn webhook_secret(config: &Config) -> Result<String, StartError> {
    let url = config.notify.webhook.as_ref().ok_or(StartError::NoWebhook)?;
    Ok(webhook::secret(&Keyring::load(&place_of_keys(config)?)?, url))
}
