//! `/account`: who am I, and what opens my account.

use leptos::prelude::*;

use super::NeedsScript;
use super::deletion::DeletionBanner;
use super::passkeys::{KeptIcon, kept, provider};
use crate::api::{Passkey, User};
use crate::app::islands::SignOut;
use crate::app::when::When;

/// The person and their passkeys.
#[component]
pub fn AccountPage(
    /// Who is signed in.
    user: User,
    /// Their passkeys, newest first.
    passkeys: Vec<Passkey>,
    /// The present, RFC 3339.
    now: String,
    /// Whether the account will be deleted.
    is_leaving: bool,
) -> impl IntoView {
    let (hint, care) = passkeys_hint(&passkeys);
    let name = user.display_name.clone().unwrap_or_else(|| user.email.clone());
    let address = user.display_name.is_some().then(|| user.email.clone());
    view! {
        <main id="main" class="page" data-width="wide" tabindex="-1">
            <div class="stack" data-gap="xl">
                <h1>"Your account"</h1>
                <NeedsScript
                    purpose="sign you out"
                    because="Without it you stay signed in until the session ends by itself."
                />
                {is_leaving.then(|| view! { <DeletionBanner /> })}
                <section class="card" aria-labelledby="you">
                    <div class="between">
                        <div class="stack" data-gap="xs">
                            <h2 id="you">{name}</h2>
                            <p>
                                {address} " "
                                {(!user.email_verified).then(|| view! { <span class="badge">"Not verified yet"</span> })}
                            </p>
                        </div>
                        <SignOut />
                    </div>
                </section>
                {(!user.email_verified).then(|| view! { <ConfirmEmail /> })}
                <section class="stack" aria-labelledby="passkeys">
                    <h2 id="passkeys">"Passkeys"</h2>
                    <p class="hint">{hint} " " <a href="/account/passkeys">{care}</a></p>
                    <ul class="cards" role="list">
                        {passkeys
                            .into_iter()
                            .map(|passkey| view! { <PasskeyCard passkey=passkey now=now.clone() /> })
                            .collect_view()}
                    </ul>
                </section>
                <section class="stack" aria-labelledby="more">
                    <h2 id="more">"Who and what is let in"</h2>
                    <ul class="rows" role="list">
                        <li>
                            <a href="/account/sessions">"Your sessions"</a>
                            <p class="hint">"Everywhere you are signed in. End what is not yours."</p>
                        </li>
                        <li>
                            <a href="/account/activity">"Your activity"</a>
                            <p class="hint">"What happened, why you were asked, and all your data as a file."</p>
                        </li>
                        <li>
                            <a href="/account/api-keys">"Your API keys"</a>
                            <p class="hint">"For programs that act for you."</p>
                        </li>
                        <li>
                            <a href="/account/billing">"Your payout details"</a>
                            <p class="hint">"Where your money is paid to."</p>
                        </li>
                        <li>
                            <a href="/account/recovery">"Getting back in"</a>
                            <p class="hint">"Your email addresses, so that we can reach you."</p>
                        </li>
                    </ul>
                </section>
                <section class="stack" aria-labelledby="leave">
                    <h2 id="leave">"Leaving"</h2>
                    <ul class="rows" role="list">
                        <li>
                            <a href="/account/delete">"Delete your account"</a>
                            <p class="hint">"With time to change your mind. Nothing happens until you say so there."</p>
                        </li>
                    </ul>
                </section>
            </div>
        </main>
    }
}

/// Asked once the account is there, and never in its way.
#[component]
fn ConfirmEmail() -> impl IntoView {
    view! {
        <section class="status" data-tone="info" aria-labelledby="confirm">
            <h2 class="title" id="confirm">
                "Confirm your email so that we can reach you"
            </h2>
            <p>"Then we can tell you when somebody signs in who may not be you. It takes a minute, and can wait."</p>
            <p class="actions">
                <a class="button" href="/account/recovery">
                    "Confirm your email"
                </a>
            </p>
        </section>
    }
}

#[component]
fn PasskeyCard(passkey: Passkey, now: String) -> impl IntoView {
    let last_used = match passkey.last_used_at.clone() {
        Some(at) => view! { <When at=at now=now.clone() /> }.into_any(),
        None => "Not used yet".into_any(),
    };
    let facts = provider(&passkey).into_iter().chain([kept(&passkey).to_owned()]);
    let facts = facts.collect::<Vec<_>>().join(" · ");
    view! {
        <li class="card split">
            <div class="named">
                <KeptIcon synced=passkey.backup_state />
                <div class="stack" data-gap="xs">
                    <h3>
                        <bdi>{passkey.label}</bdi>
                    </h3>
                    <p class="meta">{facts}</p>
                </div>
            </div>
            <dl class="facts">
                <dt>"Created"</dt>
                <dd>
                    <When at=passkey.created_at now=now />
                </dd>
                <dt>"Last used"</dt>
                <dd>{last_used}</dd>
            </dl>
        </li>
    }
}

/// Whoever has one passkey is asked, in this one place and until there are two.
fn passkeys_hint(passkeys: &[Passkey]) -> (String, &'static str) {
    match passkeys {
        [only] if only.backup_state => (
            "This is your only passkey. It is synced, so your other devices can use it too. With a second one somewhere else you \
             could even lose that."
                .to_owned(),
            "Add a second passkey",
        ),
        [_] => (
            "This is your only passkey, and it is on one device only. With a second one you can lose that device and still get \
             in."
                .to_owned(),
            "Add a second passkey",
        ),
        many => (format!("You can sign in with any of these {}.", many.len()), "Add, rename or remove passkeys"),
    }
}
