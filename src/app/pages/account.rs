//! `/account`: who am I, and what opens my account.

use leptos::prelude::*;

use super::NeedsScript;
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
) -> impl IntoView {
    let hint = passkeys_hint(&passkeys);
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
                <section class="stack" aria-labelledby="passkeys">
                    <h2 id="passkeys">"Passkeys"</h2>
                    <p class="hint">{hint}</p>
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
                            <p class="hint">"What happened, and why you were asked."</p>
                        </li>
                        <li>
                            <a href="/account/api-keys">"Your API keys"</a>
                            <p class="hint">"For programs that act for you."</p>
                        </li>
                        <li>
                            <a href="/account/billing">"Your payout details"</a>
                            <p class="hint">"Where your money is paid to."</p>
                        </li>
                    </ul>
                </section>
            </div>
        </main>
    }
}

#[component]
fn PasskeyCard(passkey: Passkey, now: String) -> impl IntoView {
    let provider = passkey.provider.unwrap_or_else(|| "Security key or device".to_owned());
    // A label that only repeats the provider, or says nothing, is noise.
    let label = Some(passkey.label).filter(|label| *label != provider && label != "Passkey");
    let kept = match (passkey.backup_eligible, passkey.backup_state) {
        (_, true) => "Synced across your devices",
        (true, false) => "On one device for now, able to sync",
        (false, false) => "On one device only",
    };
    let last_used = match passkey.last_used_at {
        Some(at) => view! { <When at=at now=now.clone() /> }.into_any(),
        None => "Not used yet".into_any(),
    };
    view! {
        <li class="card split">
            <div class="stack" data-gap="xs">
                <h3>{provider}</h3>
                {label.map(|label| view! { <p>{label}</p> })}
                <p class="meta">{kept}</p>
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

fn passkeys_hint(passkeys: &[Passkey]) -> String {
    match passkeys {
        [only] if only.backup_state => {
            "This is your only passkey. It is synced, so your other devices can use it too.".to_owned()
        }
        [_] => "This is your only passkey, and it is on one device only. Keep that device safe.".to_owned(),
        many => format!("You can sign in with any of these {}.", many.len()),
    }
}
