//! Work instead of waiting, where the server asks for it.

use js_sys::Promise;
use wasm_bindgen::JsValue;

use super::{js, page};
use crate::api::{Search, decimal};

/// So many numbers are tried before the page gets a turn: a few hundredths of a second.
const AT_ONCE: u64 = 2_048;

/// After so many tries it is given up: one in four million takes longer at the server's difficulty.
const LIMIT: u64 = 250_000;

/// The header's text for what a refusal asks for; nothing if it asks for none, or for another kind.
pub(super) async fn done(refusal: &JsValue) -> Option<String> {
    let asked = js::get(refusal, "proofOfWork");
    let difficulty = js::get(&asked, "difficulty").as_f64()?;
    if js::text(&asked, "algorithm") != "SHA-256" || !(0.0..=20.0).contains(&difficulty) {
        return None;
    }
    let mut text = [js::text(&asked, "challenge"), js::text(&asked, "salt"), String::new()].join(".");
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 20")]
    let search = Search::new(&text, difficulty as u32);
    let mut from = 0;
    while from < LIMIT {
        if let Some(number) = search.look(from, AT_ONCE) {
            text.extend(decimal(number).into_iter().map(char::from));
            return Some(text);
        }
        from += AT_ONCE;
        give_way().await;
    }
    None
}

/// Let the page draw and answer.
async fn give_way() {
    let promise = Promise::new(&mut |resolve, _| {
        if let Some(window) = page::window() {
            let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, 0);
        }
    });
    js::settle(Ok(promise)).await;
}
