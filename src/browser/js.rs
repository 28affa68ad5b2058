//! Reading and writing JavaScript objects without a panic.

use js_sys::{Array, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::page;

const PATIENCE_MS: i32 = 3_000;

/// A member; `undefined` if there is none.
pub(super) fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// A member that is text.
pub(super) fn text(object: &JsValue, name: &str) -> String {
    get(object, name).as_string().unwrap_or_default()
}

/// An object of these members.
pub(super) fn object(members: &[(&str, &JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in members {
        set(&object, name, value);
    }
    object.into()
}

/// Set a member. On a plain object that does not fail.
pub(super) fn set(object: &JsValue, name: &str, value: &JsValue) {
    let _ = Reflect::set(object, &name.into(), value);
}

/// The value as JSON text.
pub(super) fn stringify(value: &JsValue) -> String {
    js_sys::JSON::stringify(value).ok().and_then(|text| text.as_string()).unwrap_or_default()
}

/// What the JSON text says; `undefined` if it is none.
pub(super) fn parse(text: &str) -> JsValue {
    js_sys::JSON::parse(text).unwrap_or(JsValue::UNDEFINED)
}

/// What the promise brings; nothing if it could not be made or was broken.
pub(super) async fn settle(promise: Result<Promise, JsValue>) -> Option<JsValue> {
    JsFuture::from(promise.ok()?).await.ok()
}

/// What the promise brings, unless it takes too long. For what a browser does in milliseconds; where it does not answer at all,
/// nobody should have to wait for it.
pub(super) async fn soon(promise: &Promise) -> Option<JsValue> {
    let late = Promise::new(&mut |_, reject| {
        if let Some(window) = page::window() {
            let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(&reject, PATIENCE_MS);
        }
    });
    settle(Ok(Promise::race(&Array::of2(promise, &late)))).await
}

/// Whether this member is a function.
pub(super) fn has_function(object: &JsValue, name: &str) -> bool {
    get(object, name).is_instance_of::<js_sys::Function>()
}

/// Base64 in its other alphabet. Padding goes.
pub(super) fn translate(base64: &str, letters: [(char, char); 2]) -> String {
    let other = |letter| letters.iter().find(|(from, _)| *from == letter).map_or(letter, |(_, to)| *to);
    base64.chars().filter(|letter| *letter != '=').map(other).collect()
}
