//! The whole server, driven from outside: the real router, a browser's cookies, software passkeys, and both
//! databases.
//!
//! Every test takes an [`App`](support::App) of its own and runs twice, on SQLite and on Postgres. Run them with
//! `scripts/with-postgres.sh cargo test --features ssr --test it`.

#![cfg(feature = "ssr")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test that cannot go on should stop, and its name is its documentation"
)]

mod support;

mod accounts;
mod ceremonies;
mod edge;
mod hostile;
mod pages;
mod races;
mod refusals;
mod sessions;
mod trail;
