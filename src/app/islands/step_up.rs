//! One touch more, because something about the visit has changed.

use leptos::prelude::*;

use super::live::Live;
use super::message::Message;

/// Asks for a passkey and loads the page again: the person goes on where they were.
#[island]
pub fn StepUp() -> impl IntoView {
    let message = RwSignal::new(None::<Message>);
    let busy = RwSignal::new(false);
    let button = NodeRef::<leptos::html::Button>::new();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if !busy.get_untracked() {
            #[cfg(feature = "hydrate")]
            running::step_up(message, busy, button);
        }
    };
    view! {
        <form class="stack needs-script" method="dialog" on:submit=submit>
            <button
                node_ref=button
                class="button primary"
                data-size="full"
                r#type="submit"
                aria-disabled=move || busy.get().then_some("true")
            >
                "Go on with your passkey"
            </button>
            <Live message=message />
        </form>
    }
}

#[cfg(feature = "hydrate")]
mod running {
    use leptos::html::Button;
    use leptos::prelude::*;
    use leptos::task::spawn_local;

    use super::Message;
    use crate::app::islands::{Failure, Flow};
    use crate::browser::{guarded, page};

    pub(super) fn step_up(message: RwSignal<Option<Message>>, busy: RwSignal<bool>, button: NodeRef<Button>) {
        busy.set(true);
        spawn_local(async move {
            let say = move |said| message.set(Some(said));
            say(Message::preparing());
            match guarded::step_up(r#"{"action":"session_continue","params":{}}"#, &say).await {
                // Still busy: the page is about to go.
                Ok(()) => {
                    say(Message::done(Flow::Confirm));
                    page::reload();
                }
                Err(Failure::Refused(refusal)) if refusal.is_signed_out() => page::go("/"),
                Err(failure) => {
                    say(Message::failed(Flow::Confirm, failure));
                    busy.set(false);
                    page::keep_focus(button);
                }
            }
        });
    }
}
