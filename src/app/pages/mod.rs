//! One file a page. A page is a function of what it is given; loading is done before.

mod account;
mod error;
mod sign_in;
mod sign_up;

use leptos::prelude::*;

pub use account::AccountPage;
pub use error::error_page;
pub use sign_in::SignInPage;
pub use sign_up::SignUpPage;

/// Shown when scripts are off: what this page needs, and why.
#[component]
fn NeedsScript(
    /// What cannot be done without, as in "to sign you in".
    purpose: &'static str,
) -> impl IntoView {
    view! {
        <noscript>
            <div class="status" data-tone="look">
                <p class="title">{format!("This page needs JavaScript to {purpose}.")}</p>
                <p>
                    {format!(
                        "A passkey lives on your device, and JavaScript is how this page talks to it. Nothing on this \
                         page can {purpose} without it. Turn JavaScript on for this site, then reload."
                    )}
                </p>
            </div>
        </noscript>
    }
}
