//! `/account/recovery`: how the person gets back in: what is under way, their saved codes, and how we reach them.

use leptos::prelude::*;
use serde_json::json;

use super::{NeedsScript, PanelFrom};
use crate::api::{Address, AddressList, RecoveryStatus};
use crate::app::when::{Ahead, When};

/// The frame. What is in it comes with a proof.
#[component]
pub fn RecoveryPage() -> impl IntoView {
    view! {
        <main id="main" class="page" data-width="wide" tabindex="-1">
            <div class="stack" data-gap="l">
                <h1>"Getting back in"</h1>
                <p class="lede">
                    "We write to you when something unusual happens on your account. That works once we know that your mail reaches you."
                </p>
                <NeedsScript
                    purpose="show your email addresses"
                    because="Only this browser may see them. Your browser keeps a key to show that, and JavaScript is how this page uses it."
                />
                <PanelFrom src="/account/recovery/panel" />
            </div>
        </main>
    }
}

/// What is in the frame.
#[component]
pub fn RecoveryPanel(
    /// The addresses, the main one first.
    list: AddressList,
    /// As many as there may be.
    limit: usize,
    /// How many saved codes are left, and when they were made; none: there never were any.
    codes: (u64, Option<String>),
    /// What is under way.
    under_way: Option<RecoveryStatus>,
    /// The account was recovered, and is held until then.
    held_until: Option<String>,
    /// The present, RFC 3339.
    now: String,
) -> impl IntoView {
    let AddressList { addresses, sends_mail } = list;
    // What would be refused is not offered.
    let is_held = held_until.is_some();
    let has_room = addresses.len() < limit && !is_held;
    // One thing at a time: what is there is confirmed first.
    let is_next = addresses.iter().all(|address| address.verified);
    let is_confirmed = addresses.iter().any(|address| address.verified);
    let waiting = addresses.iter().find(|address| address.code_until.is_some()).map(|address| address.id.clone());
    let cards = addresses.into_iter().map(|address| {
        let has_focus = waiting.as_ref() == Some(&address.id);
        view! { <AddressCard address=address now=now.clone() has_focus=has_focus sends_mail=sends_mail is_held=is_held /> }
    });
    let cards = cards.collect_view();
    view! {
        <div class="stack" data-gap="xl">
        {under_way.map(|status| view! { <UnderWay status=status now=now.clone() /> })}
        {held_until.map(|at| view! { <Held at=at now=now.clone() /> })}
        <section class="stack" data-gap="l" aria-labelledby="addresses">
            <div class="stack" data-gap="xs">
                <h2 id="addresses" tabindex="-1" data-focus=waiting.is_none()>
                    "Email addresses"
                </h2>
                <p class="hint">"Two at most, so that you can lose one. Mail never signs anybody in."</p>
            </div>
            {(!sends_mail).then(|| view! { <NoMailServer /> })}
            <ul class="cards" role="list">
                {cards}
            </ul>
            {has_room.then(|| view! { <AddAddress sends_mail=sends_mail is_next=is_next /> })}
        </section>
        <Codes left=codes.0 made_at=codes.1 now=now is_confirmed=is_confirmed />
        </div>
    }
}

/// A recovery of this account, which its owner can stop here.
#[component]
fn UnderWay(status: RecoveryStatus, now: String) -> impl IntoView {
    let due = status.wait.map(|wait| view! { <Ahead at=wait.due_at now=now /> });
    view! {
        <section class="status" data-tone="look" aria-labelledby="under-way">
            <h2 class="title" id="under-way">
                "Somebody is recovering this account"
            </h2>
            <p>
                "They have shown a code from your mail and one of your recovery codes. They can make a new passkey " {due}
                ". Then this session ends, and your passkeys are suspended."
            </p>
            <p>"If that is not you, stop it now. If it is you: you are signed in here, so you do not need it."</p>
            <form
                method="dialog"
                data-call="/auth/recovery/cancel"
                data-asks="Stop the recovery."
                data-done="It is stopped. For a day no other can begin. We told all your addresses."
            >
                <button class="button primary" r#type="submit">
                    "Stop the recovery"
                </button>
            </form>
        </section>
    }
}

/// What a recovery has left to do, and what has to wait.
#[component]
fn Held(at: String, now: String) -> impl IntoView {
    view! {
        <section class="status" data-tone="info" aria-labelledby="held">
            <h2 class="title" id="held">
                "This account was recovered a short while ago"
            </h2>
            <p>
                "Passkeys, addresses, API keys and payout details cannot be changed yet. That ends " <Ahead at=at now=now />
                ". Until then the owner has time to object, if that was somebody else."
            </p>
            <p>"What you can do now: make new recovery codes below, because those of before work no more."</p>
        </section>
    }
}

/// The codes to save.
#[component]
fn Codes(
    left: u64,
    made_at: Option<String>,
    now: String,
    /// Whether there is an address that the other code could go to.
    is_confirmed: bool,
) -> impl IntoView {
    let has_codes = made_at.is_some();
    let state = match made_at {
        Some(at) => view! { <p>{format!("{left} of 10 are left. You made them ")} <When at=at now=now /> "."</p> }
            .into_any(),
        None => {
            view! { <p>"You have none yet. Without them nobody gets back into this account, not even you."</p> }
                .into_any()
        }
    };
    let (label, done) = if has_codes {
        ("Make new codes", "These are your new codes. Those of before work no more.")
    } else {
        ("Make recovery codes", "These are your codes.")
    };
    let first = (!is_confirmed).then(|| {
        view! { <p class="hint">"Confirm an address as well: getting back in takes a code by mail, too."</p> }
    });
    view! {
        <section class="stack" data-gap="l" aria-labelledby="codes">
            <div class="stack" data-gap="xs">
                <h2 id="codes">"Recovery codes"</h2>
                <p class="hint">
                    "For the day that you lose your passkeys. One of these codes and a code by mail bring you back in, after a wait. Each works once."
                </p>
            </div>
            <div class="status" data-tone="look" data-secret hidden=true>
                <p class="title">"Save these codes now."</p>
                <p>"This is the only time you will see them. Print them, or keep them in a password manager that is not on this device alone."</p>
                <p>
                    <code class="copy" data-lines></code>
                </p>
                <p class="actions">
                    <button class="button" r#type="button">
                        "Copy"
                    </button>
                    <a class="button" download="recovery-codes.txt">
                        "Download"
                    </a>
                </p>
            </div>
            <div class="card stack">
                {state} {first}
                <form
                    method="dialog"
                    data-call="/account/recovery-codes"
                    data-asks="Make new recovery codes. Those of before stop working."
                    data-secret-from="text"
                    data-done=done
                >
                    <button class=if has_codes { "button" } else { "button primary" } r#type="submit">
                        {label}
                    </button>
                </form>
            </div>
        </section>
    }
}

/// Whoever set the server up can put it right; everybody else should know why no mail comes.
#[component]
fn NoMailServer() -> impl IntoView {
    view! {
        <div class="status" data-tone="look">
            <p class="title">"This server sends no mail yet."</p>
            <p>
                "Nobody has told it of a mail server, so what it writes to you lies in a folder on it. Whoever runs it can read your code to you from there."
            </p>
        </div>
    }
}

/// What is said once a code is asked for.
fn code_is_sent(sends_mail: bool) -> &'static str {
    if sends_mail {
        "We sent a code to that address. It may take a minute."
    } else {
        "Your code lies in the server’s mail folder. No mail was sent."
    }
}

#[component]
fn AddressCard(
    address: Address,
    now: String,
    /// Whether the code for it is what the person is about to type.
    has_focus: bool,
    sends_mail: bool,
    /// Whether nothing may be changed now.
    is_held: bool,
) -> impl IntoView {
    let Address { id, address, primary, verified, verified_at, code_until, .. } = address;
    let body = json!({ "id": id }).to_string();
    let since = verified_at.map(|at| {
        view! {
            <span class="meta">
                <When at=at now=now />
            </span>
        }
    });
    let badge = if verified { ("ok", "Confirmed") } else { ("look", "Not confirmed yet") };
    let confirm = (!verified).then(|| {
        let is_waiting = code_until.is_some();
        let code =
            is_waiting.then(|| view! { <CodeForm id=id.clone() address=address.clone() has_focus=has_focus /> });
        view! {
            {code}
            <AskForCode address=address.clone() again=is_waiting sends_mail=sends_mail />
        }
    });
    let make_primary = (verified && !primary && !is_held).then(|| {
        view! {
            <form
                method="dialog"
                data-call="/account/email/primary"
                data-body=body.clone()
                data-asks=format!("Make {address} your main address.")
                data-done="That is your main address from now on. We told both addresses."
            >
                <button class="button" r#type="submit" aria-label=format!("Make {address} your main address")>
                    "Make it the main address"
                </button>
            </form>
        }
    });
    let remove = (!primary && !is_held).then(|| {
        let done = if verified {
            "Removed. The mail about it has a link that brings it back, for three days."
        } else {
            "Removed."
        };
        view! {
            <form
                method="dialog"
                data-call="/account/email/remove"
                data-body=body
                data-asks=format!("Remove {address} from your account.")
                data-done=done
            >
                <button class="button loss" r#type="submit" aria-label=format!("Remove {address}")>
                    "Remove"
                </button>
            </form>
        }
    });
    let has_actions = make_primary.is_some() || remove.is_some();
    view! {
        <li class="card stack">
            <div class="stack" data-gap="xs">
                <h3>
                    // An address written from right to left turns only itself around.
                    <bdi>{address.clone()}</bdi>
                </h3>
                <p>
                    {primary.then(|| view! { <span class="badge">"Main address"</span> })} " "
                    <span class="badge" data-tone=badge.0>
                        {badge.1}
                    </span> " " {since}
                </p>
            </div>
            {confirm}
            {has_actions
                .then(|| {
                    view! {
                        <div class="actions">
                            {make_primary} {remove}
                        </div>
                    }
                })}
        </li>
    }
}

#[component]
fn CodeForm(id: String, address: String, has_focus: bool) -> impl IntoView {
    let field = format!("code-{id}");
    let (hint, error) = (format!("{field}-hint"), format!("{field}-error"));
    view! {
        <form
            class="stack"
            method="dialog"
            novalidate=true
            data-call="/account/email/verify"
            data-body=json!({ "id": id }).to_string()
            data-asks=format!("Confirm {address}.")
            data-done="Confirmed. From now on we can reach you there."
        >
            <div class="field">
                <label for=field.clone()>"Code from the mail"</label>
                <input
                    id=field
                    class="code"
                    name="code"
                    r#type="text"
                    inputmode="numeric"
                    autocomplete="one-time-code"
                    spellcheck="false"
                    maxlength="32"
                    required=true
                    pattern=r"\s*(\d[\s\-]*){8}"
                    aria-describedby=hint.clone()
                    data-refusal="code_wrong"
                    data-focus=has_focus
                />
                <p class="error" id=error hidden=true>
                    "Type the eight digits of the code here."
                </p>
                <p class="hint" id=hint>
                    "Eight digits. It works for ten minutes, in this browser."
                </p>
            </div>
            <button class="button primary" r#type="submit">
                "Confirm the address"
            </button>
        </form>
    }
}

#[component]
fn AskForCode(address: String, again: bool, sends_mail: bool) -> impl IntoView {
    let (class, words) = if again { ("button", "Send another code") } else { ("button primary", "Send a code") };
    let label = format!("{words} to {address}");
    view! {
        <form
            method="dialog"
            data-call="/account/email"
            data-body=json!({ "address": address }).to_string()
            data-asks=format!("Send a code to {address}.")
            data-done=code_is_sent(sends_mail)
        >
            <button class=class r#type="submit" aria-label=label>
                {words}
            </button>
        </form>
    }
}

#[component]
fn AddAddress(
    sends_mail: bool,
    /// Whether that is what the page is for now.
    is_next: bool,
) -> impl IntoView {
    let class = if is_next { "button primary" } else { "button" };
    view! {
        <section class="card stack" aria-labelledby="add">
            <h2 id="add">"Add an address"</h2>
            <form
                class="stack"
                method="dialog"
                novalidate=true
                data-call="/account/email"
                data-asks="Add the address * to your account."
                data-done=code_is_sent(sends_mail)
            >
                <div class="field">
                    <label for="address">"Email address"</label>
                    <input
                        id="address"
                        name="address"
                        r#type="email"
                        autocomplete="email"
                        maxlength="254"
                        required=true
                        aria-describedby="address-hint"
                        data-refusal="email_invalid"
                    />
                    <p class="error" id="address-error" hidden=true>
                        "Write an address here, such as ada@example.com."
                    </p>
                    <p class="hint" id="address-hint">
                        "Best at another provider than the first, so that you do not lose both at once."
                    </p>
                </div>
                <button class=class r#type="submit">
                    "Add this address"
                </button>
            </form>
        </section>
    }
}
