//! What a person sees.
//!
//! Pages are HTML from the server and work as pages. Islands are the parts that need the browser's help to touch
//! a passkey or to prove a key; only they are in the WebAssembly.

#[cfg(feature = "ssr")]
mod dialog;
pub mod islands;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
mod shell;
#[cfg(feature = "ssr")]
mod when;

#[cfg(feature = "ssr")]
pub use pages::{
    AccountPage, ActivityPage, ActivityPanel, ApiKeysPage, ApiKeysPanel, BillingPage, BillingPanel, ConfirmPage,
    Notice, ProvePage, SessionsPage, SessionsPanel, SignInPage, SignUpPage, error_page,
};
#[cfg(feature = "ssr")]
pub use shell::{Assets, PageContext, fragment, shell};
