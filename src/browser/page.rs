//! Where the person is and where they go.

use web_sys::{Location, Window};

/// The window. There is always one where islands run; without it nothing is done.
pub(crate) fn window() -> Option<Window> {
    web_sys::window()
}

fn location() -> Option<Location> {
    window().map(|window| window.location())
}

/// Leave for another page of ours.
pub(crate) fn go(path: &str) {
    if let Some(location) = location() {
        let _ = location.assign(path);
    }
}

/// Load this page again.
pub(crate) fn reload() {
    if let Some(location) = location() {
        let _ = location.reload();
    }
}

/// This page's address, over HTTPS.
pub(crate) fn https_address() -> String {
    let address = location().and_then(|location| location.href().ok()).unwrap_or_default();
    address.replacen("http://", "https://", 1)
}

/// Whether the browser knows that it has no network.
pub(crate) fn is_offline() -> bool {
    window().is_some_and(|window| !window.navigator().on_line())
}
