//! The dialog of a page of the account: it asks for one more touch. Here are its words; the island in it speaks.

use leptos::prelude::*;

use super::islands::Touch;

/// Why a touch is asked for where nothing has changed.
pub(super) const RULE: &str = "We ask before every change that matters, so that only you can make it.";

/// Closed at first. What is asked for and why is filled in when it opens (`browser/dialog.rs`). The browser itself closes
/// it at Cancel and at Esc.
#[component]
pub(super) fn TouchDialog() -> impl IntoView {
    view! {
        <dialog id="touch" class="sheet stack" aria-labelledby="touch-title" aria-describedby="touch-about">
            <h2 id="touch-title" tabindex="-1">
                "Touch your passkey to go on"
            </h2>
            <div class="stack" id="touch-about">
                <p class="asks" id="touch-asks"></p>
                <p id="touch-unasked">
                    "This page asks for your passkey once more. Nothing is wrong with your account."
                </p>
                <div class="status" data-tone="look" id="touch-why">
                    <p class="title">"Why we ask"</p>
                    <ul class="plain" role="list" id="touch-reasons"></ul>
                </div>
                <p class="hint" id="touch-rule">
                    {RULE}
                </p>
            </div>
            <Touch />
            <form class="actions" method="dialog">
                <button class="button primary" r#type="button" id="touch-button" autofocus=true>
                    "Use your passkey"
                </button>
                <button class="button">"Cancel"</button>
            </form>
        </dialog>
    }
}
