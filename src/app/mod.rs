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
    AccountPage, ActivityPage, ActivityPanel, AlertsPage, AlertsPanel, ApiKeysPage, ApiKeysPanel, BillingPage,
    BillingPanel, ConfirmPage, DeletionPage, DeletionPanel, EventsPage, EventsPanel, LapsedPanel, NobodyPanel,
    NotMePage, Notice, NowPage, NowPanel, PasskeysPage, PasskeysPanel, PersonPage, PersonPanel, ProvePage,
    RecoverPage, RecoverPanel, RecoveryPage, RecoveryPanel, RestorePage, RestorePanel, SessionsPage,
    SessionsPanel, SignInPage, SignUpPage, Touch, error_page, towards,
};
#[cfg(feature = "ssr")]
pub use shell::{Assets, PageContext, fragment, shell};
