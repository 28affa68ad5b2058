//! The sign-up form: an address, perhaps a name, and a new passkey.

use leptos::prelude::*;

use super::live::Live;
use super::message::Message;

/// Creates an account with a passkey and loads the page again, which sends who is signed in on.
#[island]
pub fn SignUp() -> impl IntoView {
    let message = RwSignal::new(None::<Message>);
    let busy = RwSignal::new(false);
    let button = NodeRef::<leptos::html::Button>::new();
    let field_error = RwSignal::new(None::<&'static str>);
    let email = NodeRef::<leptos::html::Input>::new();
    let name = NodeRef::<leptos::html::Input>::new();

    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if !busy.get_untracked() {
            #[cfg(feature = "hydrate")]
            running::sign_up(&running::Form { message, busy, button, field_error, email, name });
        }
    };
    view! {
        <form class="stack needs-script" data-gap="l" method="dialog" novalidate=true on:submit=submit>
            <div class="field">
                <label for="email">"Email"</label>
                <input
                    id="email"
                    node_ref=email
                    r#type="email"
                    inputmode="email"
                    autocomplete="email"
                    autocapitalize="none"
                    spellcheck="false"
                    maxlength="254"
                    required=true
                    aria-invalid=move || field_error.get().map(|_| "true")
                    aria-describedby=move || field_error.get().map(|_| "email-error")
                />
                {move || field_error.get().map(|text| view! { <p class="error" id="email-error">{text}</p> })}
            </div>
            <div class="field">
                <label for="name">"Name " <span class="meta">"(optional)"</span></label>
                <input id="name" node_ref=name r#type="text" autocomplete="name" maxlength="64" />
            </div>
            <button
                node_ref=button
                class="button primary"
                data-size="full"
                r#type="submit"
                aria-disabled=move || busy.get().then_some("true")
            >
                "Create a passkey"
            </button>
            <Live message=message />
        </form>
    }
}

#[cfg(feature = "hydrate")]
mod running {
    use leptos::html::{Button, Input};
    use leptos::prelude::*;
    use leptos::task::spawn_local;

    use super::Message;
    use crate::app::islands::{Failure, Flow};
    use crate::browser::{ceremony, page};

    pub(super) struct Form {
        pub(super) message: RwSignal<Option<Message>>,
        pub(super) busy: RwSignal<bool>,
        pub(super) button: NodeRef<Button>,
        pub(super) field_error: RwSignal<Option<&'static str>>,
        pub(super) email: NodeRef<Input>,
        pub(super) name: NodeRef<Input>,
    }

    pub(super) fn sign_up(form: &Form) {
        let Form { message, busy, button, field_error, email, name } = *form;
        let value = |field: NodeRef<Input>| field.get_untracked().map(|input| input.value()).unwrap_or_default();
        let (address, called) = (value(email), value(name));
        let point_out = move |text| {
            field_error.set(Some(text));
            message.set(None);
            if let Some(input) = email.get_untracked() {
                let _ = input.focus();
            }
        };
        if address.trim().is_empty() {
            return point_out("Write your email address here.");
        }
        field_error.set(None);
        busy.set(true);
        spawn_local(async move {
            let say = move |what| message.set(Some(what));
            say(Message::preparing());
            let outcome = async {
                let options = ceremony::sign_up_options(&address, &called).await?;
                say(Message::asking(Flow::SignUp));
                let answer = ceremony::ask_to_create(&options).await?;
                say(Message::checking(Flow::SignUp));
                ceremony::finish_sign_up(&answer).await
            };
            match outcome.await {
                Ok(()) => {
                    say(Message::done(Flow::SignUp));
                    page::reload();
                }
                Err(failure) => {
                    busy.set(false);
                    match failure {
                        Failure::Refused(refusal) if refusal.code == "email_invalid" => {
                            point_out("Write the address in full, like name@example.org.");
                        }
                        failure => {
                            say(Message::failed(Flow::SignUp, failure));
                            page::keep_focus(button);
                        }
                    }
                }
            }
        });
    }
}
