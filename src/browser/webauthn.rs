//! `navigator.credentials`, by way of the standard JSON forms (WebAuthn Level 3 §5.1.8–5.1.10).
//!
//! The browser allows one request at a time. So there is one here: whoever begins another ends the one before.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use leptos::prelude::{TimeoutHandle, set_timeout_with_handle};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, CredentialCreationOptions, CredentialRequestOptions};

use super::{js, page};
use crate::app::islands::Failure;

/// A prompt that is open longer than this is closed. The server's challenge is no good after it either.
const PATIENCE: Duration = Duration::from_mins(5);

#[wasm_bindgen]
extern "C" {
    type PublicKeyCredential;

    #[wasm_bindgen(static_method_of = PublicKeyCredential, js_class = "PublicKeyCredential", js_name = parseCreationOptionsFromJSON, catch)]
    fn parse_creation_options(options: &JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(static_method_of = PublicKeyCredential, js_class = "PublicKeyCredential", js_name = parseRequestOptionsFromJSON, catch)]
    fn parse_request_options(options: &JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(static_method_of = PublicKeyCredential, js_class = "PublicKeyCredential", js_name = isConditionalMediationAvailable, catch)]
    fn is_conditional_mediation_available() -> Result<js_sys::Promise, JsValue>;

    #[wasm_bindgen(method, js_name = toJSON, catch)]
    fn to_json(this: &PublicKeyCredential) -> Result<JsValue, JsValue>;
}

/// Why an open request was ended from here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    Not,
    ByPerson,
    ByClock,
    ByAnother,
}

thread_local! {
    static OPEN: RefCell<Option<AbortController>> = const { RefCell::new(None) };
    static ENDED: Cell<Ended> = const { Cell::new(Ended::Not) };
}

/// What must be true before anything is asked.
pub(crate) fn check_support() -> Result<(), Failure> {
    let Some(window) = page::window() else { return Err(Failure::Unsupported) };
    if !window.is_secure_context() {
        return Err(Failure::Insecure);
    }
    let api = js::get(&window, "PublicKeyCredential");
    let complete = js::has_function(&api, "parseCreationOptionsFromJSON")
        && js::has_function(&api, "parseRequestOptionsFromJSON");
    if complete { Ok(()) } else { Err(Failure::Unsupported) }
}

/// Whether the browser can offer passkeys in a field.
pub(crate) async fn can_autofill() -> bool {
    let Some(window) = page::window() else { return false };
    if check_support().is_err()
        || !js::has_function(&js::get(&window, "PublicKeyCredential"), "isConditionalMediationAvailable")
    {
        return false;
    }
    match PublicKeyCredential::is_conditional_mediation_available() {
        Ok(promise) => JsFuture::from(promise).await.is_ok_and(|answer| answer.is_truthy()),
        Err(_) => false,
    }
}

/// Make a passkey. Takes and gives the JSON forms.
pub(crate) async fn create(options: &JsValue) -> Result<JsValue, Failure> {
    let public_key = PublicKeyCredential::parse_creation_options(options).map_err(|_| Failure::Unsupported)?;
    let options: CredentialCreationOptions = js::object(&[("publicKey", &public_key)]).unchecked_into();
    run(options.as_ref(), |credentials| credentials.create_with_options(&options)).await
}

/// Use a passkey. `in_field`: without a prompt, offered in the field that says `webauthn`.
pub(crate) async fn get(options: &JsValue, in_field: bool) -> Result<JsValue, Failure> {
    let public_key = PublicKeyCredential::parse_request_options(options).map_err(|_| Failure::Unsupported)?;
    let mut members = vec![("publicKey", &public_key)];
    let conditional = JsValue::from_str("conditional");
    if in_field {
        members.push(("mediation", &conditional));
    }
    let options: CredentialRequestOptions = js::object(&members).unchecked_into();
    run(options.as_ref(), |credentials| credentials.get_with_options(&options)).await
}

/// Tell the passkey managers what an answer of the server says that they should know (WebAuthn Level 3 §5.1.10). A courtesy:
/// nothing depends on it.
pub(super) async fn signal(answer: &str) {
    let signals = js::get(&js::parse(answer), "signals");
    let (Some(window), Some(signals)) = (page::window(), signals.dyn_ref::<js_sys::Object>()) else { return };
    let api = js::get(&window, "PublicKeyCredential");
    for name in js_sys::Object::keys(signals).iter() {
        let name = name.as_string().unwrap_or_default();
        if let Some(method) = js::get(&api, &name).dyn_ref::<js_sys::Function>()
            && let Ok(promise) = method.call1(&api, &js::get(signals, &name))
        {
            // One at a time, and before the browser is asked for anything else.
            js::soon(&promise.unchecked_into()).await;
        }
    }
}

/// The person has had enough of waiting.
pub(crate) fn cancel() {
    end(Ended::ByPerson);
}

/// Make room for another request.
pub(crate) fn yield_to_another() {
    end(Ended::ByAnother);
}

fn end(by: Ended) {
    if let Some(open) = OPEN.take() {
        ENDED.set(by);
        open.abort();
    }
}

async fn run(
    options: &JsValue,
    begin: impl FnOnce(&web_sys::CredentialsContainer) -> Result<js_sys::Promise, JsValue>,
) -> Result<JsValue, Failure> {
    yield_to_another();
    let (Some(window), Ok(controller)) = (page::window(), AbortController::new()) else {
        return Err(Failure::Unsupported);
    };
    let _ = js_sys::Reflect::set(options, &"signal".into(), &controller.signal());
    OPEN.set(Some(controller.clone()));
    ENDED.set(Ended::Not);
    let clock = set_timeout_with_handle(|| end(Ended::ByClock), PATIENCE).ok();

    let outcome = match begin(&window.navigator().credentials()) {
        Ok(promise) => JsFuture::from(promise).await,
        Err(error) => Err(error),
    };
    if let Some(clock) = clock {
        TimeoutHandle::clear(&clock);
    }
    // Ours no longer, if another request has begun meanwhile.
    if !controller.signal().aborted() {
        OPEN.set(None);
    }
    match outcome {
        Ok(credential) if credential.is_object() => {
            credential.unchecked_into::<PublicKeyCredential>().to_json().map_err(|_| Failure::Unsupported)
        }
        Ok(_) => Err(Failure::Dismissed),
        Err(error) => Err(failure(&error)),
    }
}

/// What the browser's exception means (WebAuthn Level 3 §5.1.3, §5.1.4).
fn failure(error: &JsValue) -> Failure {
    match js::text(error, "name").as_str() {
        "AbortError" => match ENDED.get() {
            Ended::ByClock => Failure::TimedOut,
            _ => Failure::Stopped,
        },
        "InvalidStateError" => Failure::AlreadyHere,
        "NotSupportedError" | "ConstraintError" => Failure::NoAuthenticator,
        "SecurityError" => Failure::WrongAddress,
        "OperationError" => Failure::AlreadyAsking,
        _ => Failure::Dismissed,
    }
}
