//! The way out.

use leptos::prelude::*;

use super::live::Live;
use super::stage::Stage;

/// Ends the session and goes to the sign-in page.
#[island]
pub fn SignOut() -> impl IntoView {
    let stage = Stage::new();
    #[cfg(feature = "hydrate")]
    stage.wake(|_| {}, running::sign_out);
    view! {
        <div class="stack needs-script">
            {stage.view(r#"<form method="dialog"><button class="button">Sign out</button></form>"#)}
            <Live message=stage.message />
        </div>
    }
}

#[cfg(feature = "hydrate")]
mod running {
    use leptos::task::spawn_local;

    use super::Stage;
    use crate::app::islands::Message;
    use crate::app::islands::message::Tone;
    use crate::browser::form::Form;
    use crate::browser::{ceremony, page};

    pub(super) fn sign_out(stage: Stage, form: Form) {
        form.set_busy(true);
        spawn_local(async move {
            if ceremony::sign_out().await.is_ok() {
                page::go("/?signed-out");
            } else {
                stage.say(Message::new(
                    Tone::Look,
                    "You may still be signed in.",
                    "We could not reach the server. Check your connection, then press the button again.",
                ));
                form.set_busy(false);
            }
        });
    }
}
