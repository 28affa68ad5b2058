//! One file a page. A page is a function of what it is given; loading is done before.

mod account;
mod activity;
mod activity_words;
mod admin;
mod api_keys;
mod billing;
mod confirm;
mod deletion;
mod error;
mod not_me;
mod notice;
mod passkeys;
mod recover;
mod recovery;
mod restore;
mod safe_path;
mod sessions;
mod sign_in;
mod sign_up;

use leptos::prelude::*;

use super::islands::Panel;

pub use account::AccountPage;
pub use activity::{ActivityPage, ActivityPanel};
pub use admin::{
    AlertsPage, AlertsPanel, EventsPage, EventsPanel, LapsedPanel, NobodyPanel, NowPage, NowPanel, PersonPage,
    PersonPanel,
};
pub use api_keys::{ApiKeysPage, ApiKeysPanel};
pub use billing::{BillingPage, BillingPanel};
pub use confirm::{ConfirmPage, ProvePage, Touch};
pub use deletion::{DeletionPage, DeletionPanel};
pub use error::error_page;
pub use not_me::NotMePage;
pub use notice::Notice;
pub use passkeys::{PasskeysPage, PasskeysPanel};
pub use recover::{RecoverPage, RecoverPanel};
pub use recovery::{RecoveryPage, RecoveryPanel};
pub use restore::{RestorePage, RestorePanel};
pub use sessions::{SessionsPage, SessionsPanel};
pub use sign_in::SignInPage;
pub use sign_up::SignUpPage;

/// A part of the page that comes by itself, because only this browser may see it.
#[component]
fn PanelFrom(
    /// The path that it comes from.
    #[prop(into)]
    src: String,
    /// Keep it fresh.
    #[prop(optional)]
    live: bool,
) -> impl IntoView {
    view! {
        <div data-about=src data-live=live>
            <Panel />
        </div>
    }
}

/// The address of a page from which a person goes on to `to`.
pub fn towards(page: &str, to: Option<&str>) -> String {
    match to {
        Some(to) => format!(
            "{page}?{}",
            url::form_urlencoded::Serializer::new(String::new()).append_pair("to", to).finish()
        ),
        None => page.to_owned(),
    }
}

/// Shown when the page's code does not run: because scripts are off, or because it did not arrive.
#[component]
fn NeedsScript(
    /// What cannot be done without, as in "to sign you in".
    purpose: &'static str,
    /// Why it cannot be done without.
    because: &'static str,
) -> impl IntoView {
    view! {
        <div class="status" data-tone="look" role="alert" data-unloaded hidden>
            <p class="title">"This page did not load completely."</p>
            <p>"Nothing was lost. Check your connection, then reload the page."</p>
            <p class="actions">
                <a class="button" href="">
                    "Reload"
                </a>
            </p>
        </div>
        <noscript>
            <div class="status" data-tone="look">
                <p class="title">{format!("This page needs JavaScript to {purpose}.")}</p>
                <p>{because} " Turn JavaScript on for this site, then reload."</p>
            </div>
        </noscript>
    }
}
