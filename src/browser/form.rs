//! A form that the browser shows and no view knows.

use js_sys::Array;
use leptos::prelude::{document, request_animation_frame};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, Element, Event, HtmlElement, HtmlInputElement, Url};

use super::{dialog, js, page};

/// Where the page's own words are kept while the server's stand in their place.
const OWN_WORDS: &str = "data-own-words";

/// One that was submitted.
pub(crate) struct Form(Element);

/// Hand over every form in there that is submitted while it is not busy. What no field could hold is pointed out.
pub(crate) fn on_submit(around: &Element, act: impl Fn(Form) + 'static) {
    let listener = Closure::<dyn Fn(Event)>::new(move |event: Event| {
        event.prevent_default();
        if let Some(form) = event.target().and_then(|form| form.dyn_into().ok()).map(Form)
            && (!form.is_busy() || dialog::is_being_stopped())
            && !form.has_fault()
        {
            act(form);
        }
    });
    let _ = around.add_event_listener_with_callback("submit", listener.as_ref().unchecked_ref());
    // The page keeps it for as long as there is a page.
    listener.forget();
}

impl Form {
    /// What the form says in this attribute.
    pub(crate) fn says(&self, attribute: &str) -> Option<String> {
        self.0.get_attribute(attribute)
    }

    /// The body of a call: what the form says, and what was typed.
    pub(crate) fn body(&self) -> String {
        let mut body = js::parse(&self.says("data-body").unwrap_or_default());
        if !body.is_object() {
            body = js::object(&[]);
        }
        for field in self.fields() {
            js::set(&body, &field.name(), &field.value().trim().into());
        }
        js::stringify(&body)
    }

    /// What the person is about to do, in the form's own words. A `*` in them stands for what was typed first.
    pub(crate) fn asks(&self) -> String {
        let words = self.says("data-asks").unwrap_or_default();
        match (words.split_once('*'), self.fields().first()) {
            (Some((before, after)), Some(field)) => before.to_owned() + field.value().trim() + after,
            _ => words,
        }
    }

    /// The same form, if there is one, in what is shown by now.
    pub(crate) fn still_in(&self, content: &Element) -> Option<Self> {
        let names = |form: &Element| ["data-call", "data-body"].map(|name| form.get_attribute(name));
        let shown = content.query_selector_all("form").ok()?;
        let mut forms = (0..shown.length()).filter_map(|index| shown.get(index)?.dyn_into().ok());
        forms.find(|form| names(form) == names(&self.0)).map(Self)
    }

    /// What was typed has been taken, and the person goes on elsewhere.
    pub(crate) fn clear(&self) {
        for field in self.fields() {
            field.set_value(&field.default_value());
            let _ = field.blur();
        }
    }

    fn fields(&self) -> Vec<HtmlInputElement> {
        fields(&self.0)
    }

    /// Point out the first field that does not hold what it should. Answers whether there is one.
    fn has_fault(&self) -> bool {
        let mut has_fault = false;
        for field in self.fields() {
            let is_valid = field.check_validity();
            mark(&field, is_valid, None);
            if !is_valid && !has_fault {
                let _ = field.focus();
                has_fault = true;
            }
        }
        has_fault
    }

    /// Point out the field that a refusal of the server is about, in the server's words. Answers whether there is one.
    pub(crate) fn has_refused(&self, code: &str, sentence: &str) -> bool {
        let about =
            |field: &HtmlInputElement| field.get_attribute("data-refusal").is_some_and(|about| about == code);
        let Some(field) = self.fields().into_iter().find(about) else { return false };
        mark(&field, false, Some(sentence));
        let _ = field.focus();
        true
    }

    fn is_busy(&self) -> bool {
        self.0.query_selector("[aria-disabled]").is_ok_and(|found| found.is_some())
    }

    /// From now on a press does nothing, or something again. Then the button gets the focus back if it was lost.
    pub(crate) fn set_busy(&self, is_busy: bool) {
        let Ok(Some(button)) = self.0.query_selector("button") else { return };
        if is_busy {
            let _ = button.set_attribute("aria-disabled", "true");
        } else {
            let _ = button.remove_attribute("aria-disabled");
            keep_focus(button);
        }
    }
}

fn fields(around: &Element) -> Vec<HtmlInputElement> {
    let Ok(found) = around.query_selector_all("[name]") else { return Vec::new() };
    (0..found.length()).filter_map(|index| found.get(index)?.dyn_into().ok()).collect()
}

/// What the person typed in a field, if anything, and whether they are there.
pub(crate) struct Typed {
    id: String,
    text: Option<String>,
    has_focus: bool,
}

/// What was typed in the fields in there.
pub(crate) fn typed(around: &Element) -> Vec<Typed> {
    let focused = document().active_element().map(|element| element.id());
    let typed = |field: HtmlInputElement| {
        let (id, text) = (field.id(), field.value());
        let has_focus = focused.as_ref() == Some(&id);
        Typed { id, text: (text != field.default_value()).then_some(text), has_focus }
    };
    fields(around).into_iter().map(typed).collect()
}

/// Let it stand there again, in the fields that are still there.
pub(crate) fn type_again(around: &Element, typed: Vec<Typed>) {
    for field in fields(around) {
        let Some(before) = typed.iter().find(|before| before.id == field.id()) else { continue };
        if let Some(text) = &before.text {
            field.set_value(text);
        }
        if before.has_focus {
            let _ = field.focus();
        }
    }
}

/// Say at a field what is wrong with it, or that nothing is: in these words, or in the page's own.
fn mark(field: &HtmlInputElement, is_valid: bool, sentence: Option<&str>) {
    let _ = field.set_attribute("aria-invalid", if is_valid { "false" } else { "true" });
    let id = field.id();
    let Some(error) = document().get_element_by_id(&(id.clone() + "-error")) else { return };
    let own = error.get_attribute(OWN_WORDS).or_else(|| error.text_content()).unwrap_or_default();
    error.set_text_content(Some(sentence.unwrap_or(&own)));
    let _ = error.set_attribute(OWN_WORDS, &own);
    let _ = error.toggle_attribute_with_force("hidden", is_valid);
    // A hidden sentence would be read all the same.
    let hint = id.clone() + "-hint";
    let described = if is_valid { hint } else { id + "-error " + &hint };
    let _ = field.set_attribute("aria-describedby", &described);
}

/// Give the focus to this if the element that had it has gone, as a pressed Cancel does with its message.
pub(crate) fn keep_focus(fallback: Element) {
    // By then the message has changed.
    request_animation_frame(move || {
        let focused = document().active_element();
        let is_lost = focused.is_none_or(|element| element.tag_name().eq_ignore_ascii_case("body"));
        if is_lost && let Ok(element) = fallback.dyn_into::<HtmlElement>() {
            let _ = element.focus();
        }
    });
}

/// Put it where the person can paste it from.
pub(crate) async fn copy(text: &str) -> bool {
    let Some(window) = page::window() else { return false };
    let clipboard = window.navigator().clipboard();
    let there: &JsValue = clipboard.as_ref();
    there.is_object() && js::settle(Ok(clipboard.write_text(text))).await.is_some()
}

/// Have the browser save this text as a file, as it saves what somebody downloads.
pub(crate) fn save(text: &str, name: &str) {
    let Ok(blob) = Blob::new_with_str_sequence(&Array::of1(&text.into())) else { return };
    let Ok(url) = Url::create_object_url_with_blob(&blob) else { return };
    let link = document().create_element("a").ok().and_then(|link| link.dyn_into::<HtmlElement>().ok());
    if let Some(link) = link {
        let _ = link.set_attribute("href", &url);
        let _ = link.set_attribute("download", name);
        link.click();
    }
    // The browser has begun to read it.
    let _ = Url::revoke_object_url(&url);
}
