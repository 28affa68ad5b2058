//! The edge: configuration, the router, the middleware, and the process around them.

mod background;
mod commands;
pub mod config;
mod dbsc;
mod handlers;
mod introspect;
mod listen;
pub mod logging;
pub mod metrics;
mod middleware;
mod notices;
mod pages;
mod router;
mod site;
mod start;
mod state;

pub use commands::{CommandError, audit_key, migrate, replay_risk, verify_audit, webhook_secret};
pub use listen::serve;
pub use notices::{outbox_report, send_test_mail};
pub use router::router;
pub use start::{StartError, open};
pub use state::AppState;
