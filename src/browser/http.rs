//! Calls to our own server: JSON text out, a JavaScript value back.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, RequestInit, Response};

use super::{js, page};
use crate::app::islands::{Failure, Refusal};

/// A server that is silent this long is gone.
const PATIENCE_MS: u32 = 30_000;

/// `POST` some JSON. `lost` is what silence means for this call.
pub(super) async fn post(path: &str, body: &JsValue, lost: Failure) -> Result<JsValue, Failure> {
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(&js::stringify(body).into());
    if let Ok(headers) = Headers::new() {
        let _ = headers.set("content-type", "application/json");
        init.set_headers(&headers);
    }
    fetch(path, &init, lost).await
}

/// `GET` some JSON.
pub(super) async fn get(path: &str, lost: Failure) -> Result<JsValue, Failure> {
    fetch(path, &RequestInit::new(), lost).await
}

async fn fetch(path: &str, init: &RequestInit, lost: Failure) -> Result<JsValue, Failure> {
    if page::is_offline() {
        return Err(Failure::Offline);
    }
    init.set_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE_MS)));
    let Some(window) = page::window() else { return Err(lost) };
    let Ok(answer) = JsFuture::from(window.fetch_with_str_and_init(path, init)).await else { return Err(lost) };
    let Ok(response) = answer.dyn_into::<Response>() else { return Err(lost) };
    let json = match response.json() {
        Ok(promise) => JsFuture::from(promise).await.unwrap_or(JsValue::UNDEFINED),
        Err(_) => JsValue::UNDEFINED,
    };
    if response.ok() && !json.is_undefined() {
        return Ok(json);
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds, and `as` saturates")]
    let retry_after = js::get(&json, "retryAfter").as_f64().map(|seconds| seconds as u32);
    Err(Failure::Refused(Refusal {
        status: response.status(),
        code: js::text(&json, "code"),
        sentence: js::text(&json, "error"),
        request_id: js::text(&json, "requestId"),
        retry_after,
        after_touch: false,
    }))
}
