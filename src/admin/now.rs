//! What is happening now, and the alerts.

use super::counts::{Tally, bars};
use super::{Admin, Look};
use crate::alerts::{Acknowledged, Alert};
use crate::auth::{Caller, CurrentSession, Error};
use crate::clock::Timestamp;
use crate::store::users;

/// On the first page, where there must be room for the rest.
const FEW: u64 = 10;
/// On a page of their own.
const MANY: u64 = 100;

/// Bars of a chart, each with when it begins.
pub type Bars = Vec<(Timestamp, Tally)>;

/// What is happening now.
#[derive(Clone, Debug)]
pub struct Now {
    /// The present.
    pub at: Timestamp,
    /// The gravest alerts that nobody has seen to.
    pub alerts: Vec<Alert>,
    /// How many there are of those in all.
    pub open: u64,
    /// The last hour by five minutes.
    pub hour: Bars,
    /// The last day by hours.
    pub day: Bars,
    /// The last week by six hours.
    pub week: Bars,
}

/// The alerts.
#[derive(Clone, Debug)]
pub struct Alerts {
    /// Those that nobody has seen to.
    pub open: Vec<Alert>,
    /// How many there are of those in all.
    pub count: u64,
    /// Those that somebody has, with who.
    pub acknowledged: Vec<(Alert, Acknowledged, Option<String>)>,
}

impl Admin {
    /// What is happening now. `None`: the page refreshes itself, and needs a touch to go on.
    pub async fn now(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        is_refresh: bool,
    ) -> Result<Option<Now>, Error> {
        if !self.enter(caller, current, &Look::Now, is_refresh).await? {
            return Ok(None);
        }
        let at = self.clock.now();
        let week = self.counts.week(&self.trail, at).await?;
        Ok(Some(Now {
            at,
            alerts: self.watcher.open_alerts(FEW).await?,
            open: self.watcher.count_open().await?,
            hour: bars(&week, at, 1, 12),
            day: bars(&week, at, 12, 24),
            week: bars(&week, at, 72, 28),
        }))
    }

    /// The alerts, those that were seen to as well.
    pub async fn alerts(&self, caller: &Caller, current: &CurrentSession) -> Result<Alerts, Error> {
        self.enter(caller, current, &Look::Alerts, false).await?;
        let mut acknowledged = Vec::new();
        for (alert, seen) in self.watcher.acknowledged(MANY).await? {
            let by = match seen.by {
                Some(id) => users::find(self.store.reader(), id).await?.map(|user| user.email),
                None => None,
            };
            acknowledged.push((alert, seen, by));
        }
        Ok(Alerts {
            open: self.watcher.open_alerts(MANY).await?,
            count: self.watcher.count_open().await?,
            acknowledged,
        })
    }
}
