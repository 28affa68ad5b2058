//! The dialog of the page, as the browser shows it: modal, with the focus inside, closed by Esc. The browser also gives
//! the focus back to where it was.

use std::cell::Cell;

use js_sys::Promise;
use leptos::prelude::document;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlDialogElement, HtmlElement};

use super::{form, js, page};

thread_local! {
    /// Whether somebody waits for a press, or for word that it was closed.
    static IS_AWAITED: Cell<bool> = const { Cell::new(false) };
}

/// Whether the person has closed the dialog, and who waits has not heard of it yet. What they press then is no part of what they have
/// stopped.
pub(crate) fn is_being_stopped() -> bool {
    IS_AWAITED.get() && part("touch").is_some_and(|dialog| !dialog.has_attribute("open"))
}

/// The one for a touch.
pub(crate) struct Dialog {
    dialog: HtmlDialogElement,
    button: HtmlElement,
}

impl Dialog {
    /// If the page has one.
    pub(crate) fn find() -> Option<Self> {
        Some(Self { dialog: part("touch")?.dyn_into().ok()?, button: part("touch-button")?.dyn_into().ok()? })
    }

    /// Do this whenever it is closed, by whomever.
    pub(crate) fn on_close(&self, act: fn()) {
        let dialog = self.dialog.clone();
        let listener = Closure::<dyn Fn()>::new(move || {
            if !dialog.open() {
                act();
            }
        });
        let _ = self.dialog.add_event_listener_with_callback("close", listener.as_ref().unchecked_ref());
        // The page keeps it for as long as there is a page.
        listener.forget();
    }

    /// Whether the person sees it.
    pub(crate) fn is_open(&self) -> bool {
        self.dialog.open()
    }

    /// Show what is asked for and why. Everything comes in as text. `asks` is none if nobody has pressed anything.
    pub(crate) fn open(&self, asks: Option<&str>, reasons: &[String]) {
        if let Some(place) = part("touch-asks") {
            place.set_text_content(asks);
        }
        if let Some(list) = part("touch-reasons") {
            list.set_text_content(None);
            for reason in reasons {
                if let Ok(item) = document().create_element("li") {
                    item.set_text_content(Some(reason));
                    let _ = list.append_child(&item);
                }
            }
        }
        show("touch-unasked", asks.is_none());
        show("touch-why", !reasons.is_empty());
        show("touch-rule", reasons.is_empty());
        let _ = self.dialog.show_modal();
        // What somebody happens to be typing must not press the button.
        if asks.is_none() {
            focus("touch-title");
        }
    }

    /// Wait until the button is pressed. False: the dialog was closed instead.
    pub(crate) async fn is_pressed(&self) -> bool {
        // It may stay open for long.
        let _pause = page::Pause::begin();
        IS_AWAITED.set(true);
        loop {
            let pressed = Promise::new(&mut |resolve, _| {
                self.button.set_onclick(Some(&resolve));
                self.dialog.set_onclose(Some(&resolve));
            });
            let is_click = js::settle(Ok(pressed)).await.is_some_and(|event| js::text(&event, "type") == "click");
            // Chromium tells of a closing with its next frame. On a busy machine the dialog is open again by then.
            if is_click || !self.dialog.open() {
                IS_AWAITED.set(false);
                return is_click;
            }
        }
    }

    /// From now on a press does nothing, or something again.
    pub(crate) fn set_busy(&self, is_busy: bool) {
        if is_busy {
            self.button.set_onclick(None);
            let _ = self.button.set_attribute("aria-disabled", "true");
        } else {
            let _ = self.button.remove_attribute("aria-disabled");
            form::keep_focus(self.button.clone().into());
        }
    }

    /// Nothing more to ask.
    pub(crate) fn close(&self) {
        self.dialog.close();
    }
}

fn part(id: &str) -> Option<Element> {
    document().get_element_by_id(id)
}

fn show(id: &str, is_shown: bool) {
    if let Some(element) = part(id) {
        let _ = element.toggle_attribute_with_force("hidden", !is_shown);
    }
}

fn focus(id: &str) {
    if let Some(element) = part(id).and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}
