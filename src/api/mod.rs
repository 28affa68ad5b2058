//! The shared contract: wire types and server functions. Both faces compile it.
//!
//! A server function is thin: read the request's facts, call the rule, turn the answer into the wire type.
//! Paths and JSON are fixed; independent clients rely on them.

#[cfg(feature = "ssr")]
mod call;
#[cfg(feature = "ssr")]
mod convert;
#[cfg(feature = "ssr")]
pub mod cookies;
mod error;
mod passkey;
mod session;
mod wire;

#[cfg(feature = "ssr")]
pub use convert::{current_session, passkey_list};
pub use error::{ApiError, Reason, StepUp};
pub use passkey::*;
pub use session::*;
pub use wire::*;
