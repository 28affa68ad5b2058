//! The shared contract: wire types and server functions. Both faces compile it.
//!
//! A server function is thin: read the request's facts, call the rule, turn the answer into the wire type.
//! Paths and JSON are fixed; independent clients rely on them.

mod account;
mod activity;
mod addresses;
mod admin;
mod api_keys;
#[cfg(feature = "ssr")]
mod call;
#[cfg(feature = "ssr")]
mod convert;
#[cfg(feature = "ssr")]
pub mod cookies;
mod error;
mod passkey;
mod passkeys;
mod payout;
mod recovery;
mod session;
mod step_up;
mod wire;
mod wire_email;
mod wire_passkey;
mod wire_recovery;
mod work;

pub use account::*;
pub use activity::*;
pub use addresses::*;
pub use admin::*;
pub use api_keys::*;
#[cfg(feature = "ssr")]
pub use convert::{
    activity, address_list, api_key_list, current_session, passkey_list, payout_answer, session_list,
};
pub use error::{ApiError, ProofOfWork, Reason, StepUp};
pub use passkey::*;
pub use passkeys::*;
pub use payout::*;
pub use recovery::*;
pub use session::*;
pub use step_up::*;
pub use wire::*;
pub use wire_email::*;
pub use wire_passkey::*;
pub use wire_recovery::*;
#[cfg(feature = "hydrate")]
pub(crate) use work::{Search, decimal};
