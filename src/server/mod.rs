//! The edge: configuration, the router, the middleware, and the process around them.

mod background;
pub mod config;
mod dbsc;
mod handlers;
mod introspect;
mod listen;
pub mod logging;
mod middleware;
mod notices;
mod pages;
mod router;
mod site;
mod start;
mod state;

pub use listen::serve;
pub use notices::{outbox_report, send_test_mail};
pub use router::router;
pub use start::{StartError, migrate, open, replay_risk, webhook_secret};
pub use state::AppState;
