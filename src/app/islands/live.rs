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

/// All buttons are one view, and all links another: the browser's code stays small.
fn act(action: Action, message: RwSignal<Option<Message>>) -> Option<AnyView> {
    let (label, path) = match action {
        Action::None => return None,
        Action::Cancel => ("Cancel", None),
        Action::Reload => ("Reload", None),
        Action::SignInAgain => ("Sign in again", None),
        Action::Link(label, path) => (label, Some(path.to_owned())),
        Action::OpenOverHttps => ("Open over HTTPS", Some(over_https())),
    };
    let content = if let Some(path) = path {
        view! { <a class="button" href=path>{label}</a> }.into_any()
    } else {
        let press = move |_| press(action, message);
        view! { <button class="button" r#type="button" on:click=press>{label}</button> }.into_any()
    };
    Some(view! { <p class="actions">{content}</p> }.into_any())
}

#[cfg(not(feature = "hydrate"))]
fn press(_: Action, _: RwSignal<Option<Message>>) {}

#[cfg(feature = "hydrate")]
fn press(action: Action, message: RwSignal<Option<Message>>) {
    use crate::browser::{ceremony, page, webauthn};

    match action {
        Action::Cancel => webauthn::cancel(),
        Action::Reload => page::reload(),
        // While the session is not ended, the sign-in page would only lead back.
        Action::SignInAgain => leptos::task::spawn_local(async move {
            match ceremony::sign_out().await {
                Ok(()) => page::go("/?key-lost"),
                Err(failure) => {
                    let said = Message::failed(super::Flow::Confirm, failure);
                    message.set(Some(said.with(Action::SignInAgain)));
                }
            }
        }),
        Action::None | Action::Link(..) | Action::OpenOverHttps => {}
    }
}

fn over_https() -> String {
    #[cfg(feature = "hydrate")]
    return crate::browser::page::https_address();
    #[cfg(not(feature = "hydrate"))]
    String::new()
}
