//! While a page of the account is open: see that the session is still there, and renew its token in time.

use std::cell::Cell;
use std::time::Duration;

use js_sys::Date;
use leptos::prelude::set_interval;
use leptos::task::spawn_local;

use super::{guarded, http, js, page, proof};
use crate::app::islands::{self, Failure};

const EVERY: Duration = Duration::from_secs(5);

thread_local! {
    static LOOKING: Cell<bool> = const { Cell::new(false) };
    /// The key is gone. That is no trouble before the server insists on it.
    static GIVEN_UP: Cell<bool> = const { Cell::new(false) };
}

/// From now on, for as long as there is a page.
pub(crate) fn start() {
    set_interval(look, EVERY);
    page::on_visible(look);
}

fn look() {
    if LOOKING.get() || page::is_quiet() || islands::is_held() || !page::is_visible() {
        return;
    }
    LOOKING.set(true);
    spawn_local(async {
        look_once().await;
        LOOKING.set(false);
    });
}

async fn look_once() {
    let answer = http::get(guarded::WATCH, Failure::Unreachable).await;
    // Somebody has begun to change what this answer is about.
    if page::is_quiet() {
        return;
    }
    let overdue = match answer {
        Ok(answer) => {
            page::reveal("[data-recovering]", js::get(&answer, "recoveryDueAt").is_string());
            let session = js::get(&answer, "session");
            let due = Date::parse(&js::text(&session, "rotationDueAt"));
            // Other sessions get a new token with any request, or none at all.
            let is_due = js::text(&session, "binding") == "device_key" && due <= proof::now();
            if !is_due || GIVEN_UP.get() {
                return;
            }
            false
        }
        Err(Failure::Refused(refusal)) if refusal.is_signed_out() => return page::go("/"),
        // What was typed stays, as it would not if the page were loaded again.
        Err(Failure::Refused(refusal)) if refusal.asks_for_touch() => {
            if let Err(Failure::Refused(refusal)) = islands::hold(&refusal).await
                && refusal.is_signed_out()
            {
                page::go("/");
            }
            return;
        }
        Err(Failure::Refused(refusal)) => match refusal.code.as_str() {
            "dpop_proof_required" | "use_dpop_nonce" => true,
            _ => return,
        },
        Err(_) => return,
    };
    if guarded::rotate().await == Err(Failure::KeyGone) {
        GIVEN_UP.set(true);
        if overdue {
            // The server has a page for that, too.
            page::reload_unasked();
        }
    }
}
