//! Passkeys offered in a field (conditional mediation): a request that stays open while the page does.
//!
//! Its challenge is good for five minutes, so it is renewed every four, and when the page becomes visible again.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::set_interval;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;

use super::{ceremony, page, webauthn};

const RENEWAL: Duration = Duration::from_mins(4);

/// What to do with the answer.
type Picked = Rc<dyn Fn(JsValue)>;

thread_local! {
    /// Set once a page.
    static PICKED: RefCell<Option<Picked>> = const { RefCell::new(None) };
    /// Whether the field may offer; off while a prompt is open or an answer is being checked.
    static OFFERING: Cell<bool> = const { Cell::new(false) };
    /// Counts renewals: only the newest may act.
    static ROUND: Cell<u32> = const { Cell::new(0) };
}

/// Offer from now on, if the browser can. `picked` gets the answer as JSON form.
pub(crate) fn start(picked: impl Fn(JsValue) + 'static) {
    spawn_local(async move {
        if !webauthn::can_autofill().await {
            return;
        }
        PICKED.set(Some(Rc::new(picked)));
        set_interval(renew, RENEWAL);
        page::on_visible(renew);
        // A press may have been quicker than the browser's answer; then its end will resume.
        if ROUND.get() == 0 {
            resume();
        }
    });
}

/// Stop offering: a prompt is about to open.
pub(crate) fn stop() {
    OFFERING.set(false);
    ROUND.set(ROUND.get() + 1);
    webauthn::yield_to_another();
}

/// Offer again.
pub(crate) fn resume() {
    OFFERING.set(true);
    renew();
}

fn renew() {
    let Some(picked) = PICKED.with_borrow(Clone::clone) else { return };
    if !OFFERING.get() || !page::is_visible() {
        return;
    }
    let round = ROUND.get() + 1;
    ROUND.set(round);
    spawn_local(async move {
        let is_newest = || OFFERING.get() && ROUND.get() == round;
        // Offering is a courtesy: when it fails, the button still says what is wrong.
        let Ok(options) = ceremony::sign_in_options().await else { return };
        if !is_newest() {
            return;
        }
        if let Ok(answer) = webauthn::get(&options, true).await
            && is_newest()
        {
            OFFERING.set(false);
            picked(answer);
        }
    });
}
