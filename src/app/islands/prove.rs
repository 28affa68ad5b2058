//! Shows the server that this is still the browser it let in.

use leptos::prelude::*;

use super::live::Live;
use super::stage::Stage;

/// Proves the device key as soon as it wakes, and loads the page again.
#[island]
pub fn Prove() -> impl IntoView {
    let stage = Stage::new();
    #[cfg(feature = "hydrate")]
    stage.wake(running::prove, |_, _| {});
    view! {
        <div class="stack needs-script">{stage.view(r#"<p class="lede">Checking that this is still your browser.</p>"#)} <Live message=stage.message /></div>
    }
}

#[cfg(feature = "hydrate")]
mod running {
    use leptos::task::spawn_local;

    use super::Stage;
    use crate::app::islands::message::{Action, Tone};
    use crate::app::islands::{Failure, Flow, Message};
    use crate::browser::{guarded, page};

    pub(super) fn prove(stage: Stage) {
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
            stage.clear();
            stage.say(said);
        });
    }
}
