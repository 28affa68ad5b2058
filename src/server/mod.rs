//! The edge: configuration, the router, the middleware, and the process around them.

mod admin;
mod background;
mod backup;
mod commands;
pub mod config;
mod dbsc;
mod export;
mod forward;
pub(crate) mod fuzzing;
mod handlers;
mod introspect;
mod links;
mod listen;
pub mod logging;
pub mod metrics;
mod middleware;
mod notices;
mod operators;
mod pages;
mod recover;
mod router;
mod site;
mod start;
mod state;
mod traces;
mod well_known;

pub use backup::{back_up, say_restored};
pub use commands::{
    CommandError, audit_key, export_audit, look_inside, migrate, replay_risk, verify_audit, webhook_secret,
};
pub use listen::{serve, stopped};
pub use notices::{outbox_report, send_test_mail};
pub use operators::{grant_operator, list_operators, revoke_operator};
pub use router::router;
pub use start::{StartError, open};
pub use state::AppState;
