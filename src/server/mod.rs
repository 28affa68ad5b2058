//! The edge: configuration, the router, the middleware, and the process around them.

pub mod config;
mod dbsc;
mod handlers;
mod introspect;
mod listen;
pub mod logging;
mod middleware;
mod pages;
mod router;
mod site;
mod start;
mod state;

pub use listen::serve;
pub use router::router;
pub use start::{StartError, migrate, open, replay_risk};
pub use state::AppState;
