//! What a page of the account does by itself.

use leptos::prelude::*;

/// Shows nothing. Leaves the page when its session has ended, and keeps the session's token fresh.
#[island]
pub fn Keep() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    Effect::new(|_| crate::browser::keep::start());
}
