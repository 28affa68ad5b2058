//! The shared contract: wire types and server functions. Both faces compile it.
//!
//! A server function is thin: read the request's facts, call the rule, turn the answer into the wire type.
//! Paths and JSON are fixed; independent clients rely on them.

mod activity;
mod api_keys;
#[cfg(feature = "ssr")]
mod call;
#[cfg(feature = "ssr")]
mod convert;
#[cfg(feature = "ssr")]
pub mod cookies;
mod error;
mod passkey;
mod payout;
mod session;
mod step_up;
mod wire;
mod work;

pub use activity::*;
pub use api_keys::*;
#[cfg(feature = "ssr")]
pub use convert::{activity, api_key_list, current_session, passkey_list, payout_answer, session_list};
pub use error::{ApiError, ProofOfWork, Reason, StepUp};
pub use passkey::*;
pub use payout::*;
pub use session::*;
pub use step_up::*;
pub use wire::*;
#[cfg(feature = "hydrate")]
pub(crate) use work::{Search, decimal};
