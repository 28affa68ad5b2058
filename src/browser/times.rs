//! Exact times in the person's own zone and language.

use js_sys::{Array, Date, Intl, Object};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::HtmlElement;

use super::{js, page};

/// Rewrite the exact time behind every `<time datetime title>` of the page. The server wrote it in UTC.
pub(crate) fn localise() {
    let Some(document) = page::window().and_then(|window| window.document()) else { return };
    let Ok(found) = document.query_selector_all("time[datetime][title]") else { return };
    if found.length() == 0 {
        return;
    }
    let options = js::object(&[("dateStyle", &"long".into()), ("timeStyle", &"short".into())]);
    // An empty list of languages is the browser's own choice.
    let format = Intl::DateTimeFormat::new(&Array::new(), options.unchecked_ref::<Object>()).format();
    for index in 0..found.length() {
        let Some(time) = found.get(index).and_then(|node| node.dyn_into::<HtmlElement>().ok()) else { continue };
        let moment = Date::new(&time.get_attribute("datetime").unwrap_or_default().into());
        if moment.get_time().is_nan() {
            continue;
        }
        if let Some(text) = format.call1(&JsValue::UNDEFINED, &moment).ok().and_then(|text| text.as_string()) {
            time.set_title(&text);
        }
    }
}
