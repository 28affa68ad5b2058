//! `/`: sign in.

use leptos::prelude::*;

use super::NeedsScript;
use crate::app::islands::SignIn;

/// One button, and a field in which the browser can offer the passkey by itself.
#[component]
pub fn SignInPage(
    /// The person has just signed out.
    signed_out: bool,
) -> impl IntoView {
    view! {
        <main id="main" class="page" tabindex="-1">
            <div class="stack" data-gap="l">
                {signed_out
                    .then(|| {
                        view! {
                            <div class="status" data-tone="ok">
                                <p class="title">"You are signed out."</p>
                                <p>"Your passkey stays on your device for next time."</p>
                            </div>
                        }
                    })}
                <h1>"Sign in"</h1>
                <p class="lede">"One touch, and nothing to remember."</p>
                <NeedsScript
                    purpose="sign you in"
                    because="A passkey lives on your device, and JavaScript is how this page talks to it. Nothing on this page can sign you in without it."
                />
                <SignIn />
                <p>"New here? " <a href="/signup">"Create an account"</a></p>
            </div>
        </main>
    }
}
