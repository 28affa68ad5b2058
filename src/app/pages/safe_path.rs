//! What to do when somebody else may have been in the account, in the order that matters.

use leptos::prelude::*;

/// The steps.
#[component]
pub(super) fn SafePath(
    /// How many other sessions are open.
    others: usize,
) -> impl IntoView {
    let end_others = if others == 0 {
        view! { <p class="hint">"Done: you are signed in nowhere else."</p> }.into_any()
    } else {
        view! {
            <p class="hint">"Then nobody is in but you, here. You can sign in again everywhere."</p>
            <form
                method="dialog"
                data-call="/auth/sessions/revoke"
                data-body=r#"{"others":true}"#
                data-asks="End all your other sessions."
                data-done="All your other sessions have ended."
            >
                <button class="button primary" r#type="submit">
                    "End all other sessions"
                </button>
            </form>
        }
        .into_any()
    };
    view! {
        <section class="card stack" data-tone="look" aria-labelledby="safe">
            <h2 id="safe" tabindex="-1" data-focus>
                "Here is what to do now"
            </h2>
            <p>"A session of yours was ended to protect you. It can do nothing any more. Three steps make sure that nothing else is open."</p>
            <ol class="steps">
                <li class="stack" data-gap="xs">
                    <h3>"End all your other sessions"</h3>
                    {end_others}
                </li>
                <li class="stack" data-gap="xs">
                    <h3>
                        <a href="/account/passkeys">"Look through your passkeys"</a>
                    </h3>
                    <p class="hint">"Each should be one that you made."</p>
                </li>
                <li class="stack" data-gap="xs">
                    <h3>
                        <a href="/account/api-keys">"Look through your API keys"</a>
                    </h3>
                    <p class="hint">"Revoke those that you do not know."</p>
                </li>
            </ol>
        </section>
    }
}
