//! `/recover`: getting back in without a passkey, for somebody who is worried. What happens when, what to do now, and how to stop it.

use leptos::prelude::*;

use super::restore::RestoreCode;
use super::{NeedsScript, PanelFrom};
use crate::api::{RecoveryStatus, RecoveryWait};
use crate::app::when::{Ahead, When};

/// The frame.
#[component]
pub fn RecoverPage() -> impl IntoView {
    view! {
        <main id="main" class="page" tabindex="-1">
            <div class="stack" data-gap="l">
                <h1>"Get back into your account"</h1>
                <NeedsScript
                    purpose="help you back in"
                    because="At the end your device makes a new passkey, and JavaScript is how this page talks to it."
                />
                <PanelFrom src="/recover/panel" />
            </div>
        </main>
    }
}

/// What is in the frame: one step at a time.
#[component]
pub fn RecoverPanel(
    /// The recovery that was begun in this browser, if one was.
    status: Option<RecoveryStatus>,
    /// The present, RFC 3339.
    now: String,
) -> impl IntoView {
    let Some(status) = status else { return view! { <Start again=false /> }.into_any() };
    match (status.stage.as_str(), status.wait.clone()) {
        ("begun", _) if status.restores => view! { <RestoreCode /> }.into_any(),
        ("begun", _) => view! { <Codes status=status now=now /> }.into_any(),
        ("waiting", Some(wait)) => view! { <Waiting wait=wait now=now /> }.into_any(),
        ("ready", Some(wait)) => view! { <Ready wait=wait now=now /> }.into_any(),
        ("completed", _) => view! { <Completed restores=status.restores /> }.into_any(),
        ("stopped", _) => view! { <Stopped /> }.into_any(),
        _ => view! { <Start again=true /> }.into_any(),
    }
}

/// The address, and what is needed.
#[component]
fn Start(
    /// Whether one has run out here.
    again: bool,
) -> impl IntoView {
    let over = again.then(|| {
        view! {
            <div class="status" data-tone="info">
                <p class="title">"The last one ran out."</p>
                <p>"Nothing was changed. Begin again below."</p>
            </div>
        }
    });
    view! {
        <div class="stack" data-gap="l">
            {over}
            <p class="lede">
                "Look first for another device that has your passkey: synced passkeys come back with the account that keeps them. If there is none, this is the way."
            </p>
            <section class="stack" aria-labelledby="needs">
                <h2 id="needs">"What you need"</h2>
                <ul>
                    <li>"The email address that you have confirmed here. We send a code to it."</li>
                    <li>"One of the recovery codes that you have saved."</li>
                    <li>
                        "Patience: an hour on a browser that you have used here before, a day on any other. That is on purpose. It gives the owner of the account time to stop somebody else."
                    </li>
                </ul>
            </section>
            <form
                class="card stack"
                method="dialog"
                novalidate=true
                data-call="/auth/recovery/start"
                data-asks="Get back in."
                data-done="If that address is confirmed for an account, a mail is on its way to it."
            >
                <div class="field">
                    <label for="recover-email">"Email address"</label>
                    <input
                        id="recover-email"
                        name="email"
                        r#type="email"
                        autocomplete="email"
                        maxlength="254"
                        required=true
                        aria-describedby="recover-email-hint"
                        data-refusal="email_invalid"
                    />
                    <p class="error" id="recover-email-error" hidden=true>
                        "Write an address here, such as ada@example.com."
                    </p>
                    <p class="hint" id="recover-email-hint">
                        "We answer the same for every address, so nobody learns whose account this is."
                    </p>
                </div>
                <button class="button primary" data-size="full" r#type="submit">
                    "Send me a code"
                </button>
            </form>
            <p>
                "Your passkey was suspended by a recovery that was not yours? "
                <a href="/recover/restore">"Bring it back"</a>
            </p>
        </div>
    }
}

/// Both codes, in whichever order.
#[component]
fn Codes(status: RecoveryStatus, now: String) -> impl IntoView {
    let is_shown = |method: &str| status.shown.iter().any(|shown| shown == method);
    let (mail, saved) = (is_shown("mail"), is_shown("saved_code"));
    let mail = if mail {
        view! { <Shown what="The code from the mail was right." /> }.into_any()
    } else {
        view! {
            <CodeForm
                method="mail"
                label="Code from the mail"
                hint="Eight digits. It works for ten minutes. No mail? The address may not be confirmed, or a spam filter has it."
                refusal="code_wrong"
                is_digits=true
            />
        }
        .into_any()
    };
    let saved = if saved {
        view! { <Shown what="Your recovery code was right. It is used up." /> }.into_any()
    } else {
        view! {
            <CodeForm
                method="saved_code"
                label="One of your recovery codes"
                hint="26 letters and digits. Capital or small does not matter, nor do the dashes."
                refusal="recovery_code_wrong"
                is_digits=false
            />
        }
        .into_any()
    };
    let until = status.mail_until.clone();
    view! {
        <div class="stack" data-gap="l">
            <p class="lede" tabindex="-1" data-focus>
                "Show two things: that mail reaches you, and that you have a code of yours."
            </p>
            <ol class="steps">
                <li class="stack">
                    <h2>"The mail"</h2>
                    {mail}
                    <p class="meta">"The code runs out " <Ahead at=until now=now /> "."</p>
                </li>
                <li class="stack">
                    <h2>"Your recovery code"</h2>
                    {saved}
                </li>
            </ol>
            <Stop label="Begin again" asks="Begin again." done="Begin again with your address." />
        </div>
    }
}

#[component]
fn Shown(what: &'static str) -> impl IntoView {
    view! {
        <div class="status" data-tone="ok">
            <p class="title">{what}</p>
        </div>
    }
}

#[component]
pub(super) fn CodeForm(
    method: &'static str,
    label: &'static str,
    hint: &'static str,
    refusal: &'static str,
    is_digits: bool,
) -> impl IntoView {
    let id = format!("recover-{method}");
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    let (mode, complete) = if is_digits { ("numeric", "one-time-code") } else { ("text", "off") };
    view! {
        <form
            class="stack"
            method="dialog"
            novalidate=true
            data-call="/auth/recovery/approve"
            data-body=serde_json::json!({ "method": method }).to_string()
            data-asks="Get back in."
            data-done="That was right."
        >
            <div class="field">
                <label for=id.clone()>{label}</label>
                <input
                    id=id
                    class="code"
                    data-size=(!is_digits).then_some("full")
                    name="code"
                    r#type="text"
                    inputmode=mode
                    autocomplete=complete
                    autocapitalize="characters"
                    spellcheck="false"
                    maxlength="64"
                    required=true
                    aria-describedby=hint_id.clone()
                    data-refusal=refusal
                />
                <p class="error" id=error_id hidden=true>
                    "Type the code here."
                </p>
                <p class="hint" id=hint_id>
                    {hint}
                </p>
            </div>
            <button class="button primary" r#type="submit">
                "Check it"
            </button>
        </form>
    }
}

/// The wait, as a timeline.
#[component]
fn Waiting(wait: RecoveryWait, now: String) -> impl IntoView {
    let RecoveryWait { tier, since, due_at, ends_at } = wait;
    let why = if tier == "known_device" {
        "You have used this browser here before, so the wait is short."
    } else {
        "We have not seen this browser with your account before, so the wait is long."
    };
    view! {
        <div class="stack" data-gap="l">
            <p class="lede" tabindex="-1" data-focus>
                "Both codes were right. Now there is a wait, and then you make a new passkey, here in this browser. "{why}
            </p>
            <ol class="steps">
                <li class="stack" data-gap="xs">
                    <h2>"Both codes were shown"</h2>
                    <p class="meta">
                        <When at=since now=now.clone() />
                    </p>
                    <p class="hint">"We wrote to all your addresses, so that the owner can stop it if you are somebody else."</p>
                </li>
                <li class="stack" data-gap="xs">
                    <h2>"You can make a new passkey"</h2>
                    <p class="meta">
                        <Ahead at=due_at now=now.clone() />
                    </p>
                    <p class="hint">
                        "Come back to this page then, in this browser. You may close it until then; we write to you when it is time."
                    </p>
                </li>
                <li class="stack" data-gap="xs">
                    <h2>"It runs out"</h2>
                    <p class="meta">
                        <Ahead at=ends_at now=now />
                    </p>
                    <p class="hint">"Then you would have to begin again."</p>
                </li>
            </ol>
            <section class="stack" aria-labelledby="found">
                <h2 id="found">"Found your passkey after all?"</h2>
                <p>"Just " <a href="/">"sign in"</a> " with it. That stops the recovery by itself."</p>
            </section>
            <Stop label="Stop the recovery" asks="Stop the recovery." done="It is stopped." />
        </div>
    }
}

/// The wait is over.
#[component]
fn Ready(wait: RecoveryWait, now: String) -> impl IntoView {
    view! {
        <div class="stack" data-gap="l">
            <p class="lede" tabindex="-1" data-focus>
                "The wait is over. Make a new passkey, and you are in."
            </p>
            <section class="stack" aria-labelledby="then">
                <h2 id="then">"What happens then"</h2>
                <ul>
                    <li>"The new passkey opens your account. Those of before are suspended, and go after 30 days."</li>
                    <li>"You are signed out everywhere else, and your other recovery codes work no more."</li>
                    <li>"For three days you cannot change what matters most, such as payout details."</li>
                </ul>
            </section>
            <form
                method="dialog"
                data-call="/auth/recovery/complete/options"
                data-creates="/auth/recovery/complete/verify"
                data-opens="/account/recovery"
                data-asks="Make a new passkey."
            >
                <button class="button primary" data-size="full" r#type="submit">
                    "Make a new passkey"
                </button>
            </form>
            <p class="meta">"This runs out " <Ahead at=wait.ends_at now=now /> "."</p>
            <Stop label="Stop the recovery" asks="Stop the recovery." done="It is stopped." />
        </div>
    }
}

#[component]
pub(super) fn Stop(label: &'static str, asks: &'static str, done: &'static str) -> impl IntoView {
    view! {
        <form method="dialog" data-call="/auth/recovery/cancel" data-asks=asks data-done=done>
            <button class="button loss" r#type="submit">
                {label}
            </button>
        </form>
    }
}

#[component]
fn Completed(restores: bool) -> impl IntoView {
    let (title, what, to, label) = if restores {
        (
            "Your passkey is back.",
            "All sessions have ended. Sign in with it, and then remove the passkeys that are not yours.",
            "/",
            "Sign in",
        )
    } else {
        (
            "You are back in.",
            "Your new passkey opens your account. Make new recovery codes now, and add a second passkey in three days.",
            "/account/recovery",
            "Make new recovery codes",
        )
    };
    view! {
        <div class="stack" data-gap="l">
            <div class="status" data-tone="ok">
                <p class="title" tabindex="-1" data-focus>
                    {title}
                </p>
                <p>{what}</p>
                <p class="actions">
                    <a class="button" href=to>
                        {label}
                    </a>
                </p>
            </div>
        </div>
    }
}

#[component]
fn Stopped() -> impl IntoView {
    view! {
        <div class="stack" data-gap="l">
            <div class="status" data-tone="look">
                <p class="title" tabindex="-1" data-focus>
                    "This recovery was stopped."
                </p>
                <p>
                    "Nothing of your account has changed. Somebody pressed Stop, or signed in with a passkey of the account. For a day no other can begin."
                </p>
            </div>
            <p>
                <a href="/">"Sign in"</a>
                " if you have a passkey. If you did not stop it, look for our mail: it says how it was stopped."
            </p>
            <Stop label="Begin again" asks="Begin again." done="Begin again with your address." />
        </div>
    }
}
