//! Holdfast, a passkey-first login. One crate, two faces.
//!
//! | feature   | face | modules |
//! |-----------|------|---------|
//! | `ssr`     | the server | all but `browser` |
//! | `hydrate` | the WebAssembly in the browser | `api` (its types), `app` (its islands), `browser` |
//!
//! Arrows point one way: `app → api → {auth, vault, forward, admin} → {risk, throttle, audit, notify} → store`; `server` wires them. ARCHITECTURE.md has the map.

#[cfg(feature = "ssr")]
mod admin;
#[cfg(feature = "ssr")]
pub mod alerts;
pub mod api;
pub mod app;
#[cfg(feature = "ssr")]
pub mod audit;
#[cfg(feature = "ssr")]
mod auth;
#[cfg(feature = "hydrate")]
mod browser;
#[cfg(feature = "ssr")]
pub mod clock;
#[cfg(feature = "ssr")]
pub mod defence;
#[cfg(feature = "ssr")]
pub mod drill;
#[cfg(feature = "ssr")]
mod forward;
#[cfg(feature = "ssr")]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "ssr")]
mod geo;
#[cfg(feature = "ssr")]
mod hex;
#[cfg(feature = "ssr")]
pub mod jobs;
#[cfg(feature = "ssr")]
pub mod keyring;
#[cfg(feature = "ssr")]
pub mod metrics;
#[cfg(feature = "ssr")]
pub mod notify;
#[cfg(feature = "ssr")]
mod recovery;
#[cfg(feature = "ssr")]
pub mod risk;
#[cfg(feature = "ssr")]
mod secret;
#[cfg(feature = "ssr")]
pub mod server;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
pub mod throttle;
#[cfg(feature = "ssr")]
mod vault;

/// For whoever looks into a server's database beside it: tests and benches.
#[cfg(feature = "ssr")]
pub use store::Database;

/// The browser's entry point: the loader in the page's head calls it before it wakes the islands.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
    browser::times::localise();
}
