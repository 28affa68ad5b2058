//! The sign-in form: a button, and a field in which the browser offers the passkey by itself.

use leptos::prelude::*;

use super::live::Live;
use super::message::Message;

/// Signs in with a passkey and loads the page again, which sends who is signed in on.
#[island]
pub fn SignIn() -> impl IntoView {
    let message = RwSignal::new(None::<Message>);
    let busy = RwSignal::new(false);
    let button = NodeRef::<leptos::html::Button>::new();
    #[cfg(feature = "hydrate")]
    let form = running::Form { message, busy, button };
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| running::offer_autofill(form));

    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if !busy.get_untracked() {
            #[cfg(feature = "hydrate")]
            running::sign_in(form);
        }
    };
    view! {
        <form class="stack needs-script" data-gap="l" method="dialog" novalidate=true on:submit=submit>
            <button
                node_ref=button
                class="button primary"
                data-size="full"
                r#type="submit"
                aria-disabled=move || busy.get().then_some("true")
            >
                "Sign in with a passkey"
            </button>
            <Live message=message />
            <p class="rule">"or"</p>
            <div class="field">
                <label for="email">"Email " <span class="meta">"(optional)"</span></label>
                <input
                    id="email"
                    r#type="email"
                    inputmode="email"
                    autocomplete="username webauthn"
                    autocapitalize="none"
                    spellcheck="false"
                    aria-describedby="email-hint"
                />
                <p class="hint" id="email-hint">
                    "Select this field and your browser can offer your passkey."
                </p>
            </div>
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
    use crate::browser::{autofill, ceremony, page};

    #[derive(Clone, Copy)]
    pub(super) struct Form {
        pub(super) message: RwSignal<Option<Message>>,
        pub(super) busy: RwSignal<bool>,
        pub(super) button: NodeRef<Button>,
    }

    /// The button: ask for a passkey, whatever autofill was doing.
    pub(super) fn sign_in(form: Form) {
        let Form { message, busy, .. } = form;
        busy.set(true);
        spawn_local(async move {
            let say = move |what| message.set(Some(what));
            say(Message::preparing());
            autofill::stop();
            let outcome = async {
                let options = ceremony::sign_in_options().await?;
                say(Message::asking(Flow::SignIn));
                let answer = ceremony::ask_to_sign_in(&options).await?;
                say(Message::checking(Flow::SignIn));
                ceremony::finish_sign_in(&answer).await
            };
            conclude(form, outcome.await);
        });
    }

    /// The field: the browser may offer a passkey there until one is picked or the page goes.
    pub(super) fn offer_autofill(form: Form) {
        let Form { message, busy, .. } = form;
        autofill::start(move |answer| {
            if busy.get_untracked() {
                return;
            }
            busy.set(true);
            message.set(Some(Message::checking(Flow::SignIn)));
            spawn_local(async move {
                conclude(form, ceremony::finish_sign_in(&answer).await);
            });
        });
    }

    fn conclude(Form { message, busy, button }: Form, outcome: Result<(), Failure>) {
        match outcome {
            // Still busy: the page is about to go.
            Ok(()) => {
                message.set(Some(Message::done(Flow::SignIn)));
                page::reload();
            }
            Err(failure) => {
                message.set(Some(Message::failed(Flow::SignIn, failure)));
                busy.set(false);
                page::keep_focus(button);
                autofill::resume();
            }
        }
    }
}
