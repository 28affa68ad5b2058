//! What only a browser can do. Compiled for `hydrate` alone.
//!
//! JSON stays with the browser: options and answers pass through as JavaScript values, so that neither serde_json
//! nor a base64 codec has to be in the WebAssembly.

pub(crate) mod autofill;
pub(crate) mod ceremony;
mod device_key;
pub(crate) mod dialog;
pub(crate) mod form;
pub(crate) mod fragment;
pub(crate) mod guarded;
mod http;
mod js;
pub(crate) mod keep;
pub(crate) mod page;
mod proof;
pub(crate) mod times;
pub(crate) mod webauthn;
mod work;
