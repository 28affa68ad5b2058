//! `/`: sign in.

use leptos::prelude::*;

use super::notice::{Notice, NoticeStatus};
use super::{NeedsScript, towards};
use crate::app::islands::SignIn;

/// One button, and a field in which the browser can offer the passkey by itself.
#[component]
pub fn SignInPage(
    /// Why the person is here again, if we know.
    notice: Option<Notice>,
    /// Where they go on afterwards, if somewhere.
    to: Option<String>,
) -> impl IntoView {
    let lede = match to {
        Some(_) => "One touch, and you go on where you were.",
        None => "One touch, and nothing to remember.",
    };
    view! {
        <main id="main" class="page" tabindex="-1">
            <div class="stack" data-gap="l">
                {notice.map(|notice| view! { <NoticeStatus notice=notice /> })}
                <h1>"Sign in"</h1>
                <p class="lede">{lede}</p>
                <NeedsScript
                    purpose="sign you in"
                    because="A passkey lives on your device, and JavaScript is how this page talks to it. Nothing on this page can sign you in without it."
                />
                <SignIn />
                <p>"New here? " <a href=towards("/signup", to.as_deref())>"Create an account"</a></p>
                <p>"Lost your passkey? " <a href="/recover">"Get back in"</a></p>
            </div>
        </main>
    }
}
