//! A part of a page that comes by itself: HTML that our own server wrote and escaped.

use leptos::prelude::{document, request_animation_frame};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement, HtmlInputElement};

use super::{js, page, times};

/// Where it is from, and whether it is to be kept fresh: the nearest element around it says so.
pub(crate) fn source(content: &HtmlElement) -> Option<(String, bool)> {
    let around = content.closest("[data-panel]").ok()??;
    Some((around.get_attribute("data-panel")?, around.has_attribute("data-live")))
}

/// Whether somebody is typing, pressing, or about to press in it. What is under a finger must not move.
pub(crate) fn is_in_use(content: &HtmlElement) -> bool {
    content.query_selector(":focus, :active, button:hover").is_ok_and(|found| found.is_some())
}

/// Show it.
pub(crate) fn show(content: &HtmlElement, html: &str) {
    content.set_inner_html(html);
    times::localise();
}

/// Once what is new is shown: if the focus was lost by it, give it to the first element that is meant to have it.
pub(crate) fn keep_focus(content: &HtmlElement) {
    let around = content.closest("[data-panel]");
    request_animation_frame(move || {
        if page::focus_is_lost()
            && let Ok(Some(around)) = around
            && let Ok(Some(first)) = around.query_selector("[data-focus]")
        {
            focus(first);
        }
    });
}

fn focus(element: Element) {
    if let Ok(element) = element.dyn_into::<HtmlElement>() {
        let _ = element.focus();
    }
}

/// A form that makes a call.
pub(crate) struct CallForm(Element);

impl CallForm {
    /// The form that was submitted, if it is one of them.
    pub(crate) fn of(event: &web_sys::Event) -> Option<Self> {
        let form: Element = event.target()?.dyn_into().ok()?;
        form.has_attribute("data-call").then_some(Self(form))
    }

    /// Point out the first field that does not hold what it should. Answers whether there is one.
    pub(crate) fn has_fault(&self) -> bool {
        let mut first = None;
        for field in self.fields() {
            let is_valid = field.check_validity();
            let _ = field.set_attribute("aria-invalid", if is_valid { "false" } else { "true" });
            if let Some(error) = document().get_element_by_id(&(field.id() + "-error")) {
                let _ = error.toggle_attribute_with_force("hidden", is_valid);
            }
            if !is_valid && first.is_none() {
                let _ = field.focus();
                first = Some(field);
            }
        }
        first.is_some()
    }

    fn fields(&self) -> Vec<HtmlInputElement> {
        let Ok(found) = self.0.query_selector_all("[name]") else { return Vec::new() };
        (0..found.length()).filter_map(|index| found.get(index)?.dyn_into().ok()).collect()
    }

    /// What the form says in `data-{name}`.
    pub(crate) fn says(&self, name: &str) -> Option<String> {
        let mut attribute = String::from("data-");
        attribute += name;
        self.0.get_attribute(&attribute)
    }

    /// The body of the call: what the form says, and what was typed.
    pub(crate) fn body(&self) -> String {
        let mut body = js::parse(&self.says("body").unwrap_or_default());
        if !body.is_object() {
            body = js::object(&[]);
        }
        for field in self.fields() {
            js::set(&body, &field.name(), &field.value().trim().into());
        }
        js::stringify(&body)
    }

    /// Show that it is busy, or no longer.
    pub(crate) fn set_busy(&self, is_busy: bool) {
        if let Ok(Some(button)) = self.0.query_selector("button") {
            let _ = if is_busy {
                button.set_attribute("aria-disabled", "true")
            } else {
                button.remove_attribute("aria-disabled")
            };
        }
    }

    /// Give the focus back to its button if it was lost.
    pub(crate) fn keep_focus(self) {
        request_animation_frame(move || {
            if page::focus_is_lost()
                && let Ok(Some(button)) = self.0.query_selector("button")
            {
                focus(button);
            }
        });
    }
}

/// The member of an answer.
pub(crate) fn member(answer: &str, name: &str) -> String {
    js::text(&js::parse(answer), name)
}

/// Put it where the person can paste it from.
pub(crate) async fn copy(text: &str) -> bool {
    let Some(window) = page::window() else { return false };
    let clipboard = window.navigator().clipboard();
    let there: &JsValue = clipboard.as_ref();
    there.is_object() && js::settle(Ok(clipboard.write_text(text))).await.is_some()
}
