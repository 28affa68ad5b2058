//! A part of a page that only this browser may see: it comes by itself, with a proof, as HTML from our own server.
//!
//! The page says where it is from: `<div data-about="/path" data-live>` around the island. In what comes, a
//! `<form data-call="/path">` makes a call:
//!
//! | attribute | |
//! |---|---|
//! | `data-body` | the body, JSON. Fields with a name are added to it |
//! | `data-creates` | the path that takes the passkey which is made from the answer |
//! | `data-asserts` | the path that takes what a passkey says to the answer |
//! | `data-opens` | where to go then: that path has opened a session |
//! | `data-asks` | what the person is about to do, for the dialog that may ask for a touch. `*`: what was typed first |
//! | `data-done` | what to say when it is done |
//! | `data-file` | the name of the file that the answer is saved as |
//! | `data-secret-from` | the member of the answer to show this once, in `[data-secret]` |
//!
//! A field with `data-refusal` is pointed out when the server refuses with that code.
//!
//! `data-focus` marks what gets the focus when a press has taken its own button away.

use leptos::prelude::*;

use super::live::Live;
use super::stage::Stage;

/// Shows the part, makes its calls, and keeps it fresh if the page says so.
#[island]
pub fn Panel() -> impl IntoView {
    let stage = Stage::new();
    #[cfg(feature = "hydrate")]
    stage.wake(running::start, running::submit);
    view! {
        <div class="panel needs-script">
            <Live message=stage.message />
            {stage.view(r#"<p class="meta">One moment.</p>"#)}
        </div>
    }
}

#[cfg(feature = "hydrate")]
mod running {
    use std::cell::{Cell, RefCell};
    use std::time::Duration;

    use leptos::prelude::set_interval;
    use leptos::task::spawn_local;

    use super::Stage;
    use crate::app::islands::message::Tone;
    use crate::app::islands::{self, Failure, Flow, Message};
    use crate::browser::form::{self, Form};
    use crate::browser::guarded::HandIn;
    use crate::browser::{dialog, fragment, guarded, page};

    const EVERY: Duration = Duration::from_secs(5);

    /// Instead of the part, when that needs a touch. A form without a call fetches the part.
    const HELD: &str = r#"<form method="dialog" data-asks="See this page."><button class="button primary">Use your passkey</button></form>"#;

    thread_local! {
        /// What is shown, as it came. A page has one panel.
        static SHOWN: RefCell<String> = const { RefCell::new(String::new()) };
        /// Counts presses: what was asked before one may be old news after it.
        static PRESSES: Cell<u32> = const { Cell::new(0) };
        /// Whether the person was told that the part did not come.
        static IS_MISSING: Cell<bool> = const { Cell::new(false) };
        /// What was pressed while another press was being answered. It has its turn if that goes well, or if the person has
        /// stopped that one before.
        static NEXT: RefCell<Option<(Form, bool)>> = const { RefCell::new(None) };
    }

    pub(super) fn start(stage: Stage) {
        let Some((source, is_live)) = source(stage) else { return };
        spawn_local(async move {
            set_busy(stage, true);
            load(stage).await;
            set_busy(stage, false);
        });
        if is_live {
            set_interval(move || refresh(stage, source.clone() + "?watch=1"), EVERY);
        }
    }

    fn source(stage: Stage) -> Option<(String, bool)> {
        fragment::about(&stage.content()?)
    }

    fn set_busy(stage: Stage, is_busy: bool) {
        if let Some(content) = stage.content() {
            fragment::set_busy(&content, is_busy);
        }
    }

    /// Fetch and show it.
    async fn load(stage: Stage) {
        let Some((source, _)) = source(stage) else { return };
        match guarded::read(&source).await {
            Ok(html) => show(stage, html),
            // Nobody has pressed anything, so nobody expects a prompt.
            Err(Failure::Refused(refusal)) if refusal.asks_for_touch() => {
                show(stage, HELD.to_owned());
                stage.say(Message::held());
            }
            Err(Failure::Offline | Failure::Unreachable | Failure::ConnectionLost) => {
                IS_MISSING.set(true);
                stage.say(Message::not_loaded());
            }
            Err(failure) => explain(stage, failure),
        }
    }

    /// Unasked: nobody is disturbed, and what fails is tried again soon.
    fn refresh(stage: Stage, source: String) {
        let presses = PRESSES.get();
        let is_idle = move || {
            page::is_visible()
                && !islands::is_held()
                && PRESSES.get() == presses
                && stage
                    .content()
                    .is_some_and(|content| !fragment::is_busy(&content) && !fragment::is_in_use(&content))
        };
        if is_idle() {
            spawn_local(async move {
                if let Ok(html) = guarded::read(&source).await
                    && is_idle()
                {
                    show(stage, html);
                    // What was missing is here.
                    if IS_MISSING.take() {
                        stage.hush();
                    }
                }
            });
        }
    }

    fn show(stage: Stage, html: String) {
        if let Some(content) = stage.content()
            && SHOWN.with_borrow(|shown| *shown != html)
        {
            fragment::show(&content, &html);
            SHOWN.set(html);
        }
    }

    fn explain(stage: Stage, failure: Failure) {
        match failure {
            Failure::Refused(refusal) if refusal.is_signed_out() => page::go("/"),
            failure => stage.say(Message::failed(Flow::Confirm, failure)),
        }
    }

    pub(super) fn submit(stage: Stage, form: Form) {
        let Some(content) = stage.content() else { return };
        let Some((source, _)) = fragment::about(&content) else { return };
        if fragment::is_busy(&content) {
            return NEXT.set(Some((form, dialog::is_being_stopped())));
        }
        PRESSES.set(PRESSES.get() + 1);
        fragment::set_busy(&content, true);
        form.set_busy(true);
        spawn_local(async move {
            let _quiet = page::Quiet::begin();
            stage.say(Message::preparing());
            let call = form.says("data-call");
            let (path, body) = match &call {
                Some(call) => (call, Some(form.body())),
                None => (&source, None),
            };
            let mut outcome = guarded::call(path, body.as_deref(), &form.asks()).await;
            let opens = form.says("data-opens");
            for (attribute, is_new) in [("data-creates", true), ("data-asserts", false)] {
                if let (Ok(options), Some(path)) = (&outcome, form.says(attribute)) {
                    let hand_in = HandIn { path: &path, asks: &form.asks(), is_new, opens: opens.is_some() };
                    outcome = guarded::ceremony(options, &hand_in, &|said| stage.say(said)).await;
                }
            }
            if let (Ok(_), Some(to)) = (&outcome, opens) {
                return page::go(&to);
            }
            form.set_busy(false);
            let is_done = outcome.is_ok();
            match outcome {
                Ok(html) if call.is_none() => {
                    stage.hush();
                    show(stage, html);
                }
                Ok(answer) => {
                    form.clear();
                    if let Some(name) = form.says("data-file") {
                        form::save(&answer, &name);
                    }
                    stage.say(Message::new(Tone::Ok, &form.says("data-done").unwrap_or_default(), ""));
                    if let Some(member) = form.says("data-secret-from") {
                        fragment::show_secret(&content, &answer, &member);
                        // Nobody sees it twice, so nothing may take its place but itself.
                        if let Ok(html) = guarded::read(&source).await {
                            show(stage, html);
                            fragment::show_secret(&content, &answer, &member);
                        }
                    } else {
                        load(stage).await;
                    }
                }
                // Said where it can be put right; what was typed stays.
                Err(Failure::Refused(refusal)) if form.has_refused(&refusal.code, &refusal.sentence) => {
                    stage.hush();
                }
                Err(failure) => {
                    // Then what is shown is no longer true.
                    let is_stale =
                        matches!(&failure, Failure::Refused(refusal) if matches!(refusal.status, 404 | 409));
                    explain(stage, failure);
                    if is_stale {
                        load(stage).await;
                    }
                }
            }
            fragment::set_busy(&content, false);
            fragment::keep_focus(&content);
            if let Some((next, has_stopped)) = NEXT.take()
                && (is_done || has_stopped)
                && let Some(next) = next.still_in(&content)
            {
                submit(stage, next);
            }
        });
    }
}
