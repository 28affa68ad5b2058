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
    clippy::print_stderr,
    clippy::print_stdout,
    missing_docs,
    reason = "a test that cannot go on should stop, and its name is its documentation"
)]

mod support;

mod account_delete;
mod account_export;
mod accounts;
mod activity;
mod addresses;
mod addresses_changes;
mod addresses_codes;
mod addresses_others;
mod admin_alerts;
mod admin_gate;
mod admin_people;
mod alerts;
mod api_keys;
mod audit;
mod backup;
mod binding;
mod canary;
mod ceremonies;
mod coverage;
mod dbsc;
mod dbsc_refresh;
mod device_key;
mod device_proofs;
mod device_rotation;
mod disown;
mod drill;
mod edge;
mod export;
mod export_lines;
mod faults;
mod forward;
mod forward_apps;
mod forward_token;
mod fuzz;
mod hostile;
mod introspect;
mod kill;
mod leases;
mod lifetimes;
mod metrics;
mod outbox;
mod outbox_kill;
mod outbox_mail;
mod outbox_webhook;
mod pages;
mod passkey_add;
mod passkeys_care;
mod passkeys_limit;
mod payout;
mod plans;
mod races;
mod recovery;
mod recovery_kill;
mod recovery_restore;
mod recovery_several;
mod recovery_walk;
mod refusals;
mod replay;
mod risk;
mod risk_decisions;
mod risk_failures;
mod risk_habits;
mod risk_levels;
mod risk_memory;
mod risk_split;
mod rotation;
mod rotation_races;
mod secrets;
mod sessions;
mod sessions_list;
mod signals;
mod step_up;
mod step_up_grants;
mod theft;
mod throttle;
mod throttle_accounts;
mod throttle_cost;
mod throttle_layers;
mod throttle_work;
mod trail;
mod unusual;
mod unusual_kill;
mod unusual_links;
mod upgrade;
mod well_known;
