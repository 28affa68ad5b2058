//! One touch more, because something about the visit has changed.

use leptos::prelude::*;

use super::live::Live;
use super::stage::Stage;

/// Asks for a passkey and loads the page again: the person goes on where they were.
#[island]
pub fn StepUp() -> impl IntoView {
    let stage = Stage::new();
    #[cfg(feature = "hydrate")]
    stage.wake(|_| {}, running::step_up);
    view! {
        <div class="stack needs-script">
            {stage
                .view(
                    r#"<form method="dialog"><button class="button primary" data-size="full">Use your passkey</button></form>"#,
                )} <Live message=stage.message />
        </div>
    }
}

#[cfg(feature = "hydrate")]
mod running {
    use leptos::task::spawn_local;

    use super::Stage;
    use crate::app::islands::{Failure, Flow, Message};
    use crate::browser::form::Form;
    use crate::browser::{fragment, guarded, page};

    pub(super) fn step_up(stage: Stage, form: Form) {
        let Some((body, _)) = stage.content().and_then(|content| fragment::about(&content)) else { return };
        form.set_busy(true);
        spawn_local(async move {
            stage.say(Message::preparing());
            match guarded::step_up(&body, &move |said| stage.say(said)).await {
                // Still busy: the page is about to go.
                Ok(()) => {
                    stage.say(Message::done(Flow::Confirm));
                    page::reload();
                }
                Err(Failure::Refused(refusal)) if refusal.is_signed_out() => page::go("/"),
                Err(failure) => {
                    stage.say(Message::failed(Flow::Confirm, failure));
                    form.set_busy(false);
                }
            }
        });
    }
}
