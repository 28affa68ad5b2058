//! `/account/passkeys`: what opens the account, and its care.

use leptos::prelude::*;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{NeedsScript, PanelFrom};
use crate::api::{Blocked, Passkey, PasskeyInFull};
use crate::app::when::When;

/// Whoever has not used a passkey for so long may not have it any more.
const LONG: time::Duration = time::Duration::days(365);

/// The frame. What is in it comes with a proof.
#[component]
pub fn PasskeysPage() -> impl IntoView {
    view! {
        <main id="main" class="page" data-width="wide" tabindex="-1">
            <div class="stack" data-gap="l">
                <h1>"Passkeys"</h1>
                <p class="lede">
                    "Each of these opens your account. With two of them you can lose one and still get in."
                </p>
                <NeedsScript
                    purpose="show your passkeys"
                    because="Only this browser may see them. Your browser keeps a key to show that, and JavaScript is how this page uses it."
                />
                <PanelFrom src="/account/passkeys/panel" />
            </div>
        </main>
    }
}

/// What is in the frame.
#[component]
pub fn PasskeysPanel(
    /// Newest first.
    passkeys: Vec<PasskeyInFull>,
    /// As many as there may be.
    limit: usize,
    /// The present, RFC 3339.
    now: String,
) -> impl IntoView {
    let (count, has_room) = (passkeys.len(), passkeys.len() < limit);
    let cards = passkeys.into_iter().map(|passkey| view! { <PasskeyCard of=passkey now=now.clone() /> });
    let cards = cards.collect_view();
    view! {
        <div class="stack" data-gap="xl">
            <section class="stack" aria-labelledby="yours">
                <h2 id="yours" tabindex="-1" data-focus>
                    "Your passkeys"
                </h2>
                <ul class="cards" role="list">
                    {cards}
                </ul>
            </section>
            <section class="card stack" aria-labelledby="add">
                <h2 id="add">{if count == 1 { "Add a second passkey" } else { "Add a passkey" }}</h2>
                {if has_room { view! { <AddPasskey /> }.into_any() } else { view! { <Full limit=limit /> }.into_any() }}
            </section>
        </div>
    }
}

#[component]
fn AddPasskey() -> impl IntoView {
    view! {
        <p class="hint">
            "Another device, a password manager or a security key are good places for it. You touch a passkey that you have, and then your device offers to keep the new one."
        </p>
        <form
            method="dialog"
            data-call="/auth/passkey/register/options"
            data-creates="/auth/passkey/register/verify"
            data-asks="Add a passkey to your account."
            data-done="Your new passkey is ready. You can give it another name."
        >
            <button class="button primary" r#type="submit">
                "Add a passkey"
            </button>
        </form>
    }
}

#[component]
fn Full(limit: usize) -> impl IntoView {
    view! { <p>{format!("You have {limit} passkeys, which is as many as you can have. Remove one to make room.")}</p> }
}

/// Where a passkey is kept, as a person thinks of it.
pub(super) fn kept(passkey: &Passkey) -> &'static str {
    match (passkey.backup_eligible, passkey.backup_state) {
        (_, true) => "Synced across your devices",
        (true, false) => "On one device for now, able to sync",
        (false, false) => "On one device only",
    }
}

/// Who keeps it, where its name does not say so already.
pub(super) fn provider(passkey: &Passkey) -> Option<String> {
    passkey.provider.clone().filter(|provider| !passkey.label.contains(provider.as_str()))
}

/// Drawn here, since the marks of the makers are theirs: a cloud for what is synced, a key for what is not.
#[component]
pub(super) fn KeptIcon(synced: bool) -> impl IntoView {
    let path = if synced {
        "M7 18.5a4.5 4.5 0 0 1-.6-8.96 6 6 0 0 1 11.5 1.5A3.8 3.8 0 0 1 17.2 18.5Z"
    } else {
        "M14.5 9.5a4.5 4.5 0 1 0-3.4 4.36L13 15.7h2v2h2v2h3.5v-3.2l-6.6-6.2c.4-.5.6-.6.6-.8ZM8.7 8.7h.1"
    };
    view! {
        <svg class="glyph" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=path />
        </svg>
    }
}

#[component]
fn PasskeyCard(of: PasskeyInFull, now: String) -> impl IntoView {
    let PasskeyInFull { passkey, last_used_on, last_used_from, blocked, opened_this, .. } = &of;
    let Passkey { id, label, created_at, last_used_at, backup_state, .. } = passkey.clone();
    let last_used = match last_used_at.clone() {
        Some(at) => view! { <When at=at now=now.clone() /> }.into_any(),
        None => "Not used yet".into_any(),
    };
    let place = last_used_on.as_ref().map(|device| {
        let network = last_used_from.as_ref().map(|network| format!("Network {network}"));
        view! {
            <dt>"Last used on"</dt>
            <dd>
                {format!("{} on {}", device.browser, device.os)}
                {network.map(|network| view! { <span class="meta">{network}</span> })}
            </dd>
        }
    });
    let is_idle = is_long_ago(last_used_at.as_ref().unwrap_or(&created_at), &now);
    let note = if *blocked == Some(Blocked::Suspended) {
        Some((
            "It is suspended.",
            "Your account was recovered without it. It opens nothing, and goes after thirty days. If it turns up, bring it back from the page “Get back in”.",
        ))
    } else if *blocked == Some(Blocked::Locked) {
        Some((
            "It is locked.",
            "It was refused a hundred times in a row, so it opens nothing any more. You can remove it.",
        ))
    } else if is_idle {
        Some((
            "Not used for a year.",
            "If you do not have it any more, remove it. What is gone cannot open your account.",
        ))
    } else {
        None
    };
    let note = note.map(|(title, detail)| {
        view! {
            <div class="status" data-tone="look">
                <p class="title">{title}</p>
                <p>{detail}</p>
            </div>
        }
    });
    let facts = [provider(passkey).unwrap_or_default(), kept(passkey).to_owned()];
    let facts = facts.into_iter().filter(|fact| !fact.is_empty()).collect::<Vec<_>>().join(" · ");
    view! {
        <li class="card stack">
            <div class="split">
                <div class="named">
                    <KeptIcon synced=backup_state />
                    <div class="stack" data-gap="xs">
                        <h3>
                            // A name written from right to left turns only itself around.
                            <bdi>{label.clone()}</bdi>
                        </h3>
                        <p class="meta">{facts}</p>
                        {opened_this
                            .then(|| {
                                view! {
                                    <p>
                                        <span class="badge" data-tone="ok">
                                            "You signed in here with it"
                                        </span>
                                    </p>
                                }
                            })}
                    </div>
                </div>
                <dl class="facts">
                    <dt>"Created"</dt>
                    <dd>
                        <When at=created_at now=now />
                    </dd>
                    <dt>"Last used"</dt>
                    <dd>{last_used}</dd>
                    {place}
                </dl>
            </div>
            {note}
            <Rename id=id label=label />
            <Remove of=of />
        </li>
    }
}

#[component]
fn Rename(id: String, label: String) -> impl IntoView {
    let field = format!("name-{id}");
    let (hint, error) = (format!("{field}-hint"), format!("{field}-error"));
    view! {
        <details>
            <summary aria-label=format!("Rename {label}")>"Rename"</summary>
            <div>
                <form
                    class="stack"
                    data-gap="xs"
                    method="dialog"
                    novalidate=true
                    data-call="/auth/passkeys/rename"
                    data-body=json!({ "id": id }).to_string()
                    data-asks="Call a passkey “*”."
                    data-done="It has its new name."
                >
                    <div class="field">
                        <label for=field.clone()>"Name"</label>
                        <input
                            id=field
                            name="label"
                            r#type="text"
                            value=label
                            dir="auto"
                            autocomplete="off"
                            maxlength="64"
                            required=true
                            pattern=r".*\S.*"
                            aria-describedby=hint.clone()
                            data-refusal="label_invalid"
                        />
                        <p class="error" id=error hidden=true>
                            "Write a name here."
                        </p>
                        <p class="hint" id=hint>
                            "Such as the device it is on. Only you see it."
                        </p>
                    </div>
                    <p class="actions">
                        <button class="button" r#type="submit">
                            "Save the name"
                        </button>
                    </p>
                </form>
            </div>
        </details>
    }
}

/// What will stop working is said before, here and in the dialog that asks for the touch.
#[component]
fn Remove(of: PasskeyInFull) -> impl IntoView {
    let Passkey { id, label, .. } = of.passkey.clone();
    if of.blocked == Some(Blocked::Suspended) {
        return ().into_any();
    }
    if of.is_last {
        let only = "Nothing else opens your account, so this one cannot be removed. Add another one first, or save recovery codes and confirm an address.";
        return view! { <p class="hint">{only}</p> }.into_any();
    }
    let what = what_stops(&of);
    let done = if of.opened_this {
        "That passkey is removed, and you are signed out here."
    } else {
        "That passkey is removed. It opens nothing any more."
    };
    view! {
        <details>
            <summary aria-label=format!("Remove {label}")>"Remove"</summary>
            <div class="stack" data-gap="xs">
                <p>{what.clone()}</p>
                <form
                    method="dialog"
                    data-call="/auth/passkeys/remove"
                    data-body=json!({ "id": id }).to_string()
                    data-asks=format!("Remove the passkey “{label}”. {what}")
                    data-done=done
                >
                    <button class="button loss" r#type="submit" aria-label=format!("Remove this passkey: {label}")>
                        "Remove this passkey"
                    </button>
                </form>
            </div>
        </details>
    }
    .into_any()
}

fn what_stops(of: &PasskeyInFull) -> String {
    let mut what = vec!["It will no longer open your account, on any device.".to_owned()];
    let elsewhere = of.sessions - usize::from(of.opened_this);
    what.extend(match elsewhere {
        0 => None,
        1 => Some("One session elsewhere that it opened ends.".to_owned()),
        many => Some(format!("{many} sessions elsewhere that it opened end.")),
    });
    what.extend(of.opened_this.then(|| "You will be signed out here.".to_owned()));
    what.join(" ")
}

fn is_long_ago(at: &str, now: &str) -> bool {
    let moment = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
    matches!((moment(at), moment(now)), (Some(at), Some(now)) if now - at >= LONG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_is_long_and_a_day_less_is_not() {
        let now = "2026-11-22T19:34:56Z";
        assert!(is_long_ago("2025-11-22T19:34:56Z", now));
        assert!(!is_long_ago("2025-11-22T19:34:57Z", now));
        assert!(!is_long_ago("nonsense", now));
    }
}
