//! The way out.

use leptos::prelude::*;

use super::live::Live;
use super::message::Message;

/// Ends the session and goes to the sign-in page.
#[island]
pub fn SignOut() -> impl IntoView {
    let message = RwSignal::new(None::<Message>);
    let busy = RwSignal::new(false);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if !busy.get_untracked() {
            busy.set(true);
            #[cfg(feature = "hydrate")]
            leptos::task::spawn_local(async move {
                use super::message::Tone;
                use crate::browser::{ceremony, page};

                if ceremony::sign_out().await.is_ok() {
                    page::go("/?signed-out");
                } else {
                    busy.set(false);
                    message.set(Some(Message::new(
                        Tone::Look,
                        "You may still be signed in.",
                        "We could not reach the server. Check your connection, then press the button again.",
                    )));
                }
            });
        }
    };
    view! {
        <form class="stack needs-script" method="dialog" on:submit=submit>
            <button class="button" r#type="submit" aria-disabled=move || busy.get().then_some("true")>
                "Sign out"
            </button>
            <Live message=message />
        </form>
    }
}
