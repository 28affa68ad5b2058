//! What happened, kept so that it can be proved: every event lies in a hash chain, and where the chains stand is signed and leaves the
//! machine.
//!
//! | file | what |
//! |---|---|
//! | `event` | the kinds of event, in words that others know, and what an event holds |
//! | `vocabulary` | how grave a kind is, and what OWASP and CAEP call it |
//! | `trail` | the transaction that changes and evidence share |
//! | `chain` | the hash that makes a row depend on all rows before it |
//! | `keys` | one key a person, so that forgetting somebody is forgetting their key |
//! | `read` | events, opened again |
//! | `search` | events, looked for by operators, and counted |
//! | `checkpoint` | a signed statement of where the chains stand |
//! | `keep` | checkpoints in time, and what is older than it may be cut off |
//! | `verify` | whether all of it is as it was written |
//! | `export/` | all of it as lines of JSON, in our words, OCSF's or ECS's |

mod chain;
pub mod checkpoint;
mod event;
pub mod export;
#[cfg(test)]
mod inventory;
mod keep;
mod keys;
mod read;
mod search;
mod trail;
mod verify;
mod vocabulary;

pub use event::{Details, Event, EventType, LevelChange, Origin, RiskOfEvent, SignalPoints};
pub use keep::{CHECKPOINT_INTERVAL, Keeper, Sink, SinkError};
pub use read::Recorded;
pub use search::{Criteria, Place};
pub use trail::{Error, Trail, Transaction};
pub use verify::{Report, verify};
pub use vocabulary::Severity;
