//! A part of a page that only this browser may see: it comes by itself, with a proof, as HTML from our own server.
//!
//! The page says where it is from: `<div data-panel="/path" data-live>` around the island. In what comes, a
//! `<form data-call="/path">` makes a call:
//!
//! | attribute | |
//! |---|---|
//! | `data-body` | the body, JSON. Fields with a name are added to it |
//! | `data-done` | what to say when it is done |
//! | `data-secret-from` | the member of the answer to show this once |
//!
//! `data-focus` marks what gets the focus when a press has taken its own button away.

use leptos::prelude::*;

use super::live::Live;
use super::message::Message;

/// Shows the part, makes its calls, and keeps it fresh if the page says so.
#[island]
pub fn Panel() -> impl IntoView {
    let message = RwSignal::new(None::<Message>);
    let busy = RwSignal::new(false);
    let held = RwSignal::new(false);
    let secret = RwSignal::new(None::<String>);
    let content = NodeRef::<leptos::html::Div>::new();
    #[cfg(feature = "hydrate")]
    let panel = running::Panel { message, busy, held, secret, content };
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| running::start(panel));

    #[cfg_attr(not(feature = "hydrate"), expect(unused_variables, reason = "the server answers no press"))]
    let submit = move |event: leptos::ev::SubmitEvent| {
        #[cfg(feature = "hydrate")]
        running::submit(panel, &event);
    };
    let go_on = move |_| {
        #[cfg(feature = "hydrate")]
        running::go_on(panel);
    };
    view! {
        <div class="panel needs-script">
            <Live message=message />
            {move || {
                held.get()
                    .then(|| {
                        view! {
                            <p class="actions">
                                <button class="button primary" r#type="button" on:click=go_on>
                                    "Go on with your passkey"
                                </button>
                            </p>
                        }
                    })
            }}
            {move || secret.get().map(|text| view! { <Secret text=text secret=secret content=content /> })}
            <div node_ref=content on:submit=submit aria-busy=move || busy.get().then_some("true")>
                <p class="meta">"One moment."</p>
            </div>
        </div>
    }
}

/// Shown once.
#[component]
fn Secret(text: String, secret: RwSignal<Option<String>>, content: NodeRef<leptos::html::Div>) -> impl IntoView {
    let label = RwSignal::new("Copy");
    let to_copy = text.clone();
    #[cfg_attr(not(feature = "hydrate"), expect(unused_variables, reason = "the server answers no press"))]
    let copy = move |_| {
        let to_copy = to_copy.clone();
        #[cfg(feature = "hydrate")]
        leptos::task::spawn_local(async move {
            let is_copied = crate::browser::fragment::copy(&to_copy).await;
            label.set(if is_copied { "Copied" } else { "Select it and copy it by hand" });
        });
    };
    let put_away = move |_| {
        secret.set(None);
        #[cfg(feature = "hydrate")]
        if let Some(content) = content.get_untracked() {
            crate::browser::fragment::keep_focus(&content);
        }
    };
    #[cfg(not(feature = "hydrate"))]
    let _ = content;
    view! {
        <div class="status" data-tone="look">
            <p class="title">"Copy this now. This is the only time you will see it."</p>
            <p>
                <code class="copy">{text}</code>
            </p>
            <p class="actions">
                <button class="button" r#type="button" on:click=copy data-focus>
                    <span aria-live="polite">{label}</span>
                </button>
                <button class="button" r#type="button" on:click=put_away>
                    "I have kept it"
                </button>
            </p>
        </div>
    }
}

#[cfg(feature = "hydrate")]
mod running {
    use std::cell::{Cell, RefCell};
    use std::time::Duration;

    use leptos::html::Div;
    use leptos::prelude::*;
    use leptos::task::spawn_local;

    use super::Message;
    use crate::app::islands::message::Tone;
    use crate::app::islands::{Failure, Flow};
    use crate::browser::fragment::{self, CallForm};
    use crate::browser::{guarded, page};

    const EVERY: Duration = Duration::from_secs(5);

    thread_local! {
        /// What is shown, as it came. A page has one panel.
        static SHOWN: RefCell<String> = const { RefCell::new(String::new()) };
        /// Counts presses: what was asked before one may be old news after it.
        static PRESSES: Cell<u32> = const { Cell::new(0) };
    }

    #[derive(Clone, Copy)]
    pub(super) struct Panel {
        pub(super) message: RwSignal<Option<Message>>,
        pub(super) busy: RwSignal<bool>,
        /// One touch is needed before anything is shown.
        pub(super) held: RwSignal<bool>,
        pub(super) secret: RwSignal<Option<String>>,
        pub(super) content: NodeRef<Div>,
    }

    pub(super) fn start(panel: Panel) {
        let Some((source, is_live)) = panel.content.get_untracked().and_then(|content| fragment::source(&content))
        else {
            return;
        };
        panel.busy.set(true);
        spawn_local(async move {
            load(panel, &source).await;
            panel.busy.set(false);
            if is_live {
                set_interval(move || refresh(panel, source.clone() + "?watch=1"), EVERY);
            }
        });
    }

    /// Fetch and show it.
    async fn load(panel: Panel, source: &str) {
        match guarded::read(source).await {
            Ok(html) => show(panel, html),
            Err(failure) => fail(panel, failure),
        }
    }

    /// Unasked: nobody is disturbed, and what fails is tried again soon.
    fn refresh(panel: Panel, source: String) {
        let is_idle = move || {
            !panel.busy.get_untracked()
                && !panel.held.get_untracked()
                && panel.content.get_untracked().is_some_and(|content| !fragment::is_in_use(&content))
        };
        if !page::is_visible() || !is_idle() {
            return;
        }
        let presses = PRESSES.get();
        spawn_local(async move {
            if let Ok(html) = guarded::read(&source).await
                && is_idle()
                && PRESSES.get() == presses
            {
                show(panel, html);
            }
        });
    }

    fn show(panel: Panel, html: String) {
        panel.held.set(false);
        if let Some(content) = panel.content.get_untracked()
            && SHOWN.with_borrow(|shown| *shown != html)
        {
            fragment::show(&content, &html);
            SHOWN.set(html);
        }
    }

    /// Nothing to show.
    fn fail(panel: Panel, failure: Failure) {
        match failure {
            Failure::Refused(refusal) if refusal.asks_for_touch() => {
                panel.held.set(true);
                panel.message.set(Some(Message::held()));
            }
            failure => explain(panel, failure),
        }
    }

    fn explain(panel: Panel, failure: Failure) {
        match failure {
            Failure::Refused(refusal) if refusal.is_signed_out() => page::go("/"),
            failure => panel.message.set(Some(Message::failed(Flow::Confirm, failure))),
        }
    }

    /// The touch that the part itself needs.
    pub(super) fn go_on(panel: Panel) {
        let Some((source, _)) = panel.content.get_untracked().and_then(|content| fragment::source(&content))
        else {
            return;
        };
        if panel.busy.get_untracked() {
            return;
        }
        panel.busy.set(true);
        spawn_local(async move {
            let _quiet = page::Quiet::begin();
            match guarded::call(&source, None, &move |said| panel.message.set(Some(said))).await {
                Ok(html) => {
                    panel.message.set(None);
                    show(panel, html);
                }
                Err(failure) => explain(panel, failure),
            }
            panel.busy.set(false);
            keep_focus(panel);
        });
    }

    pub(super) fn submit(panel: Panel, event: &leptos::ev::SubmitEvent) {
        let Some(form) = CallForm::of(event) else { return };
        event.prevent_default();
        let Some(path) = form.says("call") else { return };
        if panel.busy.get_untracked() || form.has_fault() {
            return;
        }
        let body = form.body();
        PRESSES.set(PRESSES.get() + 1);
        panel.busy.set(true);
        form.set_busy(true);
        spawn_local(async move {
            let _quiet = page::Quiet::begin();
            let say = move |said| panel.message.set(Some(said));
            panel.secret.set(None);
            say(Message::preparing());
            match guarded::call(&path, Some(&body), &say).await {
                Ok(answer) => {
                    if let Some(member) = form.says("secret-from") {
                        panel.secret.set(Some(fragment::member(&answer, &member)));
                    }
                    say(Message::new(Tone::Ok, &form.says("done").unwrap_or_default(), ""));
                    reload(panel).await;
                    keep_focus(panel);
                }
                Err(failure) => {
                    // What is shown is no longer true.
                    let is_stale =
                        matches!(&failure, Failure::Refused(refusal) if matches!(refusal.status, 404 | 409));
                    explain(panel, failure);
                    if is_stale {
                        reload(panel).await;
                    }
                    form.set_busy(false);
                    form.keep_focus();
                    keep_focus(panel);
                }
            }
            panel.busy.set(false);
        });
    }

    async fn reload(panel: Panel) {
        if let Some((source, _)) = panel.content.get_untracked().and_then(|content| fragment::source(&content)) {
            load(panel, &source).await;
        }
    }

    fn keep_focus(panel: Panel) {
        if let Some(content) = panel.content.get_untracked() {
            fragment::keep_focus(&content);
        }
    }
}
