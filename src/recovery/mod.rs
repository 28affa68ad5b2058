//! Recovery: slow on purpose, announced, and easy to stop.
//!
//! This is its state machine: what can happen to a recovery and when, and nothing else. It knows no database, no mail and no
//! clock; `auth::recovery` has the rows and the people. docs/recovery.md tells it to people.
//!
//! ```text
//!            approve(mail) and approve(saved code)
//!   [Begun] ───────────────────────────────────────▶ [Waiting] ── time ──▶ [Ready] ── enrol ──▶ [Completed]
//!      │                                                │                    │
//!      │ an hour                                        │ stop, or a touch   │ stop, or a touch
//!      ▼                                                ▼                    ▼
//!  [Expired] ◀──────────── seven days unused ──────── [Stopped] ◀────────────┘      (Ready ──▶ Expired as well)
//! ```
//!
//! Sources: NIST SP 800-63B-4 §4.2 (two different methods, notices to all addresses), the delays that others use
//! (`docs/recovery.md` names them).

use std::time::Duration;

use crate::clock::Timestamp;

/// How long what takes. An operator may change each; nothing else may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecoveryPolicy {
    /// The wait, on a browser that the person has signed in with before.
    pub known_device: Duration,
    /// The wait, on any other.
    pub new_device: Duration,
    /// For how long a person can complete it once the wait is over.
    pub complete_within: Duration,
    /// After one was stopped, none can wait for so long.
    pub block: Duration,
    /// After one was completed, nothing of weight can be done for so long.
    pub hold: Duration,
    /// For so long a suspended passkey can be brought back.
    pub restore_within: Duration,
}

impl Default for RecoveryPolicy {
    fn default() -> Self {
        Self {
            known_device: Duration::from_hours(1),
            new_device: Duration::from_hours(24),
            complete_within: Duration::from_hours(7 * 24),
            block: Duration::from_hours(24),
            hold: Duration::from_hours(72),
            restore_within: Duration::from_hours(30 * 24),
        }
    }
}

/// Until both methods are shown.
pub const BEGUN_LIFETIME: Duration = Duration::from_hours(1);

/// How somebody shows who they are. It takes two, and never the same twice (NIST SP 800-63B-4 §4.2.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// A code that was mailed to an address of the account.
    Mail,
    /// One of the codes that the person has saved.
    SavedCode,
}

impl Method {
    /// All of them. Each is needed.
    pub const ALL: [Self; 2] = [Self::Mail, Self::SavedCode];

    /// Its name on the wire and in the audit trail.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::SavedCode => "saved_code",
        }
    }

    /// From the wire.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == name)
    }
}

/// How long the wait is, by what was shown and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// Both codes, on a browser that the person has signed in with before.
    KnownDevice,
    /// Both codes, on any other.
    NewDevice,
}

impl Tier {
    /// Its name on the wire, in the row and in the audit trail.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::KnownDevice => "known_device",
            Self::NewDevice => "new_device",
        }
    }

    /// From the row.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::KnownDevice, Self::NewDevice].into_iter().find(|tier| tier.as_str() == name)
    }

    /// The wait.
    pub const fn delay(self, policy: &RecoveryPolicy) -> Duration {
        match self {
            Self::KnownDevice => policy.known_device,
            Self::NewDevice => policy.new_device,
        }
    }
}

/// How a recovery ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// A passkey was enrolled.
    Completed,
    /// Somebody stopped it.
    Stopped,
}

impl End {
    /// Its name in the row.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Stopped => "stopped",
        }
    }

    /// From the row.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Completed, Self::Stopped].into_iter().find(|end| end.as_str() == name)
    }
}

/// Where a recovery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Not everything has been shown.
    Begun,
    /// Everything has, and the wait is on.
    Waiting,
    /// The wait is over: a passkey can be enrolled.
    Ready,
    /// One was.
    Completed,
    /// Somebody stopped it.
    Stopped,
    /// Its time is over.
    Expired,
}

impl Stage {
    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Waiting => "waiting",
            Self::Ready => "ready",
            Self::Completed => "completed",
            Self::Stopped => "stopped",
            Self::Expired => "expired",
        }
    }
}

/// The wait: set when both methods were shown, and never after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Why it is this long.
    pub tier: Tier,
    /// Since when.
    pub since: Timestamp,
    /// Until when.
    pub due: Timestamp,
    /// Until when it can be completed.
    pub until: Timestamp,
}

/// One recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// When it was begun.
    pub begun_at: Timestamp,
    /// When the code from the mail was shown.
    pub mail_at: Option<Timestamp>,
    /// When the saved code was shown.
    pub saved_at: Option<Timestamp>,
    /// The wait, once there is one.
    pub wait: Option<Wait>,
    /// How it ended, if somebody ended it.
    pub end: Option<End>,
}

impl Recovery {
    /// A new one.
    pub const fn begin(now: Timestamp) -> Self {
        Self { begun_at: now, mail_at: None, saved_at: None, wait: None, end: None }
    }

    /// Where it stands.
    pub fn stage(&self, now: Timestamp) -> Stage {
        match (self.end, self.wait) {
            (Some(End::Completed), _) => Stage::Completed,
            (Some(End::Stopped), _) => Stage::Stopped,
            (None, None) if now < self.begun_at.plus(BEGUN_LIFETIME) => Stage::Begun,
            (None, Some(wait)) if now < wait.due => Stage::Waiting,
            (None, Some(wait)) if now < wait.until => Stage::Ready,
            (None, _) => Stage::Expired,
        }
    }

    /// When this method was shown, if it was.
    pub const fn shown(&self, method: Method) -> Option<Timestamp> {
        match method {
            Method::Mail => self.mail_at,
            Method::SavedCode => self.saved_at,
        }
    }

    /// This method was shown. With the last of them the wait begins, as long as `tier` says; nothing makes it shorter after
    /// that. `false`: there is nothing left to show here.
    pub fn approve(&mut self, method: Method, now: Timestamp, tier: Tier, policy: &RecoveryPolicy) -> bool {
        if self.stage(now) != Stage::Begun || self.shown(method).is_some() {
            return false;
        }
        match method {
            Method::Mail => self.mail_at = Some(now),
            Method::SavedCode => self.saved_at = Some(now),
        }
        if Method::ALL.iter().all(|method| self.shown(*method).is_some()) {
            let due = now.plus(tier.delay(policy));
            self.wait = Some(Wait { tier, since: now, due, until: due.plus(policy.complete_within) });
        }
        true
    }

    /// Stop it. `false`: it is over already.
    pub fn stop(&mut self, now: Timestamp) -> bool {
        let is_open = matches!(self.stage(now), Stage::Begun | Stage::Waiting | Stage::Ready);
        if is_open {
            self.end = Some(End::Stopped);
        }
        is_open
    }

    /// A passkey was enrolled. `false`: it may not be, now.
    pub fn complete(&mut self, now: Timestamp) -> bool {
        let is_ready = self.stage(now) == Stage::Ready;
        if is_ready {
            self.end = Some(End::Completed);
        }
        is_ready
    }
}

/// What everybody concerned is told, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The wait has begun.
    Begun,
    /// Half of it is over.
    HalfTime,
    /// It is nearly over.
    Soon,
    /// It is over, and nobody has completed it yet.
    Ready,
}

impl Notice {
    /// In the order they come in.
    pub const ALL: [Self; 4] = [Self::Begun, Self::HalfTime, Self::Soon, Self::Ready];

    /// When it is due.
    pub fn at(self, wait: &Wait) -> Timestamp {
        let whole = wait.due.since(wait.since);
        match self {
            Self::Begun => wait.since,
            Self::HalfTime => wait.since.plus(whole / 2),
            // An hour before, and never before three quarters are over.
            Self::Soon => wait.due.minus((whole / 4).min(Duration::from_hours(1))),
            Self::Ready => wait.due,
        }
    }
}

#[cfg(test)]
mod tests;
