//! The parts of pages that need the browser: where a passkey is touched, where a session is shown, kept or ended.
//!
//! Each is rendered by the server like the rest of the page, and woken by the loader. None has properties: reading
//! them would bring a JSON parser into the WebAssembly. What an island must know stands in the page around it.

mod keep;
mod live;
mod message;
mod panel;
mod prove;
mod sign_in;
mod sign_out;
mod sign_up;
mod stage;
mod step_up;
mod touch;

pub use keep::Keep;
#[cfg(feature = "hydrate")]
pub(crate) use message::{Failure, Flow, Message, Refusal};
pub use panel::Panel;
pub use prove::Prove;
pub use sign_in::SignIn;
pub use sign_out::SignOut;
pub use sign_up::SignUp;
pub use step_up::StepUp;
pub use touch::Touch;
#[cfg(feature = "hydrate")]
pub(crate) use touch::{confirm, hold, is_held};
