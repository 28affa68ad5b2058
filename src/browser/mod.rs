//! What only a browser can do. Compiled for `hydrate` alone.
//!
//! JSON stays with the browser: options and answers pass through as JavaScript values, so that neither serde_json
//! nor a base64 codec has to be in the WebAssembly.

pub(crate) mod autofill;
pub(crate) mod ceremony;
mod http;
mod js;
pub(crate) mod page;
pub(crate) mod times;
pub(crate) mod webauthn;
