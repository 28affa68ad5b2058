//! Where a ceremony speaks: two live regions that are there from the start, so that screen readers hear both.

use leptos::prelude::*;

use super::message::{Action, Message, Tone};

/// Shows the message. What is calm is a status; what asks the person to look is an alert.
#[component]
pub(super) fn Live(message: RwSignal<Option<Message>>) -> impl IntoView {
    let of = move |alert: bool| {
        move || {
            let said = message.get().filter(|said| (said.tone == Tone::Look) == alert);
            said.map(|said| show(said, message))
        }
    };
    view! {
        <div class="live" role="status">
            {of(false)}
        </div>
        <div class="live" role="alert">
            {of(true)}
        </div>
    }
}

fn show(said: Message, message: RwSignal<Option<Message>>) -> impl IntoView {
    let Message { tone, title, detail, action, request_id } = said;
    view! {
        <div class="status" data-tone=tone.as_str()>
            <p class="title">{title}</p>
            {(!detail.is_empty()).then(|| view! { <p>{detail}</p> })}
            {(!request_id.is_empty())
                .then(|| view! { <p class="meta">"Request id " <code class="copy">{request_id}</code></p> })}
            {act(action, message)}
        </div>
    }
}

fn act(action: Action, message: RwSignal<Option<Message>>) -> Option<AnyView> {
    let content = match action {
        Action::None => return None,
        Action::Cancel => {
            view! { <button class="button" r#type="button" on:click=|_| cancel()>"Cancel"</button> }.into_any()
        }
        Action::Reload => {
            view! { <button class="button" r#type="button" on:click=|_| reload()>"Reload"</button> }.into_any()
        }
        Action::Link(label, path) => view! { <a class="button" href=path>{label}</a> }.into_any(),
        Action::SignInAgain => view! {
            <button class="button" r#type="button" on:click=move |_| sign_in_again(message)>"Sign in again"</button>
        }
        .into_any(),
        Action::OpenOverHttps => view! { <a class="button" href=over_https()>"Open over HTTPS"</a> }.into_any(),
    };
    Some(view! { <p class="actions">{content}</p> }.into_any())
}

fn cancel() {
    #[cfg(feature = "hydrate")]
    crate::browser::webauthn::cancel();
}

fn reload() {
    #[cfg(feature = "hydrate")]
    crate::browser::page::reload();
}

/// The session is of no use here any more. While it is not ended, the sign-in page would only lead back.
#[cfg_attr(not(feature = "hydrate"), expect(unused_variables, reason = "the server answers no press"))]
fn sign_in_again(message: RwSignal<Option<Message>>) {
    #[cfg(feature = "hydrate")]
    leptos::task::spawn_local(async move {
        match crate::browser::ceremony::sign_out().await {
            Ok(()) => crate::browser::page::go("/?key-lost"),
            Err(failure) => {
                let said = Message::failed(super::Flow::Confirm, failure);
                message.set(Some(said.with(Action::SignInAgain)));
            }
        }
    });
}

fn over_https() -> String {
    #[cfg(feature = "hydrate")]
    return crate::browser::page::https_address();
    #[cfg(not(feature = "hydrate"))]
    String::new()
}
