//! The console of operators, `/admin`. Its views are given what `admin` knows as it is: there is no API for it.

mod alerts;
mod chart;
mod event;
mod events;
mod now;
mod person;
mod traffic;

use leptos::prelude::*;

pub use alerts::{AlertsPage, AlertsPanel};
pub use events::{EventsPage, EventsPanel};
pub use now::{NowPage, NowPanel};
pub use person::{NobodyPanel, PersonPage, PersonPanel};

/// Why none of it works without scripts.
const BECAUSE: &str = "Only this browser may see it. Your browser keeps a key to show that, and JavaScript is how this page uses it.";

/// Instead of what was shown, when the touch has run out.
#[component]
pub fn LapsedPanel() -> impl IntoView {
    view! {
        <div class="card stack">
            <h2 tabindex="-1" data-focus>
                "Closed for now"
            </h2>
            <p>"The console stays open for ten minutes after a touch. Nothing is wrong."</p>
            <form method="dialog" data-asks="Look at the console for ten more minutes.">
                <button class="button primary" r#type="submit">
                    "Use your passkey"
                </button>
            </form>
        </div>
    }
}

/// The way to somebody.
#[component]
fn PersonLink(id: uuid::Uuid) -> impl IntoView {
    let id = id.to_string();
    let short = id.split('-').next().unwrap_or_default().to_owned();
    view! { <a href=format!("/admin/people/{id}")>"person " {short} "…"</a> }
}

/// The way to all events of a request.
#[component]
fn RequestLink(id: String) -> impl IntoView {
    view! {
        <a href=format!("/admin/events?request={id}")>
            <code>{id.clone()}</code>
        </a>
    }
}
