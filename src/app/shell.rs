//! The document around every page.

use leptos::prelude::*;

use super::dialog::TouchDialog;
use super::islands::Keep;

/// Addresses of what a page loads.
#[derive(Clone, Debug)]
pub struct Assets {
    /// The JavaScript that wasm-bindgen wrote.
    pub js: String,
    /// The islands.
    pub wasm: String,
    /// The one stylesheet.
    pub css: String,
}

/// What the shell needs to know.
#[derive(Clone, Debug)]
pub struct PageContext {
    /// The page's name, first in the title.
    title: &'static str,
    /// What the page loads.
    assets: Assets,
    /// Scripts carry it, or do not run.
    nonce: String,
    /// What the service calls itself.
    service: String,
    /// On a page that needs a session: whose pages these are, and its own path.
    of: Option<(&'static Pages, &'static str)>,
    /// Whether somebody is recovering the account that it is of.
    is_recovering: bool,
    /// While cargo-leptos watches: where its reload server listens.
    reload_port: Option<u16>,
}

impl PageContext {
    /// A page for anybody.
    pub fn new(title: &'static str, assets: Assets, nonce: String, service: String) -> Self {
        Self { title, assets, nonce, service, of: None, is_recovering: false, reload_port: None }
    }

    /// What scripts of this answer must carry.
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// A page of the account: with the way to its sisters, and left by itself when the session ends.
    #[must_use]
    pub fn of_account(self, path: &'static str) -> Self {
        Self { of: Some((&ACCOUNT, path)), ..self }
    }

    /// A page of the console: the same, with the way to its own sisters.
    #[must_use]
    pub fn of_console(self, path: &'static str) -> Self {
        Self { of: Some((&CONSOLE, path)), ..self }
    }

    /// Say first that somebody is recovering the account. While the page is open it goes on looking for that by itself.
    #[must_use]
    pub fn recovering(self, is_recovering: bool) -> Self {
        Self { is_recovering, ..self }
    }

    /// The same page by another name.
    #[must_use]
    pub(super) fn titled(self, title: &'static str) -> Self {
        Self { title, ..self }
    }

    /// Load again when cargo-leptos says so.
    #[must_use]
    pub fn reloading(self, port: Option<u16>) -> Self {
        Self { reload_port: port, ..self }
    }
}

/// Pages that belong together, as the masthead names them.
#[derive(Debug)]
struct Pages {
    name: &'static str,
    links: &'static [(&'static str, &'static str)],
}

/// The person's own.
static ACCOUNT: Pages = Pages {
    name: "Your account",
    links: &[
        ("/account", "Account"),
        ("/account/sessions", "Sessions"),
        ("/account/activity", "Activity"),
        ("/account/api-keys", "API keys"),
        ("/account/billing", "Payout"),
    ],
};

/// Those of operators.
static CONSOLE: Pages = Pages {
    name: "Console",
    links: &[
        ("/admin", "Now"),
        ("/admin/alerts", "Alerts"),
        ("/admin/events", "Events"),
        ("/account", "Your account"),
    ],
};

/// Load the islands' code and wake each island, once the page is complete. A press that comes before that is kept and
/// repeated, so that a slow network costs a moment and not a second press: in a later task, because some islands begin to
/// listen at the end of the one that woke them. If the code does not come, the page says so.
const LOADER: &str = r#"(() => {
  const complete = new Promise((resolve) => addEventListener("DOMContentLoaded", resolve));
  let pressed;
  const keep = (event) => { if (event.target.closest("leptos-island")) { event.preventDefault(); event.stopImmediatePropagation(); pressed = event.submitter ?? event.target; } };
  addEventListener("submit", keep, true);
  import(JS).then(async (module) => {
    await module.default({ module_or_path: WASM });
    await complete;
    module.hydrate();
    for (const island of document.querySelectorAll("leptos-island")) module[island.dataset.component](island);
    await new Promise((resolve) => setTimeout(resolve));
    removeEventListener("submit", keep, true);
    if (pressed?.isConnected) pressed.click();
  }).catch(async () => {
    await complete;
    document.querySelector("[data-unloaded]")?.removeAttribute("hidden");
  });
})();"#;

/// A whole document.
pub fn shell<V: IntoView>(context: PageContext, page: impl FnOnce() -> V) -> impl IntoView {
    // Only islands are hydrated; the rest of the page gets no markers.
    if let Some(shared) = Owner::current_shared_context() {
        shared.set_is_hydrating(false);
    }
    let PageContext { title, assets, nonce, service, of, is_recovering, reload_port } = context;
    // Both are addresses of ours, of letters that JSON and JavaScript write alike.
    let loader = LOADER.replace("JS", &format!("{:?}", assets.js)).replace("WASM", &format!("{:?}", assets.wasm));
    let reload = reload_port.map(|port| {
        let script = format!(
            "new WebSocket(`ws://${{location.hostname}}:{port}/live_reload`).onmessage = (event) => \
             {{ const message = JSON.parse(event.data); if (message.all || message.css) location.reload(); }};"
        );
        view! { <script nonce=nonce.clone() inner_html=script></script> }
    });
    // Of a page for anybody: what a search or a shared link says of it.
    let description = of.is_none().then(|| format!("{service}: sign in with a passkey, without a password."));
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <title>{format!("{title} · {service}")}</title>
                {description.map(|text| view! { <meta name="description" content=text /> })}
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" content="#f7f3ec" media="(prefers-color-scheme: light)" />
                <meta name="theme-color" content="#121613" media="(prefers-color-scheme: dark)" />
                <link rel="stylesheet" href=assets.css />
                <link rel="modulepreload" href=assets.js />
                <link rel="preload" href=assets.wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous" />
                <link rel="icon" href="/favicon.svg" r#type="image/svg+xml" />
                <link rel="apple-touch-icon" href="/apple-touch-icon.png" />
                <link rel="manifest" href="/site.webmanifest" />
                <script nonce=nonce.clone() inner_html=loader></script>
                {reload}
            </head>
            <body>
                <a class="skip" href="#main">"Skip to content"</a>
                <header class="masthead">
                    <a class="brand" href="/">
                        <Mark />
                        {service}
                    </a>
                    {of.map(|(pages, current)| view! { <Nav pages=pages current=current /> })}
                </header>
                {of.map(|_| view! { <Recovering is_shown=is_recovering /> })}
                {page()}
                {of.map(|_| view! { <TouchDialog /> <Keep /> })}
            </body>
        </html>
    }
}

/// Whoever is signed in can stop a recovery, and should know of it wherever they are.
#[component]
fn Recovering(is_shown: bool) -> impl IntoView {
    view! {
        <div class="alarm" aria-live="assertive">
            <p data-recovering hidden=!is_shown>
                "Somebody is recovering this account. " <a href="/account/recovery">"See how far it is, and stop it"</a>
            </p>
        </div>
    }
}

#[component]
fn Nav(pages: &'static Pages, current: &'static str) -> impl IntoView {
    let links = pages.links.iter().map(|(path, name)| {
        view! { <a href=*path aria-current=(*path == current).then_some("page")>{*name}</a> }
    });
    view! { <nav aria-label=pages.name>{links.collect_view()}</nav> }
}

/// Only the page, without the document around it: for a `Panel` to show.
pub fn fragment<V: IntoView>(page: impl FnOnce() -> V) -> String {
    Owner::new_root(None).with(|| page().into_view().to_html())
}

/// The mark: a holdfast, five strands closing on a point. The same drawing as `public/mark.svg`.
#[component]
fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 64 64" aria-hidden="true" focusable="false">
            <path
                fill="currentColor"
                d="M4.9 19C0.1 39 11.8 49.6 31.5 60.3L32.5 58.5C14.2 46.4 6.7 38 12.3 21A3.8 3.8 0 0 0 4.9 19ZM15.8 9.6C13 31.3 21.2 47.5 31.1 60L32.9 58.8C24.8 45.5 19.8 30.7 23.4 10.8A3.8 3.8 0 0 0 15.8 9.6ZM28.2 6.4C28.6 28 30 45 30.9 59.4L33 59.4C34 45 35.4 28 35.8 6.4A3.8 3.8 0 0 0 28.2 6.4ZM40.6 10.8C44.2 30.7 39.2 45.5 31.1 58.8L32.9 60C42.8 47.5 51 31.3 48.2 9.6A3.8 3.8 0 0 0 40.6 10.8ZM51.7 21C57.3 38 49.8 46.4 31.5 58.5L32.5 60.3C52.2 49.6 63.9 39 59.1 19A3.8 3.8 0 0 0 51.7 21ZM30.9 59.3a1.1 1.1 0 0 0 2.2 0Z"
            />
        </svg>
    }
}
