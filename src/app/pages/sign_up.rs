//! `/signup`: create an account.

use leptos::prelude::*;

use super::{NeedsScript, towards};
use crate::app::islands::SignUp;

/// An address, perhaps a name, and a passkey.
#[component]
pub fn SignUpPage(
    /// Where they go on afterwards, if somewhere.
    to: Option<String>,
) -> impl IntoView {
    view! {
        <main id="main" class="page" tabindex="-1">
            <div class="stack" data-gap="l">
                <h1>"Create an account"</h1>
                <p class="lede">
                    "A passkey is a key your device keeps for you. You use it with your fingerprint, face or PIN, which never leave your device."
                </p>
                <NeedsScript
                    purpose="create a passkey"
                    because="A passkey lives on your device, and JavaScript is how this page talks to it. Nothing on this page can create a passkey without it."
                />
                <SignUp />
                <p>"Have a passkey already? " <a href=towards("/", to.as_deref())>"Sign in"</a></p>
            </div>
        </main>
    }
}
