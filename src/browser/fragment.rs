//! A part of a page that comes by itself: HTML that our own server wrote and escaped.

use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use web_sys::{Element, Event};

use super::{form, js, times};

/// What an island is about, as the nearest element around its content says: of a panel where it is from, and whether it is to be kept
/// fresh; of a touch what it is for.
pub(crate) fn about(content: &Element) -> Option<(String, bool)> {
    let around = content.closest("[data-about]").ok()??;
    Some((around.get_attribute("data-about")?, around.has_attribute("data-live")))
}

/// Whether somebody is typing, pressing, or about to press in it. What is under a finger must not move.
pub(crate) fn is_in_use(content: &Element) -> bool {
    // What is marked to have the focus gets it back.
    let in_use = ":focus:not([data-focus]), :active, button:hover";
    content.query_selector(in_use).is_ok_and(|found| found.is_some())
}

/// Whether a press in it is being answered.
pub(crate) fn is_busy(content: &Element) -> bool {
    content.has_attribute("aria-busy")
}

/// It is being fetched, or a press in it is being answered; or no longer.
pub(crate) fn set_busy(content: &Element, is_busy: bool) {
    if is_busy {
        let _ = content.set_attribute("aria-busy", "true");
    } else {
        let _ = content.remove_attribute("aria-busy");
    }
}

/// After a press: the focus goes to the element that is meant to have it, if the one that had it has gone.
pub(crate) fn keep_focus(content: &Element) {
    if let Ok(Some(fallback)) = content.query_selector("[data-secret]:not([hidden]) button, [data-focus]") {
        form::keep_focus(fallback);
    }
}

/// Show it. What somebody is typing meanwhile stays, if its field does.
pub(crate) fn show(content: &Element, html: &str) {
    let had_focus = content.query_selector("[data-focus]:focus").is_ok_and(|found| found.is_some());
    let typed = form::typed(content);
    content.set_inner_html(html);
    form::type_again(content, typed);
    times::localise();
    if had_focus {
        keep_focus(content);
    }
}

/// Show what is shown once, in the place that the part has for it.
pub(crate) fn show_secret(content: &Element, answer: &str, member: &str) {
    let Ok(Some(place)) = content.query_selector("[data-secret]") else { return };
    let secret = js::text(&js::parse(answer), member);
    if let Ok(Some(code)) = place.query_selector("code") {
        code.set_text_content(Some(&secret));
    }
    if let Ok(Some(link)) = place.query_selector("a") {
        let text = js_sys::encode_uri_component(&secret).as_string().unwrap_or_default();
        let _ = link.set_attribute("href", &("data:text/plain,".to_owned() + &text));
    }
    let _ = place.remove_attribute("hidden");
    let Ok(Some(button)) = place.query_selector("button") else { return };
    let listener = Closure::<dyn Fn(Event)>::new(move |event: Event| {
        let Some(button) = event.target().and_then(|button| button.dyn_into::<Element>().ok()) else { return };
        let secret = secret.clone();
        spawn_local(async move {
            let is_copied = form::copy(&secret).await;
            button.set_text_content(Some(if is_copied { "Copied" } else { "Select it and copy it by hand" }));
        });
    });
    let _ = button.add_event_listener_with_callback("click", listener.as_ref().unchecked_ref());
    // As long as the button can be pressed.
    listener.forget();
}
