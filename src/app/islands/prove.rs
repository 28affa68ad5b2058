//! Shows the server that this is still the browser it let in.

use leptos::prelude::*;

use super::live::Live;
use super::message::Message;

/// Proves the device key as soon as it wakes, and loads the page again.
#[island]
pub fn Prove() -> impl IntoView {
    let message = RwSignal::new(None::<Message>);
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| running::prove(message));
    view! { <Live message=message /> }
}

#[cfg(feature = "hydrate")]
mod running {
    use leptos::prelude::*;
    use leptos::task::spawn_local;

    use super::Message;
    use crate::app::islands::message::{Action, Tone};
    use crate::app::islands::{Failure, Flow};
    use crate::browser::{guarded, page};

    pub(super) fn prove(message: RwSignal<Option<Message>>) {
        spawn_local(async move {
            let said = match guarded::rotate().await {
                Ok(()) if page::reload_unasked() => return,
                Ok(()) => Message::new(
                    Tone::Look,
                    "This is still your browser, but the page did not open.",
                    "Nothing was lost. Wait a moment, then reload.",
                )
                .with(Action::Reload),
                Err(Failure::Refused(refusal)) if refusal.is_signed_out() => return page::go("/"),
                Err(Failure::KeyGone) => Message::failed(Flow::Confirm, Failure::KeyGone),
                // Whether it came through or not, asking again does no harm.
                Err(Failure::ConnectionLost) => {
                    Message::failed(Flow::Confirm, Failure::Unreachable).with(Action::Reload)
                }
                Err(failure) => Message::failed(Flow::Confirm, failure).with(Action::Reload),
            };
            message.set(Some(said));
        });
    }
}
