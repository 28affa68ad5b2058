//! `/account/billing`: where a person is paid to.

use leptos::prelude::*;

use super::{NeedsScript, PanelFrom};
use crate::api::Payout;
use crate::app::when::When;

/// The frame. What is in it comes with a proof.
#[component]
pub fn BillingPage() -> impl IntoView {
    view! {
        <main id="main" class="page" data-width="wide" tabindex="-1">
            <div class="stack" data-gap="l">
                <h1>"Payout details"</h1>
                <p class="lede">
                    "The account your money is paid to. Each change asks for your passkey once more, so that nobody else can send your money elsewhere."
                </p>
                <NeedsScript
                    purpose="show your payout details"
                    because="Only this browser may see them. Your browser keeps a key to show that, and JavaScript is how this page uses it."
                />
                <PanelFrom src="/account/billing/panel" />
            </div>
        </main>
    }
}

/// What is in the frame.
#[component]
pub fn BillingPanel(
    /// What is saved, if anything is.
    payout: Option<Payout>,
    /// The present, RFC 3339.
    now: String,
) -> impl IntoView {
    let (title, press) = match &payout {
        Some(_) => ("Change the account", "Save the new account"),
        None => ("Add an account", "Save the account"),
    };
    let saved = match payout {
        Some(payout) => view! { <Saved payout=payout now=now /> }.into_any(),
        None => view! { <p class="hint">"No account is saved yet. Until there is one, no money can be paid to you."</p> }
            .into_any(),
    };
    view! {
        <div class="stack" data-gap="xl">
            <section class="stack" aria-labelledby="saved">
                <h2 id="saved" tabindex="-1" data-focus>
                    "Paid to now"
                </h2>
                {saved}
            </section>
            <section class="card stack" aria-labelledby="change">
                <h2 id="change">{title}</h2>
                <form
                    class="stack"
                    method="dialog"
                    novalidate=true
                    data-call="/billing/payout"
                    data-asks="Change where your money is paid to."
                    data-done="Saved. Your money is paid to this account from now on."
                >
                    <Field
                        id="account-holder"
                        name="accountHolder"
                        label="Account holder"
                        limit="70"
                        hint="The name the account is held in, as your bank writes it."
                        error="Write the name of the account holder here."
                        refusal="account_holder_invalid"
                    />
                    <Field
                        id="iban"
                        name="iban"
                        label="IBAN"
                        // With room for the spaces that it is printed with.
                        limit="64"
                        hint="Such as DE89 3704 0044 0532 0130 00. Spaces do no harm."
                        error="Write your IBAN here. Your bank shows it with your account."
                        refusal="iban_invalid"
                    />
                    <button class="button primary" r#type="submit">
                        {press}
                    </button>
                </form>
            </section>
        </div>
    }
}

#[component]
fn Saved(payout: Payout, now: String) -> impl IntoView {
    let Payout { account_holder, iban, updated_at } = payout;
    view! {
        <div class="card">
            <dl class="facts">
                <dt>"Account holder"</dt>
                <dd>
                    // A name written from right to left turns only itself around.
                    <bdi>{account_holder}</bdi>
                </dd>
                <dt>"IBAN"</dt>
                <dd>
                    <code>{iban}</code>
                </dd>
                <dt>"Changed"</dt>
                <dd>
                    <When at=updated_at now=now />
                </dd>
            </dl>
        </div>
    }
}

#[component]
fn Field(
    id: &'static str,
    name: &'static str,
    label: &'static str,
    limit: &'static str,
    hint: &'static str,
    error: &'static str,
    /// The refusal that is about this field.
    refusal: &'static str,
) -> impl IntoView {
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input
                id=id
                name=name
                r#type="text"
                autocomplete="off"
                spellcheck="false"
                maxlength=limit
                required=true
                pattern=r".*\S.*"
                aria-describedby=format!("{id}-hint")
                data-refusal=refusal
            />
            <p class="error" id=format!("{id}-error") hidden=true>
                {error}
            </p>
            <p class="hint" id=format!("{id}-hint")>
                {hint}
            </p>
        </div>
    }
}
