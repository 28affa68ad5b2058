//! What the sensitive pages guard.

mod api_keys;

pub use api_keys::{ApiKeyInfo, Vault};
