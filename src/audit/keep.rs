//! Checkpoints in time, and the end of what is older than it may be.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::checkpoint::{Checkpoint, Name, Stand, VerifierKey};
use super::event::{Event, EventType, Origin};
use super::keys::month_text;
use super::trail::{Error, Trail};
use crate::clock::Timestamp;
use crate::store::{Connection, audit_checkpoint, audit_checkpoints, audit_keys, chain_head, chain_heads, events};

/// Checkpoints are at most this far apart.
pub const CHECKPOINT_INTERVAL: Duration = Duration::from_mins(5);
/// Whoever asks whether one is due comes once a minute, and a little late.
const MARGIN: Duration = Duration::from_secs(75);
/// The database keeps its own copies for this long; they are for people who look, not proof.
const CHECKPOINT_MEMORY: Duration = Duration::from_hours(48);

/// Where checkpoints go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sink {
    /// To the end of a file.
    File(PathBuf),
}

/// Why a checkpoint could not leave.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// The system would not let us.
    #[error("checkpoints cannot be written to {}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// There is nothing to write.
    #[error(transparent)]
    Trail(#[from] Error),
}

impl Sink {
    /// Hand a note over. When this is done, it is safe from a crash.
    async fn deliver(&self, note: String) -> Result<(), SinkError> {
        let Self::File(path) = self.clone();
        let at = path.clone();
        let failed = |error| SinkError::File { path: at, error };
        match tokio::task::spawn_blocking(move || append(&path, &note)).await {
            Ok(outcome) => outcome.map_err(failed),
            Err(error) => Err(failed(std::io::Error::other(error))),
        }
    }
}

fn append(path: &PathBuf, note: &str) -> std::io::Result<()> {
    let mut file: File = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    // One write, so that another process's note is not in the middle. The empty line ends what a crash has left unfinished.
    file.write_all(format!("\n{note}").as_bytes())?;
    file.sync_all()
}

/// What keeps the trail honest while it grows.
#[derive(Debug)]
pub struct Keeper {
    trail: Arc<Trail>,
    name: Name,
    sink: Sink,
}

impl Keeper {
    /// For the trail of the service at this origin.
    pub fn new(trail: Arc<Trail>, origin: &str, sink: Sink) -> Self {
        Self { trail, name: Name::of_origin(origin), sink }
    }

    /// What checks its checkpoints.
    pub fn verifier_key(&self) -> VerifierKey {
        VerifierKey::of(&self.name, self.trail.keyring.checkpoints())
    }

    /// Write a checkpoint if it is time for one.
    pub async fn checkpoint_if_due(&self) -> Result<(), SinkError> {
        let now = self.trail.clock.now();
        let last = audit_checkpoints::last(self.trail.store.reader(), i64::MAX).await.map_err(Error::from)?;
        // A clock that was put back must not stop them: only one of the last minutes counts.
        let is_fresh = last
            .is_some_and(|last| now.0 >= last.at && now.since(Timestamp(last.at)) + MARGIN < CHECKPOINT_INTERVAL);
        if is_fresh { Ok(()) } else { self.checkpoint().await }
    }

    /// Write a checkpoint.
    pub async fn checkpoint(&self) -> Result<(), SinkError> {
        let heads = chain_heads::all(self.trail.store.reader()).await.map_err(Error::from)?;
        self.attest(heads.iter().map(|head| stand(head, (head.root_seq, head.root_hash.clone()))).collect()).await
    }

    async fn attest(&self, chains: Vec<Stand>) -> Result<(), SinkError> {
        let at = self.trail.clock.now();
        let note = Checkpoint { at, chains }.sign(&self.name, self.trail.keyring.checkpoints());
        self.sink.deliver(note.clone()).await?;
        let tx = self.trail.begin().await.map_err(Error::from)?;
        audit_checkpoints::insert(&*tx, audit_checkpoint::Model { at: at.0, note }).await.map_err(Error::from)?;
        audit_checkpoints::delete_older(&*tx, at.minus(CHECKPOINT_MEMORY).0).await.map_err(Error::from)?;
        Ok(tx.commit().await?)
    }

    /// Cut off what is older than it may be. Where the chains will begin is signed and has left the machine before anything goes, so
    /// that what is left can be proved from there.
    pub async fn retain(&self) -> Result<u64, SinkError> {
        let trail = &self.trail;
        let before = trail.clock.now().minus(trail.retention);
        let db = trail.store.reader();
        let heads = chain_heads::all(db).await.map_err(Error::from)?;
        let mut cuts = Vec::new();
        for head in &heads {
            cuts.push(root_at(db, head, before).await?);
        }
        if cuts.iter().zip(&heads).all(|(cut, head)| cut.0 == head.root_seq) {
            return Ok(0);
        }
        self.attest(heads.iter().zip(&cuts).map(|(head, cut)| stand(head, cut.clone())).collect()).await?;
        Ok(self.cut(&heads, cuts, before).await?)
    }

    async fn cut(
        &self,
        heads: &[chain_head::Model],
        cuts: Vec<(i64, Vec<u8>)>,
        before: Timestamp,
    ) -> Result<u64, Error> {
        let mut gone = 0;
        for (head, (seq, hash)) in heads.iter().zip(cuts).filter(|(head, cut)| cut.0 > head.root_seq) {
            let tx = self.trail.begin().await?;
            let of_chain = events::cut(&*tx, head.chain, seq).await?;
            chain_heads::cut(&*tx, head.chain, seq, hash).await?;
            let event = Event::success(EventType::AuditRetentionApplied).count(of_chain);
            tx.record(Origin::of_ours()?, event);
            tx.commit().await?;
            gone += of_chain;
        }
        let tx = self.trail.begin().await?;
        let date = before.to_date_time();
        audit_keys::forget_months(&*tx, &month_text(date.year(), u8::from(date.month()))).await?;
        events::drop_empty_partitions(&*tx, date).await?;
        tx.commit().await?;
        Ok(gone)
    }
}

fn stand(head: &chain_head::Model, root: (i64, Vec<u8>)) -> Stand {
    Stand { chain: head.chain, root, head: (head.seq, head.hash.clone()) }
}

/// Where a chain begins if everything from before that moment goes. An event that comes after a younger one stays: only a whole
/// beginning can be cut off.
async fn root_at(
    db: &impl Connection,
    head: &chain_head::Model,
    before: Timestamp,
) -> Result<(i64, Vec<u8>), Error> {
    let unchanged = (head.root_seq, head.root_hash.clone());
    let last = match events::first_since(db, head.chain, before.0).await? {
        Some(first) => first - 1,
        None => head.seq,
    };
    if last <= head.root_seq {
        return Ok(unchanged);
    }
    Ok(events::at(db, head.chain, last).await?.map_or(unchanged, |row| (last, row.hash)))
}
