//! `/admin`: what is happening now.

use leptos::prelude::*;
use time::macros::format_description;

use super::super::{NeedsScript, PanelFrom};
use super::BECAUSE;
use super::alerts::AlertCard;
use super::traffic::Traffic;
use crate::admin::Now;

/// The frame. What is in it comes with a proof. What is typed here is none of what comes.
#[component]
pub fn NowPage() -> impl IntoView {
    view! {
        <main id="main" class="page" data-width="wide" tabindex="-1">
            <div class="stack" data-gap="l">
                <h1>"Now"</h1>
                <NeedsScript purpose="show what is happening" because=BECAUSE />
                <form class="find" method="get" action="/admin/events" role="search">
                    <div class="field">
                        <label for="find">"Find a person"</label>
                        <input
                            id="find"
                            name="person"
                            r#type="search"
                            maxlength="254"
                            autocapitalize="none"
                            autocomplete="off"
                            spellcheck="false"
                            placeholder="Id or address"
                        />
                    </div>
                    <button class="button" r#type="submit">
                        "Find"
                    </button>
                </form>
                <PanelFrom src="/admin/panel" live=true />
            </div>
        </main>
    }
}

/// What is in the frame.
#[component]
pub fn NowPanel(now: Now) -> impl IntoView {
    let Now { at, alerts, open, hour, day, week } = now;
    let clock = at.to_date_time().format(format_description!("[hour]:[minute]")).unwrap_or_default();
    let present = at.to_rfc3339();
    let rest = open.saturating_sub(alerts.len() as u64);
    let list = if alerts.is_empty() {
        view! { <p class="hint">"No alert is open."</p> }.into_any()
    } else {
        let cards = alerts.into_iter().map(|alert| view! { <AlertCard alert=alert now=present.clone() /> });
        view! {
            <ul class="cards" role="list">
                {cards.collect_view()}
            </ul>
        }
        .into_any()
    };
    view! {
        <div class="stack" data-gap="xl">
            <section class="stack" aria-labelledby="alerts">
                <h2 id="alerts" tabindex="-1" data-focus>
                    "Open alerts "
                    {(open > 0).then(|| view! { <span class="badge" data-tone="look">{open}</span> })}
                </h2>
                {list}
                <p>
                    <a href="/admin/alerts">
                        {if rest > 0 {
                            format!("{rest} more, and those that were seen to")
                        } else {
                            "Alerts that were seen to".to_owned()
                        }}
                    </a>
                </p>
            </section>
            <section class="stack" data-gap="l" aria-labelledby="traffic">
                <div class="stack" data-gap="xs">
                    <h2 id="traffic">"What comes in"</h2>
                    <p class="meta">"As of " <time datetime=present>{clock}</time> ". All times here are UTC."</p>
                </div>
                <Traffic hour=hour day=day week=week />
            </section>
        </div>
    }
}
