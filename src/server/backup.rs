//! `holdfast backup` and `holdfast restored`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::commands::{CommandError, read};
use super::config::Config;
use super::start::{open, place_of_keys};
use crate::admin::Roles;
use crate::audit::Sink;
use crate::clock::SystemClock;
use crate::keyring::Place;
use crate::store::{Store, chain_heads};

/// Copy the database into a new file, and say what has to be kept beside it.
pub async fn back_up(config: &Config, file: &Path) -> Result<Vec<String>, CommandError> {
    let Some(database) = config.database.file() else {
        return Err(
            "only SQLite's file is copied by this; for Postgres there is pg_dump, see docs/backup.md".into()
        );
    };
    if !database.exists() {
        return Err(format!("there is no {}", database.display()).into());
    }
    let store = Store::connect(&config.database).await?;
    let copied = store.copy_into(file).await;
    store.close().await?;
    let bytes = copied.map_err(|error| error.to_string())?;
    let (Place::Named(keys) | Place::Made(keys)) = place_of_keys(config)?;
    Ok(vec![
        format!("{}: {bytes} bytes, checked", file.display()),
        format!(
            "It opens only with the keys in {}: keep a copy of that, too, and in another place",
            keys.display()
        ),
    ])
}

/// End what must not live again, and say what was done and what is left to do.
pub async fn say_restored(config: Config, end_api_keys: bool) -> Result<Vec<String>, CommandError> {
    if let Some(database) = config.database.file()
        && !database.exists()
    {
        return Err(format!("there is no {}", database.display()).into());
    }
    let state = open(config, Arc::new(SystemClock)).await?;
    // What is gone can be counted only before anything new is written.
    let missing = missing(&state).await?;
    let done = state.auth.after_restore(end_api_keys).await.map_err(|error| error.to_string())?;
    let mut lines = vec![
        format!("{} sessions ended: everybody signs in once more", done.sessions),
        format!("{} recoveries wait anew, {} accounts are deleted later", done.recoveries, done.deletions),
        format!("{} notices were set aside; `holdfast outbox --retry` sends them", done.notices),
    ];
    lines.push(match (done.api_keys, done.live_api_keys) {
        (0, 0) => "There are no API keys".to_owned(),
        (0, live) => {
            format!("{live} API keys are live, with any that was revoked since; --end-api-keys ends them all")
        }
        (ended, _) => format!("{ended} API keys ended"),
    });
    let operators = Roles::new(state.trail.clone()).list().await?.len();
    lines.push(format!(
        "{operators} people are operators; see with `holdfast admin list` that all of them still should be"
    ));
    if let Some((events, aside)) = missing {
        let Sink::File(file) = &state.config.audit.sink;
        std::fs::rename(file, &aside).map_err(|error| format!("{}: {error}", file.display()))?;
        lines.push(format!(
            "{events} events that signed checkpoints know of are gone. Those checkpoints are in {} now: keep them",
            aside.display()
        ));
    }
    state.keeper.checkpoint().await?;
    state.store.close().await?;
    Ok(lines)
}

/// How many events the last checkpoint knows of that are not here, and where to put a file that speaks of them: with it, no check of
/// the trail would ever pass again. `None`: everything is here.
async fn missing(state: &super::AppState) -> Result<Option<(u64, PathBuf)>, CommandError> {
    let Sink::File(file) = &state.config.audit.sink;
    if !file.exists() {
        return Ok(None);
    }
    let Some(last) = read(file, &state.keeper.verifier_key())?.pop() else { return Ok(None) };
    let heads = chain_heads::all(state.store.reader()).await?;
    let here = |chain| heads.iter().find(|head| head.chain == chain).map_or(0, |head| head.seq);
    let gone = |stand: &crate::audit::checkpoint::Stand| stand.head.0.saturating_sub(here(stand.chain)).max(0);
    let events: i64 = last.chains.iter().map(gone).sum();
    if events == 0 {
        return Ok(None);
    }
    let mut aside = file.clone();
    aside.as_mut_os_string().push(format!(".before-{}", last.at.0));
    Ok(Some((events.unsigned_abs(), aside)))
}
