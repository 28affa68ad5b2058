//! Alerts for people: which are open, which somebody has seen to, and seeing to one.

use uuid::Uuid;

use super::watch::{Alert, Watcher};
use crate::audit::{Error, Transaction};
use crate::clock::Timestamp;
use crate::store::alerts;

/// Names this use of the keyring.
const NOTE: &str = "alert note";

/// That somebody saw to an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// When.
    pub at: Timestamp,
    /// Who; `None` once their account is gone.
    pub by: Option<Uuid>,
    /// What they wrote about it.
    pub note: Option<String>,
}

impl Watcher {
    /// Those that nobody has seen to, the gravest first, then those that were so last.
    pub async fn open_alerts(&self, limit: u64) -> Result<Vec<Alert>, Error> {
        let rows = alerts::open(self.trail.store().reader(), limit).await?;
        rows.into_iter().map(|row| self.open(row)).collect()
    }

    /// How many those are.
    pub async fn count_open(&self) -> Result<u64, Error> {
        Ok(alerts::count_open(self.trail.store().reader()).await?)
    }

    /// Those that somebody has seen to, the last first.
    pub async fn acknowledged(&self, limit: u64) -> Result<Vec<(Alert, Acknowledged)>, Error> {
        let rows = alerts::acknowledged(self.trail.store().reader(), limit).await?;
        let mut list = Vec::new();
        for row in rows {
            let note = row.note.as_ref().map(|sealed| self.trail.keyring.open(NOTE, row.id.as_bytes(), sealed));
            let note = note.transpose()?.map(|plain| String::from_utf8_lossy(&plain).into_owned());
            let at = Timestamp(row.acknowledged_at.unwrap_or_default());
            let acknowledged = Acknowledged { at, by: row.acknowledged_by, note };
            list.push((self.open(row)?, acknowledged));
        }
        Ok(list)
    }

    /// Whether there is such an alert that nobody has seen to.
    pub async fn is_open(&self, id: Uuid) -> Result<bool, Error> {
        Ok(alerts::find(self.trail.store().reader(), id).await?.is_some_and(|row| row.acknowledged_at.is_none()))
    }

    /// Somebody has seen to it. `Ok(false)` if somebody had before. What comes of the same within the rule's window is still counted in
    /// it; what comes later is a new alert.
    pub async fn acknowledge(
        &self,
        tx: &Transaction<'_>,
        id: Uuid,
        by: Uuid,
        note: Option<&str>,
    ) -> Result<bool, Error> {
        let sealed = note.map(|note| self.trail.keyring.seal(NOTE, id.as_bytes(), note.as_bytes())).transpose()?;
        Ok(alerts::acknowledge(&**tx, id, self.trail.clock().now().0, by, sealed).await?)
    }
}
