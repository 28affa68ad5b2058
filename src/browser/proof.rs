//! Proofs that a call comes from the browser that holds the device key (DPoP, RFC 9449).
//!
//! What a proof must name comes with the server's answers and is remembered for as long as there is a page: the nonce,
//! the hash of the session's token (the cookie itself is out of reach here), and the time.

use std::cell::{Cell, RefCell};

use js_sys::Date;
use wasm_bindgen::JsValue;
use web_sys::Headers;

use super::device_key::DeviceKey;
use super::{js, page};

/// What a proof of possession names besides the call.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Seeds {
    nonce: String,
    /// The hash of the session's token; none where there is no session yet.
    ath: Option<String>,
}

impl Seeds {
    /// In the ceremony that opens a session: the challenge is the nonce.
    pub(super) fn of_ceremony(challenge: String) -> Self {
        Self { nonce: challenge, ath: None }
    }
}

thread_local! {
    static HEARD: Cell<bool> = const { Cell::new(false) };
    static SEEDS: RefCell<Option<Seeds>> = const { RefCell::new(None) };
    /// By how many milliseconds the server's clock is ahead of this one.
    static AHEAD: Cell<f64> = const { Cell::new(0.0) };
}

/// Whether the server has said anything to this page.
pub(super) fn has_heard() -> bool {
    HEARD.get()
}

/// What the last answer said. None: the session has no device key.
pub(super) fn seeds() -> Option<Seeds> {
    SEEDS.with_borrow(Clone::clone)
}

/// Read what an answer says.
pub(super) fn remember(headers: &Headers) {
    HEARD.set(true);
    let read = |name| headers.get(name).ok().flatten();
    if let Some(nonce) = read("DPoP-Nonce") {
        // Without it: this answer was to an old token, and the newer one's is known already.
        let ath = read("DPoP-Ath").or_else(|| seeds().and_then(|seeds| seeds.ath));
        SEEDS.set(Some(Seeds { nonce, ath }));
    }
    let ahead = Date::parse(&read("Date").unwrap_or_default()) - Date::now();
    // The header counts in seconds and was some time on its way: less than two is no difference.
    if ahead.is_finite() {
        AHEAD.set(if ahead.abs() < 2_000.0 { 0.0 } else { ahead });
    }
}

/// The server's time, in milliseconds since 1970.
pub(super) fn now() -> f64 {
    Date::now() + AHEAD.get()
}

/// A proof for this call.
pub(super) async fn make(key: &DeviceKey, method: &str, path: &str, seeds: &Seeds) -> Option<String> {
    let window = page::window()?;
    let base64url = |text: &str| {
        let base64 = window.btoa(text).ok()?;
        Some(js::translate(&base64, [('+', '-'), ('/', '_')]))
    };
    let header = js::object(&[("typ", &"dpop+jwt".into()), ("alg", &"ES256".into()), ("jwk", &key.jwk().await?)]);
    let address = page::origin() + path.split('?').next().unwrap_or_default();
    let claims = js::object(&[
        ("jti", &window.crypto().ok()?.random_uuid().into()),
        ("htm", &method.into()),
        ("htu", &address.into()),
        ("iat", &(now() / 1000.0).floor().into()),
        ("nonce", &JsValue::from_str(&seeds.nonce)),
    ]);
    if let Some(ath) = &seeds.ath {
        js::set(&claims, "ath", &ath.into());
    }
    let mut token = base64url(&js::stringify(&header))?;
    token.push('.');
    token += &base64url(&js::stringify(&claims))?;
    // One character a byte, as btoa reads them.
    let signature: String = key.sign(&token).await?.into_iter().map(char::from).collect();
    let signature = base64url(&signature)?;
    token.push('.');
    token += &signature;
    Some(token)
}
