//! Where the person is and where they go.

use leptos::html::Button;
use leptos::prelude::*;
use web_sys::{Location, Window};

/// The window. There is always one where islands run; without it nothing is done.
pub(super) fn window() -> Option<Window> {
    web_sys::window()
}

fn location() -> Option<Location> {
    window().map(|window| window.location())
}

/// Leave for another page of ours.
pub(crate) fn go(path: &str) {
    if let Some(location) = location() {
        let _ = location.assign(path);
    }
}

/// Load this page again.
pub(crate) fn reload() {
    if let Some(location) = location() {
        let _ = location.reload();
    }
}

/// This page's address, over HTTPS.
pub(crate) fn https_address() -> String {
    let address = location().and_then(|location| location.href().ok()).unwrap_or_default();
    address.replacen("http://", "https://", 1)
}

/// Give the focus to `fallback` if the element that had it has gone, as a pressed Cancel does with its message.
pub(crate) fn keep_focus(fallback: NodeRef<Button>) {
    // By then the message has changed.
    request_animation_frame(move || {
        let focused = document().active_element();
        let is_lost = focused.is_none_or(|element| element.tag_name().eq_ignore_ascii_case("body"));
        if is_lost && let Some(button) = fallback.get_untracked() {
            let _ = button.focus();
        }
    });
}

/// Whether the browser knows that it has no network.
pub(crate) fn is_offline() -> bool {
    window().is_some_and(|window| !window.navigator().on_line())
}
