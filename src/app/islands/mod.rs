//! The parts of pages that need the browser: where a passkey is touched, and where a session ends.
//!
//! Each is rendered by the server like the rest of the page, and woken by the loader.

mod live;
mod message;
mod sign_in;
mod sign_out;
mod sign_up;

#[cfg(feature = "hydrate")]
pub(crate) use message::{Failure, Flow, Refusal};
pub use sign_in::SignIn;
pub use sign_out::SignOut;
pub use sign_up::SignUp;
