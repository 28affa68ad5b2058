//! The pages that come in the way of others: one more touch, or a proof that this is still the same browser.

use leptos::prelude::*;

use super::NeedsScript;
use crate::api::Reason;
use crate::app::islands::{Prove, SignOut, StepUp};

/// Shown instead of a page when a visit looks unlike the person. One touch, and they are where they were going.
#[component]
pub fn ConfirmPage(
    /// What has changed.
    reasons: Vec<Reason>,
) -> impl IntoView {
    let changes = (!reasons.is_empty()).then(|| {
        let each = reasons.into_iter().map(|Reason { why, .. }| view! { <li>{why}</li> }).collect_view();
        view! {
            <div class="status" data-tone="look">
                <h2 class="title">"Why we ask"</h2>
                <ul class="plain" role="list">
                    {each}
                </ul>
            </div>
        }
    });
    view! {
        <main id="main" class="page" tabindex="-1">
            <div class="stack" data-gap="l">
                <h1>"Is this still you?"</h1>
                <p class="lede">"Touch your passkey, and you go on where you were. Nothing was lost."</p>
                <NeedsScript
                    purpose="ask for your passkey"
                    because="A passkey lives on your device, and JavaScript is how this page talks to it."
                />
                {changes}
                <StepUp />
                <div class="stack">
                    <p class="hint">"No passkey at hand? Sign out here, and sign in again when you have one."</p>
                    <SignOut />
                </div>
            </div>
        </main>
    }
}

/// Shown instead of a page when a proof is overdue. Usually for a blink.
#[component]
pub fn ProvePage() -> impl IntoView {
    view! {
        <main id="main" class="page" tabindex="-1">
            <div class="stack" data-gap="l">
                <h1>"Is this still your browser?"</h1>
                <NeedsScript
                    purpose="see that this is still your browser"
                    because="Your browser keeps a key for that, and JavaScript is how this page uses it."
                />
                <Prove />
            </div>
        </main>
    }
}
