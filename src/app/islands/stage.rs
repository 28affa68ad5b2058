//! What the islands of the account are made of: some HTML that does not change by itself, and a place to speak.
//!
//! Leptos would compile each button and each closure of a view once more. So these few islands let the browser find
//! their forms, and share one view.

use leptos::html::Div;
use leptos::prelude::*;

use super::message::Message;
#[cfg(feature = "hydrate")]
use crate::browser::form::Form;

/// One island's own.
#[derive(Clone, Copy)]
pub(super) struct Stage {
    pub(super) message: RwSignal<Option<Message>>,
    content: NodeRef<Div>,
}

impl Stage {
    pub(super) fn new() -> Self {
        Self { message: RwSignal::new(None), content: NodeRef::new() }
    }

    /// Where the HTML is. The server puts it there; the browser leaves it, and so needs no copy of it.
    pub(super) fn view(self, html: &'static str) -> impl IntoView {
        let html = if cfg!(feature = "hydrate") { "" } else { html };
        view! { <div node_ref=self.content inner_html=html></div> }
    }
}

#[cfg(feature = "hydrate")]
impl Stage {
    /// When the island is awake: `start`, and from then on `submit` for every form in it that is not busy.
    pub(super) fn wake(self, start: fn(Self), submit: fn(Self, Form)) {
        Effect::new(move |_| {
            if let Some(content) = self.content() {
                crate::browser::form::on_submit(&content, move |form| submit(self, form));
                start(self);
            }
        });
    }

    pub(super) fn say(self, message: Message) {
        self.message.set(Some(message));
    }

    /// Nothing more to say.
    pub(super) fn hush(self) {
        self.message.set(None);
    }

    /// Nothing more to show.
    pub(super) fn clear(self) {
        if let Some(content) = self.content() {
            content.set_inner_html("");
        }
    }

    pub(super) fn content(self) -> Option<web_sys::Element> {
        Some(self.content.get_untracked()?.into())
    }
}
