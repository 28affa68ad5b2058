//! `/account/api-keys`: keys for programs that act for the person.

use leptos::prelude::*;

use super::{NeedsScript, PanelFrom};
use crate::api::ApiKey;
use crate::app::when::When;

/// The frame. What is in it comes with a proof.
#[component]
pub fn ApiKeysPage() -> impl IntoView {
    view! {
        <main id="main" class="page" data-width="wide" tabindex="-1">
            <div class="stack" data-gap="l">
                <h1>"API keys"</h1>
                <p class="lede">
                    "A key lets a program act for you. Each change here asks for your passkey once more."
                </p>
                <NeedsScript
                    purpose="show your API keys"
                    because="Only this browser may see them. Your browser keeps a key to show that, and JavaScript is how this page uses it."
                />
                <PanelFrom src="/account/api-keys/panel" />
            </div>
        </main>
    }
}

/// What is in the frame.
#[component]
pub fn ApiKeysPanel(
    /// Newest first.
    keys: Vec<ApiKey>,
    /// The present, RFC 3339.
    now: String,
) -> impl IntoView {
    let list = if keys.is_empty() {
        view! { <p class="hint">"You have no API keys. No program can act for you."</p> }.into_any()
    } else {
        let cards = keys.into_iter().map(|key| view! { <ApiKeyCard key_=key now=now.clone() /> }).collect_view();
        view! {
            <ul class="cards" role="list">
                {cards}
            </ul>
        }
        .into_any()
    };
    view! {
        <div class="stack" data-gap="xl">
            <div class="status" data-tone="look" data-secret hidden=true>
                <p class="title">"Copy your new key now."</p>
                <p>"This is the only time you will see it. Whoever has it can act for you."</p>
                <p>
                    <code class="copy"></code>
                </p>
                <p class="actions">
                    <button class="button" r#type="button">
                        "Copy"
                    </button>
                </p>
            </div>
            <section class="card stack" aria-labelledby="new">
                <h2 id="new">"New key"</h2>
                <form
                    class="stack"
                    method="dialog"
                    novalidate=true
                    data-call="/api-keys"
                    data-asks="Create the API key “*”."
                    data-secret-from="secret"
                    data-done="Your new key is ready."
                >
                    <div class="field">
                        <label for="key-name">"Name"</label>
                        <input
                            id="key-name"
                            name="name"
                            r#type="text"
                            autocomplete="off"
                            maxlength="64"
                            required=true
                            pattern=r".*\S.*"
                            aria-describedby="key-name-hint"
                        />
                        <p class="error" id="key-name-error" hidden=true>
                            "Write a name here, so that you know the key again."
                        </p>
                        <p class="hint" id="key-name-hint">
                            "Such as the program that will use it."
                        </p>
                    </div>
                    <button class="button primary" r#type="submit">
                        "Create key"
                    </button>
                </form>
            </section>
            <section class="stack" aria-labelledby="keys">
                <h2 id="keys" tabindex="-1" data-focus>
                    "Your keys"
                </h2>
                {list}
            </section>
        </div>
    }
}

#[component]
fn ApiKeyCard(key_: ApiKey, now: String) -> impl IntoView {
    let ApiKey { id, name, hint, created_at, last_used_at } = key_;
    let last_used = match last_used_at {
        Some(at) => view! { <When at=at now=now.clone() /> }.into_any(),
        None => "Not used yet".into_any(),
    };
    let label = format!("Revoke this key: {name}");
    let asks = format!("Revoke the API key “{name}”. Programs that use it stop working.");
    let body = serde_json::json!({ "id": id }).to_string();
    view! {
        <li class="card stack">
            <div class="split">
                <div class="stack" data-gap="xs">
                    <h3>{name}</h3>
                    <p class="meta">"Begins with " <code>{hint}</code></p>
                </div>
                <dl class="facts">
                    <dt>"Created"</dt>
                    <dd>
                        <When at=created_at now=now />
                    </dd>
                    <dt>"Last used"</dt>
                    <dd>{last_used}</dd>
                </dl>
            </div>
            <form
                method="dialog"
                data-call="/api-keys/revoke"
                data-body=body
                data-asks=asks
                data-done="That key no longer works."
            >
                <button class="button loss" r#type="submit" aria-label=label>
                    "Revoke this key"
                </button>
            </form>
        </li>
    }
}
