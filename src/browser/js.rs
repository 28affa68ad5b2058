//! Reading and writing JavaScript objects without a panic.

use js_sys::{Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

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
        // Setting a member of a fresh plain object does not fail.
        let _ = Reflect::set(&object, &(*name).into(), value);
    }
    object.into()
}

/// The value as JSON text.
pub(super) fn stringify(value: &JsValue) -> String {
    js_sys::JSON::stringify(value).ok().and_then(|text| text.as_string()).unwrap_or_default()
}

/// Whether this member is a function.
pub(super) fn has_function(object: &JsValue, name: &str) -> bool {
    get(object, name).is_instance_of::<js_sys::Function>()
}
