//! `/`: sign in.

use leptos::prelude::*;

use super::NeedsScript;
use super::notice::{Notice, NoticeStatus};
use crate::app::islands::SignIn;

/// One button, and a field in which the browser can offer the passkey by itself.
#[component]
pub fn SignInPage(
    /// Why the person is here again, if we know.
    notice: Option<Notice>,
) -> impl IntoView {
    view! {
        <main id="main" class="page" tabindex="-1">
            <div class="stack" data-gap="l">
                {notice.map(|notice| view! { <NoticeStatus notice=notice /> })}
                <h1>"Sign in"</h1>
                <p class="lede">"One touch, and nothing to remember."</p>
                <NeedsScript
                    purpose="sign you in"
                    because="A passkey lives on your device, and JavaScript is how this page talks to it. Nothing on this page can sign you in without it."
                />
                <SignIn />
                <p>"New here? " <a href="/signup">"Create an account"</a></p>
                <p>"Lost your passkey? " <a href="/recover">"Get back in"</a></p>
            </div>
        </main>
    }
}
