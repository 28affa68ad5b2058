//! `/account/delete`, the banner on `/account` while that is about to happen, and what the link in the mail shows.

use leptos::prelude::*;

use super::not_me::{Credits, Facts, Next, Press};
use super::{NeedsScript, PanelFrom};
use crate::api::{Credit, NotMe};

/// The frame. What is in it comes with a proof.
#[component]
pub fn DeletionPage() -> impl IntoView {
    view! {
        <main id="main" class="page" tabindex="-1">
            <div class="stack" data-gap="l">
                <h1>"Delete your account"</h1>
                <NeedsScript
                    purpose="delete your account"
                    because="Only this browser may do it. Your browser keeps a key to show that, and JavaScript is how this page uses it."
                />
                <PanelFrom src="/account/delete/panel" />
            </div>
        </main>
    }
}

/// On the account page, while the account is about to be deleted.
#[component]
pub(super) fn DeletionBanner() -> impl IntoView {
    view! { <PanelFrom src="/account/delete/panel?banner" /> }
}

/// What is in the frame, or the banner.
#[component]
pub fn DeletionPanel(
    /// When the account will be deleted: RFC 3339, and in words.
    due: Option<(String, String)>,
    /// How long that can be undone, in words.
    delay: String,
    /// Whether it stands on the account page, which is about other things.
    is_banner: bool,
) -> impl IntoView {
    match due {
        Some((at, words)) => view! { <Pending at=at words=words /> }.into_any(),
        None if is_banner => view! {
            <p class="meta" tabindex="-1" data-focus>
                "Nothing was deleted, and nothing will be."
            </p>
        }
        .into_any(),
        None => view! { <Delete delay=delay /> }.into_any(),
    }
}

#[component]
fn Pending(at: String, words: String) -> impl IntoView {
    view! {
        <section class="status" data-tone="look" aria-labelledby="deletion">
            <h2 class="title" id="deletion" tabindex="-1" data-focus>
                "Your account will be deleted on " <time datetime=at>{words}</time>
            </h2>
            <p>"Until then nothing is lost, and you can sign in as usual. After that nobody can bring it back."</p>
            <form
                class="actions"
                method="dialog"
                data-call="/account/delete/undo"
                data-body="{}"
                data-asks="Keep your account."
                data-done="Your account stays."
            >
                <button class="button primary" r#type="submit">
                    "Keep my account"
                </button>
            </form>
        </section>
    }
}

#[component]
fn Delete(delay: String) -> impl IntoView {
    view! {
        <section class="stack" aria-labelledby="then">
            <h2 id="then" tabindex="-1" data-focus>
                "What happens then"
            </h2>
            <ul>
                <li>{format!("You have {delay} to change your mind. One press keeps your account.")}</li>
                <li>"You are signed out everywhere else at once. Here you stay signed in."</li>
                <li>"We write to your confirmed addresses, so that you can stop it if it was not you."</li>
                <li>
                    "After that your account is gone for good: passkeys, sessions, API keys, payout details and addresses. We cannot bring it back."
                </li>
            </ul>
            <p>
                "You may want " <a href="/account/activity">"your data as a file"</a> " first. "
                "On your devices the passkeys stay until you remove them there. They will open nothing."
            </p>
            <form
                method="dialog"
                data-call="/account/delete"
                data-body="{}"
                data-asks=format!("Delete your account. You have {delay} to change your mind.")
                data-done=format!("Your account will be deleted in {delay}.")
            >
                <button class="button loss" r#type="submit">
                    "Delete my account"
                </button>
            </form>
        </section>
    }
}

/// Behind the link of the mail: it can be kept.
#[component]
pub(super) fn AskToKeep(link: NotMe, token: String, credits: Vec<Credit>) -> impl IntoView {
    let ends = if link.live {
        "The session that asked for it ends, in case that was not you."
    } else {
        "The session that asked for it has ended already."
    };
    let until = link.until.clone();
    view! {
        <h1>"Keep your account?"</h1>
        <section class="card stack" aria-labelledby="what">
            <h2 id="what">{format!("Your account will be deleted on {until}")}</h2>
            <p>"This is where that was asked for:"</p>
            <Facts link=link.clone() />
        </section>
        <div class="stack">
            <p>"If that is what you want, close this page. Nothing has changed."</p>
            <p>"If you want to keep it, or if it was not you, press the button. This is what happens then:"</p>
            <ul>
                <li>"Your account stays, with everything in it."</li>
                <li>{ends}</li>
            </ul>
        </div>
        <Press token=token label="Keep my account" />
        <Credits credits=credits is_shown=link.place.is_some() />
    }
}

/// It was.
#[component]
pub(super) fn Kept() -> impl IntoView {
    view! {
        <h1>"Your account stays"</h1>
        <div class="status" data-tone="ok">
            <p class="title">"Nothing was deleted."</p>
            <p>
                "If it was you who had asked for it, that is all. You can sign in as usual. If it was not you, go on below."
            </p>
        </div>
        <Next />
    }
}
