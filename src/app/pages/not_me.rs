//! `/not-me`: where the link in a mail leads. It works signed out and without scripts, and changes nothing until its button is
//! pressed.

use leptos::prelude::*;

use super::deletion::{AskToKeep, Kept};
use crate::api::{Credit, NotMe, NotMeKind};

/// What happened, and the button; or that it is done.
#[component]
pub fn NotMePage(
    /// What the link is about. `None`: it is none of ours, or its time is over.
    link: Option<NotMe>,
    /// What the button sends.
    token: String,
    /// Whom to name where a place is shown.
    credits: Vec<Credit>,
) -> impl IntoView {
    let inside = match link {
        None => view! { <Over /> }.into_any(),
        Some(link) if link.kind == NotMeKind::Recovery => {
            view! { <Recovery link=link token=token credits=credits /> }.into_any()
        }
        Some(link) if link.kind == NotMeKind::AccountDeletion => {
            if link.used {
                view! { <Kept /> }.into_any()
            } else {
                view! { <AskToKeep link=link token=token credits=credits /> }.into_any()
            }
        }
        Some(link) if link.used => view! { <Done link=link /> }.into_any(),
        Some(link) => view! { <Ask link=link token=token credits=credits /> }.into_any(),
    };
    view! {
        <main id="main" class="page" tabindex="-1">
            <div class="stack" data-gap="l">
                {inside}
            </div>
        </main>
    }
}

#[component]
fn Ask(link: NotMe, token: String, credits: Vec<Credit>) -> impl IntoView {
    let NotMe { kind, live, .. } = link;
    let what = match kind {
        NotMeKind::SignIn => "Somebody signed in to your account",
        NotMeKind::Passkey => "A passkey was added to your account",
        NotMeKind::PasskeyRemoved => "A passkey was removed from your account",
        NotMeKind::PasskeyRenamed => "A passkey of your account got another name",
        NotMeKind::ApiKey => "An API key was made for your account",
        NotMeKind::EmailAdded => "An email address was added to your account",
        NotMeKind::EmailRemoved => "An email address was taken off your account",
        NotMeKind::EmailPrimary => "The main address of your account was changed",
        NotMeKind::AccountDeletion => "Your account will be deleted",
        NotMeKind::Recovery => "Somebody is recovering your account",
    };
    let undone = match kind {
        NotMeKind::SignIn | NotMeKind::AccountDeletion | NotMeKind::Recovery => None,
        NotMeKind::Passkey => Some("The passkey itself stays. Sign in afterwards and look through your passkeys."),
        NotMeKind::PasskeyRemoved => {
            Some("The passkey does not come back. Sign in with another one afterwards, and add it again.")
        }
        NotMeKind::PasskeyRenamed => Some("The name stays. Sign in afterwards and look through your passkeys."),
        NotMeKind::ApiKey => Some("The key itself stays. Sign in afterwards and revoke it."),
        NotMeKind::EmailAdded => Some("The address that was added is taken off again."),
        NotMeKind::EmailRemoved => Some("The address that was taken off comes back."),
        NotMeKind::EmailPrimary => Some("Your main address is the one that it was before."),
    };
    let ends = if live {
        "The session that did it ends, wherever it is open."
    } else {
        "The session that did it has ended already."
    };
    view! {
        <h1>"Was this you?"</h1>
        <section class="card stack" aria-labelledby="what">
            <h2 id="what">{what}</h2>
            <Facts link=link.clone() />
        </section>
        <div class="stack">
            <p>"If it was you, close this page. Nothing has changed."</p>
            <p>"If it was not you, press the button. This is what happens then:"</p>
            <ul>
                <li>{ends}</li>
                <li>"We forget the browser it came from, and learn nothing from that visit."</li>
                {undone.map(|undone| view! { <li>{undone}</li> })}
                <li>"You stay signed in everywhere else."</li>
            </ul>
        </div>
        <Press token=token label="This wasn’t me" />
        <Credits credits=credits is_shown=link.place.is_some() />
    }
}

/// The one button.
#[component]
pub(super) fn Press(token: String, label: &'static str) -> impl IntoView {
    view! {
        <form method="post" action="/not-me">
            <input type="hidden" name="token" value=token />
            <button class="button primary" data-size="full" r#type="submit">
                {label}
            </button>
        </form>
    }
}

/// A recovery that waits, with the one button that stops it; or that there is nothing to stop any more.
#[component]
fn Recovery(link: NotMe, token: String, credits: Vec<Credit>) -> impl IntoView {
    if !link.live {
        let title = if link.used { "It is stopped." } else { "There is nothing to stop any more." };
        return view! {
            <h1>"Getting back into your account"</h1>
            <div class="status" data-tone="ok">
                <p class="title">{title}</p>
                <p>"Whoever began this recovery cannot go on with it, and for a day no other can begin."</p>
            </div>
            <Next />
        }
        .into_any();
    }
    let has_place = link.place.is_some();
    view! {
        <h1>"Was this you?"</h1>
        <section class="card stack" aria-labelledby="what">
            <h2 id="what">"Somebody is recovering your account"</h2>
            <Facts link=link />
        </section>
        <div class="stack">
            <p>"If it was you, close this page. The recovery goes on."</p>
            <p>"If it was not you, press the button. This is what happens then:"</p>
            <ul>
                <li>"The recovery ends, and nothing of your account changes."</li>
                <li>"For a day nobody can begin another one."</li>
                <li>"We tell all your addresses."</li>
            </ul>
        </div>
        <form method="post" action="/not-me">
            <input type="hidden" name="token" value=token />
            <button class="button primary" data-size="full" r#type="submit">
                "Stop the recovery"
            </button>
        </form>
        <Credits credits=credits is_shown=has_place />
    }
    .into_any()
}

/// When and from where.
#[component]
pub(super) fn Facts(link: NotMe) -> impl IntoView {
    let NotMe { at, device, place, network, .. } = link;
    let facts = [("When", Some(at)), ("With", device), ("Country", place), ("Network", network)];
    let facts = facts.into_iter().filter_map(|(name, fact)| Some(view! { <dt>{name}</dt> <dd>{fact?}</dd> }));
    view! { <dl class="facts">{facts.collect_view()}</dl> }
}

/// Whoever made the data of places, where one is shown.
#[component]
pub(super) fn Credits(credits: Vec<Credit>, is_shown: bool) -> impl IntoView {
    (is_shown && !credits.is_empty()).then(|| {
        let each = credits.into_iter().map(|Credit { text, link }| {
            view! { <a href=link rel="noreferrer">{text}</a> " " }
        });
        view! { <p class="meta">"The country is looked up here, in data of others: " {each.collect_view()}</p> }
    })
}

#[component]
fn Done(link: NotMe) -> impl IntoView {
    let undone = match link.kind {
        NotMeKind::SignIn
        | NotMeKind::Passkey
        | NotMeKind::PasskeyRemoved
        | NotMeKind::PasskeyRenamed
        | NotMeKind::ApiKey
        | NotMeKind::AccountDeletion
        | NotMeKind::Recovery => None,
        NotMeKind::EmailAdded => Some("The address that was added is no longer on your account."),
        NotMeKind::EmailRemoved => Some("The address that was taken off is back."),
        NotMeKind::EmailPrimary => Some("Your main address is the one that it was before."),
    };
    view! {
        <h1>"Thank you. That is taken care of."</h1>
        <div class="status" data-tone="ok">
            <p class="title">"That session has ended."</p>
            <p>"It can do nothing any more, and we do not take its browser for yours. " {undone}</p>
        </div>
        <Next />
    }
}

/// What to do now, in the order that matters.
#[component]
pub(super) fn Next() -> impl IntoView {
    view! {
        <section class="stack" aria-labelledby="next">
            <h2 id="next">"What to do now"</h2>
            <ol class="steps">
                <li class="stack" data-gap="xs">
                    <h3>
                        <a href="/account/sessions">"Look at your sessions"</a>
                    </h3>
                    <p class="hint">"Sign in if you are asked to, and end every session that is not yours."</p>
                </li>
                <li class="stack" data-gap="xs">
                    <h3>
                        <a href="/account/passkeys">"Look through your passkeys"</a>
                    </h3>
                    <p class="hint">
                        "Whoever signed in used one of them. If a device of yours is missing, its passkey is missing, too."
                    </p>
                </li>
                <li class="stack" data-gap="xs">
                    <h3>
                        <a href="/account/activity">"Look at your activity"</a>
                    </h3>
                    <p class="hint">"It shows what was done, and where from."</p>
                </li>
            </ol>
        </section>
    }
}

/// One answer for what never was a link and for one whose time is over.
#[component]
fn Over() -> impl IntoView {
    view! {
        <h1>"This link does not work any more"</h1>
        <p class="lede">
            "Links in our mails work for a few days. You may also have opened it a while ago: then open it again from the mail."
        </p>
        <p>"Nothing was changed. You can do the same, and more, when you are signed in."</p>
        <Next />
    }
}
