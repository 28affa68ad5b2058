//! `/admin/alerts`: what the rules have found, what it rests on, and who has seen to it.

use leptos::prelude::*;
use serde_json::json;

use super::super::{NeedsScript, PanelFrom};
use super::{BECAUSE, PersonLink, RequestLink};
use crate::admin::Alerts;
use crate::alerts::{Acknowledged, Alert};
use crate::app::when::When;

/// The frame. What is in it comes with a proof. It does not change by itself: somebody may be writing a note.
#[component]
pub fn AlertsPage() -> impl IntoView {
    view! {
        <main id="main" class="page" data-width="wide" tabindex="-1">
            <div class="stack" data-gap="l">
                <h1>"Alerts"</h1>
                <NeedsScript purpose="show the alerts" because=BECAUSE />
                <PanelFrom src="/admin/alerts/panel" />
            </div>
        </main>
    }
}

/// What is in the frame.
#[component]
pub fn AlertsPanel(
    alerts: Alerts,
    /// The present, RFC 3339.
    now: String,
) -> impl IntoView {
    let Alerts { open, count, acknowledged } = alerts;
    let shown = open.len() as u64;
    let open = if open.is_empty() {
        view! { <p class="hint">"No alert is open."</p> }.into_any()
    } else {
        let cards =
            open.into_iter().map(|alert| view! { <AlertCard alert=alert now=now.clone() is_whole=true /> });
        view! {
            <ul class="cards" role="list">
                {cards.collect_view()}
            </ul>
            {(count > shown).then(|| view! { <p class="meta">{format!("These are the gravest {shown} of {count}.")}</p> })}
        }
        .into_any()
    };
    let seen_to = if acknowledged.is_empty() {
        view! { <p class="hint">"Nobody has seen to an alert yet."</p> }.into_any()
    } else {
        let rows = acknowledged.into_iter().map(|(alert, acknowledged, by)| {
            view! { <SeenTo alert=alert acknowledged=acknowledged by=by now=now.clone() /> }
        });
        view! {
            <ul class="rows" role="list">
                {rows.collect_view()}
            </ul>
        }
        .into_any()
    };
    view! {
        <div class="stack" data-gap="xl">
            <section class="stack" aria-labelledby="open">
                <h2 id="open" tabindex="-1" data-focus>
                    "Open "
                    {(count > 0).then(|| view! { <span class="badge" data-tone="look">{count}</span> })}
                </h2>
                {open}
            </section>
            <section class="stack" aria-labelledby="seen-to">
                <h2 id="seen-to">"Seen to"</h2>
                {seen_to}
            </section>
        </div>
    }
}

/// One that nobody has seen to.
#[component]
pub(super) fn AlertCard(
    alert: Alert,
    /// The present, RFC 3339.
    now: String,
    /// With what it rests on, and room for a note.
    #[prop(optional)]
    is_whole: bool,
) -> impl IntoView {
    let id = alert.id.to_string();
    let title = alert.title;
    let badge = if alert.is_high() { ("loss", "high") } else { ("look", "medium") };
    let tone = alert.is_high().then_some("look");
    let label = format!("Acknowledge: {title} {}", alert.about.subject);
    let note = is_whole.then(|| {
        let field = format!("note-{id}");
        view! {
            <div class="field">
                <label for=field.clone()>
                    "Note "
                    <span class="meta">"(if you like)"</span>
                </label>
                <input id=field.clone() name="note" r#type="text" maxlength="200" autocomplete="off" data-refusal="note_invalid" />
                <p class="error" id=format!("{field}-error") hidden=true>
                    "Please use at most 200 ordinary characters."
                </p>
            </div>
        }
    });
    let more = (!is_whole).then(|| {
        view! {
            <a class="button" href="/admin/alerts">
                "Look closer" <span class="unseen">": " {title}</span>
            </a>
        }
    });
    view! {
        <li class="card stack" data-tone=tone>
            <div class="stack" data-gap="xs">
                <h3>{title} " " <span class="badge" data-tone=badge.0>{badge.1}</span></h3>
                <AlertFacts alert=alert.clone() now=now />
            </div>
            <p>{alert.runbook}</p>
            {is_whole.then(|| view! { <Evidence alert=alert /> })}
            <form
                class="stack"
                method="dialog"
                novalidate=true
                data-call="/admin/alerts/acknowledge"
                data-body=json!({ "id": id }).to_string()
                data-asks=format!("Say that you have seen to this alert: {title}")
                data-done="Noted: you have seen to that alert."
            >
                {note}
                <div class="actions">
                    <button class="button" r#type="submit" aria-label=label>
                        "Acknowledge"
                    </button>
                    {more}
                </div>
            </form>
        </li>
    }
}

/// What it is about, since when, and how often.
#[component]
fn AlertFacts(alert: Alert, now: String) -> impl IntoView {
    let times = match alert.count {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    };
    let subject = match alert.about.person {
        Some(id) => view! { <PersonLink id=id /> }.into_any(),
        None => alert.about.subject.clone().into_any(),
    };
    // What it is about says more than whose it was, where that is not the same.
    let more = alert
        .about
        .person
        .filter(|id| alert.about.subject != format!("person {id}"))
        .map(|_| alert.about.subject.clone());
    let again = (alert.last_at != alert.opened_at).then(|| {
        view! { ", last " <When at=alert.last_at.to_rfc3339() now=now.clone() /> }
    });
    view! {
        <p class="meta">
            {subject} {more.map(|more| format!(" · {more}"))} " · " {times} ", first "
            <When at=alert.opened_at.to_rfc3339() now=now.clone() /> {again} " · " <code>{alert.rule}</code>
        </p>
    }
}

/// The events that showed it.
#[component]
fn Evidence(alert: Alert) -> impl IntoView {
    let count = alert.about.evidence.len();
    let each = alert.about.evidence.into_iter().zip(alert.about.requests).map(|((chain, seq), request)| {
        view! { <li>{format!("{chain}:{seq} ")} {(!request.is_empty()).then(|| view! { <RequestLink id=request /> })}</li> }
    });
    let summary = if count == 1 {
        "The event that showed it".to_owned()
    } else {
        format!("The {count} newest events that showed it")
    };
    view! {
        <details>
            <summary>{summary}</summary>
            <ul class="plain evidence" role="list">
                {each.collect_view()}
            </ul>
        </details>
    }
}

/// One that somebody has seen to.
#[component]
fn SeenTo(
    alert: Alert,
    acknowledged: Acknowledged,
    /// Their address, if they are still here.
    by: Option<String>,
    now: String,
) -> impl IntoView {
    let Acknowledged { at, by: id, note } = acknowledged;
    let is_again = alert.last_at > at;
    let by = match (by, id) {
        (Some(address), Some(id)) => {
            view! { <a href=format!("/admin/people/{id}")><bdi>{address}</bdi></a> }.into_any()
        }
        _ => "somebody who is gone".into_any(),
    };
    view! {
        <li class="stack" data-gap="xs">
            <h3>
                {alert.title} " "
                {is_again.then(|| view! { <span class="badge" data-tone="look">"again since"</span> })}
            </h3>
            <p class="meta">
                "Seen to by " {by} ", " <When at=at.to_rfc3339() now=now.clone() />
            </p>
            {note.map(|note| view! { <p><bdi>{note}</bdi></p> })}
            <AlertFacts alert=alert.clone() now=now />
            <Evidence alert=alert />
        </li>
    }
}
