//! One file a table, columns as the migrations make them. All times are UTC milliseconds since 1970.

pub mod alert;
pub mod alert_cursor;
pub mod api_key;
pub mod audit_checkpoint;
pub mod audit_key;
pub mod auth_event;
pub mod ceremony;
pub mod chain_head;
pub mod credential;
pub mod dbsc_challenge;
pub mod dbsc_session;
pub mod job_lease;
pub mod known_device;
pub mod outbox;
pub mod payout;
pub mod proof_seen;
pub mod risk_decision;
pub mod risk_policy;
pub mod session;
pub mod session_token;
pub mod sign_in;
pub mod sign_in_count;
pub mod step_up_grant;
pub mod user;
