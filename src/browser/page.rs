//! Where the person is and where they go.

use std::cell::Cell;

use leptos::html::Button;
use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::{Location, VisibilityState, Window};

use super::{form, js};

/// A page that loads itself again sooner than this after the last time is going round in circles.
const CIRCLE_MS: f64 = 15_000.0;

/// Where the time of the last such load is kept.
const CIRCLE: &str = "holdfast-reloaded";

thread_local! {
    /// Who is about to change the session or the page: nobody else may send the person away meanwhile.
    static QUIET: Cell<u32> = const { Cell::new(0) };
}

/// While this is held, [`is_quiet`] is true.
pub(crate) struct Quiet;

impl Quiet {
    /// From now on.
    pub(crate) fn begin() -> Self {
        QUIET.set(QUIET.get() + 1);
        Self
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        QUIET.set(QUIET.get().saturating_sub(1));
    }
}

/// While this is held, nobody is quiet: who was has to wait for a person, and that may take long.
pub(super) struct Pause(u32);

impl Pause {
    /// From now on.
    pub(super) fn begin() -> Self {
        Self(QUIET.replace(0))
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        QUIET.set(QUIET.get() + self.0);
    }
}

/// Whether somebody is about to change the session or the page.
pub(super) fn is_quiet() -> bool {
    QUIET.get() > 0
}

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
        leave();
        let _ = location.assign(path);
    }
}

/// Load this page again.
pub(crate) fn reload() {
    if let Some(location) = location() {
        leave();
        let _ = location.reload();
    }
}

/// The page is going: it stays quiet until it is gone, or comes back out of the browser's memory.
fn leave() {
    QUIET.set(QUIET.get() + 1);
}

/// Load this page again unasked. Answers false, and does not, if that was done a moment ago: it did not help.
pub(crate) fn reload_unasked() -> bool {
    let Some(memory) = window().and_then(|window| window.session_storage().ok().flatten()) else { return false };
    let now = js_sys::Date::now();
    let last = memory.get_item(CIRCLE).ok().flatten().and_then(|text| js::parse(&text).as_f64());
    // A page that cannot remember that it did would do it for ever.
    let is_circle = last.is_some_and(|last| (now - last).abs() < CIRCLE_MS);
    if is_circle || memory.set_item(CIRCLE, &js::stringify(&now.into())).is_err() {
        return false;
    }
    reload();
    true
}

/// The address that proofs name: where this page came from.
pub(super) fn origin() -> String {
    location().and_then(|location| location.origin().ok()).unwrap_or_default()
}

/// This page's address, over HTTPS.
pub(crate) fn https_address() -> String {
    let address = location().and_then(|location| location.href().ok()).unwrap_or_default();
    // It is read where the address begins with `http:`.
    match address.strip_prefix("http:") {
        Some(rest) => String::from("https:") + rest,
        None => address,
    }
}

/// Give the focus to the button if the element that had it has gone.
pub(crate) fn keep_focus(fallback: NodeRef<Button>) {
    if let Some(button) = fallback.get_untracked() {
        form::keep_focus(button.into());
    }
}

/// Show what this selects, or hide it.
pub(super) fn reveal(selector: &str, is_shown: bool) {
    if let Ok(Some(element)) = document().query_selector(selector) {
        let _ = element.toggle_attribute_with_force("hidden", !is_shown);
    }
}

/// Whether the browser knows that it has no network.
pub(crate) fn is_offline() -> bool {
    window().is_some_and(|window| !window.navigator().on_line())
}

/// Whether anybody can see this page.
pub(crate) fn is_visible() -> bool {
    document().visibility_state() == VisibilityState::Visible
}

/// Do this whenever the page can be seen again, also when it comes back out of the browser's memory.
pub(crate) fn on_visible(act: fn()) {
    let Some(window) = window() else { return };
    let seen = Closure::<dyn Fn()>::new(move || {
        if is_visible() {
            act();
        }
    });
    let shown = Closure::<dyn Fn(JsValue)>::new(move |event: JsValue| {
        if js::get(&event, "persisted").is_truthy() {
            QUIET.set(0);
            act();
        }
    });
    let _ = document().add_event_listener_with_callback("visibilitychange", seen.as_ref().unchecked_ref());
    let _ = window.add_event_listener_with_callback("pageshow", shown.as_ref().unchecked_ref());
    // The page keeps them for as long as there is a page.
    seen.forget();
    shown.forget();
}
