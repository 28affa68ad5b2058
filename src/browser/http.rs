//! Calls to our own server: JSON text out, text or a JavaScript value back.

use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, RequestInit, Response};

use super::{js, page, proof, webauthn, work};
use crate::app::islands::{Failure, Refusal};

/// A server that is silent this long is gone.
const PATIENCE_MS: u32 = 30_000;

/// The status of an answer that asks to wait, or for work.
const TOO_MANY_REQUESTS: u16 = 429;

/// `POST` some JSON. `lost` is what silence means for this call.
pub(super) async fn post(path: &str, body: &JsValue, lost: Failure) -> Result<JsValue, Failure> {
    json(&send(path, Some(&js::stringify(body)), None, lost).await?)
}

/// `GET` some JSON.
pub(super) async fn get(path: &str, lost: Failure) -> Result<JsValue, Failure> {
    json(&send(path, None, None, lost).await?)
}

/// `POST` the body, or `GET` if there is none, and bring the answer as text. If the server has too much to do and asks for
/// work, do it and come once more: nothing was changed by the first call.
pub(super) async fn send(
    path: &str,
    body: Option<&str>,
    proof: Option<&str>,
    lost: Failure,
) -> Result<String, Failure> {
    let (status, text) = send_once(path, body, proof, None, lost.clone()).await?;
    let work = if status == TOO_MANY_REQUESTS { work::done(&js::parse(&text)).await } else { None };
    let (status, text) = match work {
        Some(work) => send_once(path, body, proof, Some(&work), lost).await?,
        None => (status, text),
    };
    webauthn::signal(&text).await;
    if (200..300).contains(&status) { Ok(text) } else { Err(refused(status, &text)) }
}

async fn send_once(
    path: &str,
    body: Option<&str>,
    proof: Option<&str>,
    work: Option<&str>,
    lost: Failure,
) -> Result<(u16, String), Failure> {
    if page::is_offline() {
        return Err(Failure::Offline);
    }
    let (Some(window), Ok(headers)) = (page::window(), Headers::new()) else { return Err(lost) };
    let init = RequestInit::new();
    if let Some(body) = body {
        init.set_method("POST");
        init.set_body(&body.into());
        let _ = headers.set("content-type", "application/json");
    }
    if let Some(proof) = proof {
        let _ = headers.set("DPoP", proof);
    }
    if let Some(work) = work {
        let _ = headers.set("X-Proof-Of-Work", work);
    }
    init.set_headers(&headers);
    init.set_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE_MS)));
    let Ok(answer) = JsFuture::from(window.fetch_with_str_and_init(path, &init)).await else { return Err(lost) };
    let Ok(response) = answer.dyn_into::<Response>() else { return Err(lost) };
    proof::remember(&response.headers());
    let text = js::settle(response.text()).await.and_then(|text| text.as_string());
    match text {
        None if response.ok() => Err(lost),
        text => Ok((response.status(), text.unwrap_or_default())),
    }
}

fn json(text: &str) -> Result<JsValue, Failure> {
    let value = js::parse(text);
    if value.is_undefined() { Err(Failure::Refused(Refusal::default())) } else { Ok(value) }
}

fn refused(status: u16, body: &str) -> Failure {
    let error = js::parse(body);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds, and `as` saturates")]
    let retry_after = js::get(&error, "retryAfter").as_f64().map(|seconds| seconds as u32);
    let step_up = js::get(&error, "stepUp");
    Failure::Refused(Refusal {
        status,
        code: js::text(&error, "code"),
        sentence: js::text(&error, "error"),
        request_id: js::text(&error, "requestId"),
        retry_after,
        step_up: if step_up.is_object() { js::stringify(&step_up) } else { String::new() },
        reasons: whys(&js::get(&error, "reasons")),
        after_touch: false,
    })
}

/// Why one more touch is asked for. Empty if nothing has changed: it is always asked before something that matters.
fn whys(reasons: &JsValue) -> Vec<String> {
    let Some(reasons) = reasons.dyn_ref::<Array>() else { return Vec::new() };
    if reasons.iter().all(|reason| js::text(&reason, "signal") == "sensitive_route") {
        return Vec::new();
    }
    reasons.iter().map(|reason| js::text(&reason, "why")).collect()
}
