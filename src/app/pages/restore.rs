//! `/recover/restore`: a passkey that a recovery has suspended comes back.

use leptos::prelude::*;

use super::recover::{CodeForm, Stop};
use super::{NeedsScript, PanelFrom};

/// The frame.
#[component]
pub fn RestorePage() -> impl IntoView {
    view! {
        <main id="main" class="page" tabindex="-1">
            <div class="stack" data-gap="l">
                <h1>"Bring your passkey back"</h1>
                <NeedsScript
                    purpose="bring your passkey back"
                    because="A passkey lives on your device, and JavaScript is how this page talks to it."
                />
                <PanelFrom src="/recover/restore/panel" />
            </div>
        </main>
    }
}

/// What is in that frame, before the passkey is touched.
#[component]
pub fn RestorePanel() -> impl IntoView {
    view! {
        <div class="stack" data-gap="l">
            <p class="lede" tabindex="-1" data-focus>
                "Somebody recovered your account, and your passkeys were suspended. If that was not you, you can undo it."
            </p>
            <ol class="steps">
                <li class="stack" data-gap="xs">
                    <h2>"Touch the passkey"</h2>
                    <p class="hint">"Then we send a code to your main email address."</p>
                </li>
                <li class="stack" data-gap="xs">
                    <h2>"Type the code"</h2>
                    <p class="hint">"Everybody is signed out, whoever recovered the account too."</p>
                </li>
                <li class="stack" data-gap="xs">
                    <h2>"Sign in, and remove what is not yours"</h2>
                    <p class="hint">"For three days nobody can change what matters most."</p>
                </li>
            </ol>
            <form
                method="dialog"
                data-call="/auth/recovery/restore/options"
                data-asserts="/auth/recovery/restore/verify"
                data-asks="Bring this passkey back."
                data-done="A code is on its way to your main email address."
            >
                <button class="button primary" data-size="full" r#type="submit">
                    "Use your passkey"
                </button>
            </form>
        </div>
    }
}

/// The code that brings it back.
#[component]
pub(super) fn RestoreCode() -> impl IntoView {
    view! {
        <div class="stack" data-gap="l">
            <p class="lede" tabindex="-1" data-focus>
                "Your passkey was touched. Now the code that we sent to your main email address."
            </p>
            <CodeForm
                method="mail"
                label="Code from the mail"
                hint="Eight digits. It works for ten minutes."
                refusal="code_wrong"
                is_digits=true
            />
            <Stop label="Begin again" asks="Begin again." done="You can begin again." />
        </div>
    }
}
