//! One file a table, columns as the migrations make them. All times are UTC milliseconds since 1970.

pub mod auth_event;
pub mod ceremony;
pub mod credential;
pub mod session;
pub mod user;
