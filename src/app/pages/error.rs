//! What a person sees when there is nothing to see.

use leptos::prelude::*;

use crate::api::ApiError;
use crate::app::shell::{PageContext, shell};

/// The whole document, as text.
pub fn error_page(context: PageContext, status: u16, error: &ApiError) -> String {
    let (heading, sentence, advice) = match status {
        404 => (
            "There is no page here",
            "The address may be mistyped, or the page has moved.".to_owned(),
            "Nothing is wrong with your account. Check the address, or start again from the first page.",
        ),
        429 => (
            "Please wait a moment",
            error.error.clone(),
            "Your account and your passkeys are unchanged. Wait as long as it says, then reload.",
        ),
        500.. => (
            "Something went wrong on our side",
            "We could not show you this page. Your account and your passkeys are unchanged.".to_owned(),
            "Wait a moment, then reload. If it happens again, tell us the request id below.",
        ),
        _ => (
            "That did not work",
            error.error.clone(),
            "Nothing was changed. Start again from the first page. If it happens again, tell us the request id below.",
        ),
    };
    let request_id = error.request_id.clone();
    let context = context.titled(heading);
    let owner = Owner::new_root(None);
    owner.with(|| {
        shell(context, || {
            view! {
                <main id="main" class="page" tabindex="-1">
                    <div class="stack" data-gap="l">
                        <h1>{heading}</h1>
                        <p class="lede">{sentence}</p>
                        <p>{advice}</p>
                        <p class="actions">
                            <a class="button primary" href="/">
                                "Go to the first page"
                            </a>
                        </p>
                        <p class="meta">"Request id " <code class="copy">{request_id}</code></p>
                    </div>
                </main>
            }
        })
        .to_html()
    })
}
