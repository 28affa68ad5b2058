//! The pages that come in the way of others: one more touch, or a proof that this is still the same browser.

use leptos::prelude::*;
use serde_json::json;

use super::NeedsScript;
use crate::api::Reason;
use crate::app::islands::{Prove, SignOut, StepUp};

/// What a touch on this page is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Touch {
    /// To go on with a session that looks different than before.
    Visit,
    /// To use this part of an app for a while.
    App(String),
}

impl Touch {
    /// The title of the page.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Visit => "Is this still you?",
            Self::App(_) => "One more touch",
        }
    }

    /// The body of the call that asks for it.
    fn step_up(&self) -> String {
        let step_up = match self {
            Self::Visit => json!({ "action": "session_continue", "params": {} }),
            Self::App(area) => json!({ "action": "app_open", "params": { "area": area } }),
        };
        step_up.to_string()
    }
}

/// Shown instead of a page when a visit looks unlike the person, or what they want takes a touch of its own. One touch, and they are where
/// they were going.
#[component]
pub fn ConfirmPage(
    /// What has changed.
    mut reasons: Vec<Reason>,
    /// What the touch is for.
    action: Touch,
) -> impl IntoView {
    let title = action.title();
    let lede = match action {
        Touch::Visit => "Touch your passkey, and you go on where you were. Nothing was lost.",
        Touch::App(_) => {
            "What you are about to open asks for your passkey first. Touch it, and you go on where you were. For ten \
             minutes it does not ask again."
        }
    };
    // That it matters is what the page says anyway; what is left is worth a look.
    if action != Touch::Visit {
        reasons.retain(|reason| reason.signal != "sensitive_route");
    }
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
                <h1>{title}</h1>
                <p class="lede">{lede}</p>
                <NeedsScript
                    purpose="ask for your passkey"
                    because="A passkey lives on your device, and JavaScript is how this page talks to it."
                />
                {changes}
                <div data-about=action.step_up()>
                    <StepUp />
                </div>
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
