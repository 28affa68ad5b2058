//! Sessions: a family of random tokens, one at a time in the browser's cookie, their hashes in rows.
//!
//! | file | what |
//! |---|---|
//! | `resolve` | whose request is this: one read, and what follows from it |
//! | `rotation` | a successor for a token, once, whoever asks at the same time |
//! | `successor` | the next token, sealed for the holder of this one |
//! | `open` | a new session, and what the browser is given with it |
//! | `elsewhere` | a session that goes on in an app on a host of its own |
//! | `end` | how a session ends, and which ends when there are too many |
//! | `list` | a person's sessions, as they see them |
//! | `inspect` | what a token is worth, told to a backend |
//! | `gate` | what a session may do: read, read what matters, change |

mod elsewhere;
mod end;
mod gate;
mod inspect;
mod list;
mod open;
mod resolve;
mod rotation;
mod successor;

use std::time::Duration;

use uuid::Uuid;

pub use elsewhere::{Destination, Extended, OpenAreas};
pub use end::EndReason;
pub use gate::Access;
pub use inspect::Inspected;
pub use list::SessionInfo;
pub(in crate::auth) use open::Opening;
pub use open::{IssuedSession, KNOWN_DEVICE_LIFETIME};
pub use resolve::{Resolution, Usage};

use super::evaluation::Weighed;
use super::{Account, Refusal};
use crate::clock::Timestamp;
use crate::secret::Secret;

/// A predecessor may still read for this long after its successor was first seen: requests that were under way.
pub const GRACE: Duration = Duration::from_secs(10);
/// A session that proves itself may be this late with it before its cookie alone is worth nothing.
const PROOF_GRACE: Duration = Duration::from_mins(2);
/// A session that was used so lately is in use.
const IN_USE: Duration = Duration::from_mins(5);
/// Last-seen is written at most this often.
const TOUCH_INTERVAL: Duration = Duration::from_mins(1);
/// A session remembers this many networks, and as many devices.
const REMEMBERED: usize = 5;

/// How long sessions live, and how they are kept.
#[derive(Clone, Copy, Debug)]
pub struct SessionPolicy {
    /// From sign-in, however busy.
    pub lifetime: Duration,
    /// From last use.
    pub idle: Duration,
    /// How old a token may become.
    pub rotate_after: Duration,
    /// How many one account may have at a time; the oldest ends.
    pub max_per_account: usize,
    /// Whether only passkeys that stay on one device open them (NIST SP 800-63B-4 §2.3: AAL3 knows no synced ones).
    pub device_bound_only: bool,
}

/// What holds a session to its device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// Nothing but the cookie.
    Cookie,
    /// A key that the page made and cannot give away.
    DeviceKey,
    /// A key that the browser itself holds.
    Dbsc,
}

/// Where a presented token stands in its family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// The newest.
    Current,
    /// The one before, and the newest has not arrived yet.
    Superseded,
    /// The one before; the newest arrived a moment ago.
    Fading,
}

/// What came of the proof, if one came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Proven {
    NotTried,
    Yes,
    No(Refusal),
}

/// A live session, whose it is, and how this request stands to it.
#[derive(Clone, Debug)]
pub struct CurrentSession {
    /// Names the session; not a secret.
    pub id: Uuid,
    /// Whose.
    pub account: Account,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// When it ends if it is not used again.
    pub idle_expires_at: Timestamp,
    /// What holds it to its device.
    pub binding: Binding,
    /// RFC 7638, where it has a key.
    pub device_key: Option<String>,
    /// When its token is due for a successor; `None` where a bound cookie changes instead.
    pub rotation_due_at: Option<Timestamp>,
    /// Until when an unspent grant may be spent.
    pub stepped_up_until: Option<Timestamp>,
    /// The nonce for the next proof, where it has a key.
    pub proof_nonce: Option<String>,
    /// The cookie that the browser should hold from now on.
    pub renewed: Option<Renewed>,
    /// What the browser presented.
    token: Secret,
    generation: i64,
    standing: Standing,
    proven: Proven,
    is_overdue: bool,
    /// What the risk engine was told of this request, and said.
    pub(in crate::auth) weighed: Weighed,
    devices: String,
    networks: String,
    asns: String,
    was_automated: bool,
    /// Where it was last used, as stored.
    pub(in crate::auth) anchor: Option<String>,
}

/// A token for the cookie, and for how long.
#[derive(Clone, Debug)]
pub struct Renewed {
    /// The only moment it exists here.
    pub token: Secret,
    /// What is left of the session's life.
    pub lifetime: Duration,
}
