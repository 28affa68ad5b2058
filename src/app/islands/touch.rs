//! One more touch, asked for in the dialog of the page. What was under way goes on by itself afterwards, and who stops
//! there is where they were.

use leptos::prelude::*;

use super::live::Live;
use super::message::Message;

/// Says in the dialog what is going on, and runs it.
#[island]
pub fn Touch() -> impl IntoView {
    let message = RwSignal::new(None::<Message>);
    #[cfg(feature = "hydrate")]
    running::wake(message);
    view! { <Live message=message /> }
}

#[cfg(feature = "hydrate")]
pub(crate) use running::{confirm, hold, is_held};

#[cfg(feature = "hydrate")]
mod running {
    use std::cell::Cell;

    use leptos::prelude::*;

    use crate::app::islands::{Failure, Flow, Message, Refusal};
    use crate::browser::dialog::Dialog;
    use crate::browser::{guarded, page, webauthn};

    thread_local! {
        static MESSAGE: Cell<Option<RwSignal<Option<Message>>>> = const { Cell::new(None) };
        /// Whether the server has said that nothing goes on here without a touch.
        static HELD: Cell<bool> = const { Cell::new(false) };
    }

    pub(super) fn wake(message: RwSignal<Option<Message>>) {
        MESSAGE.set(Some(message));
        if let Some(dialog) = Dialog::find() {
            dialog.on_close(webauthn::cancel);
        }
        // Who comes back to the page is asked again.
        page::on_visible(|| HELD.set(false));
    }

    /// Whether the page waits for a touch. Until then the server need not be asked anything of itself.
    pub(crate) fn is_held() -> bool {
        HELD.get()
    }

    /// The session may not go on, and nobody has pressed anything. Ask once; after that it is up to the person.
    pub(crate) async fn hold(refusal: &Refusal) -> Result<(), Failure> {
        HELD.set(true);
        confirm(refusal, None, false).await
    }

    /// Ask for the touch that the server wants. `asks` says what it is for, unless nobody has pressed anything; `again`,
    /// that there was a touch for it, and that it did not do.
    pub(crate) async fn confirm(refusal: &Refusal, asks: Option<&str>, again: bool) -> Result<(), Failure> {
        let (Some(dialog), Some(message)) = (Dialog::find(), MESSAGE.get()) else {
            return Err(Failure::Unsupported);
        };
        if dialog.is_open() {
            return Err(Failure::AlreadyAsking);
        }
        message.set(again.then(Message::lapsed));
        dialog.open(asks, &refusal.reasons);
        // It has a Cancel of its own.
        let say = move |said: Message| message.set(Some(said.without_cancel()));
        loop {
            if !dialog.is_pressed().await {
                return Err(Failure::Stopped);
            }
            dialog.set_busy(true);
            say(Message::preparing());
            let outcome = guarded::step_up(&refusal.step_up, &say).await;
            dialog.set_busy(false);
            if !dialog.is_open() {
                return Err(Failure::Stopped);
            }
            match outcome {
                Ok(()) => {
                    HELD.set(false);
                    dialog.close();
                    return Ok(());
                }
                Err(Failure::Refused(refusal)) if refusal.is_signed_out() => {
                    return Err(Failure::Refused(refusal));
                }
                Err(failure) => say(Message::failed(Flow::Confirm, failure)),
            }
        }
    }
}
