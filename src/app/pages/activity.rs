//! `/account/activity`: what happened on the account, why the person was asked, and what to do about what was not them.

use leptos::prelude::*;

use super::activity_words::{Said, said};
use super::safe_path::SafePath;
use super::{NeedsScript, PanelFrom};
use crate::api::{Activity, ActivityEvent, Credit, Decision, Device, Risk, SessionOfEvent};
use crate::app::dialog;
use crate::app::when::When;

/// The frame. What is in it comes with a proof.
#[component]
pub fn ActivityPage(
    /// Where this part of the list begins, if it is not the newest.
    cursor: Option<String>,
) -> impl IntoView {
    let src = "/account/activity/panel".to_owned() + &cursor.map(|at| format!("?cursor={at}")).unwrap_or_default();
    view! {
        <main id="main" class="page" data-width="wide" tabindex="-1">
            <div class="stack" data-gap="l">
                <h1>"Activity"</h1>
                <p class="lede">"What happened on your account, and why you were asked for a touch."</p>
                <NeedsScript
                    purpose="show your activity"
                    because="Only this browser may see it. Your browser keeps a key to show that, and JavaScript is how this page uses it."
                />
                // It does not change by itself: somebody may be reading.
                <PanelFrom src=src />
            </div>
        </main>
    }
}

/// What is in the frame.
#[component]
pub fn ActivityPanel(
    /// A part of the list.
    activity: Activity,
    /// Whether it is the newest.
    is_first: bool,
    /// How many other sessions are open, if somebody else may have been in the account lately.
    others: Option<usize>,
    /// The present, RFC 3339.
    now: String,
) -> impl IntoView {
    let Activity { events, next, credits } = activity;
    let list = if events.is_empty() {
        view! { <p class="hint">"Nothing more has happened here."</p> }.into_any()
    } else {
        let rows =
            events.into_iter().map(|event| view! { <EventRow event=event now=now.clone() /> }).collect_view();
        view! {
            <ul class="rows" role="list">
                {rows}
            </ul>
        }
        .into_any()
    };
    let title = if is_first { "Newest first" } else { "Older" };
    let newest = (!is_first).then(|| {
        view! {
            <a class="button" href="/account/activity">
                "Newest"
            </a>
        }
    });
    let older = next.map(|at| {
        view! {
            <a class="button" href=format!("/account/activity?cursor={at}")>
                "Older"
            </a>
        }
    });
    let parts = (newest.is_some() || older.is_some()).then(|| {
        view! {
            <nav class="actions" aria-label="More of your activity">
                {newest}
                {older}
            </nav>
        }
    });
    view! {
        <div class="stack" data-gap="xl">
            {others.map(|others| view! { <SafePath others=others /> })}
            <section class="stack" aria-labelledby="events">
                <h2 id="events" tabindex="-1" data-focus>
                    {title}
                </h2>
                {list}
                {parts}
                {(!credits.is_empty()).then(|| view! { <Credits credits=credits /> })}
            </section>
            {is_first.then(|| view! { <Download /> })}
        </div>
    }
}

/// The right to know (GDPR, article 15): a button, and no form to send in.
#[component]
fn Download() -> impl IntoView {
    view! {
        <section class="stack" aria-labelledby="download">
            <h2 id="download">"Your data"</h2>
            <p class="hint">
                "Everything we keep about you, as one file that programs can read. It has your payout details in full, so keep it safe."
            </p>
            <form
                data-call="/account/export"
                data-body="{}"
                data-asks="Download everything we keep about you."
                data-file="holdfast-export.json"
                data-done="Your file is ready. Your browser has saved it."
            >
                <button class="button" type="submit">
                    "Download your data"
                </button>
            </form>
        </section>
    }
}

#[component]
fn EventRow(event: ActivityEvent, now: String) -> impl IntoView {
    let Said { title, advice, is_act } = said(&event);
    let ActivityEvent { id, at, session, device, network, place, disowned, .. } = event.clone();
    let name = device.map(|Device { browser, os, .. }| format!("{browser} on {os}"));
    let place = place.or_else(|| network.map(|network| format!("network {network}")));
    let where_from: Vec<String> = [name.clone(), place].into_iter().flatten().collect();
    let badge = match &session {
        _ if disowned && is_act => Some(("look", "Not you")),
        Some(SessionOfEvent { current: true, .. }) => Some(("ok", "This device")),
        _ => None,
    };
    let disown = session.filter(|session| is_act && !session.current && !disowned).map(|session| {
        let name = name.unwrap_or_else(|| "an unknown device".to_owned());
        let done = if session.live { "That session has ended." } else { "Noted. That session had ended already." };
        view! {
            <form
                method="dialog"
                data-call="/auth/events/disown"
                data-body=serde_json::json!({ "id": id }).to_string()
                data-asks=format!("End the session with {name}, and protect your account.")
                data-done=done
            >
                <button class="button" r#type="submit" aria-label=format!("This wasn’t me: {title}, {name}")>
                    "This wasn’t me"
                </button>
            </form>
        }
    });
    view! {
        <li class="stack" data-gap="xs">
            <h3>{title} " " {badge.map(|(tone, text)| view! { <span class="badge" data-tone=tone>{text}</span> })}</h3>
            <p class="meta">
                <When at=at now=now />
                {where_from.into_iter().map(|part| format!(" · {part}")).collect_view()}
            </p>
            {advice.map(|advice| view! { <p>{advice}</p> })}
            <Details event=event />
            {disown}
        </li>
    }
}

/// Behind one press: why the person was asked, and what names the event to whoever helps.
#[component]
fn Details(event: ActivityEvent) -> impl IntoView {
    let ActivityEvent { session, passkey, network, request_id, risk, .. } = event;
    let risk = risk.filter(|risk| risk.score > 0);
    let summary = match &risk {
        Some(Risk { decision: Decision::StepUp, .. }) => "Why was I asked?",
        Some(_) => "What we noticed",
        None => "Details",
    };
    let session = session.map(|session| match session {
        SessionOfEvent { current: true, .. } => "The one you are using",
        SessionOfEvent { live: true, .. } => "Still open",
        SessionOfEvent { .. } => "Ended",
    });
    let facts = [("Network", network), ("Passkey", passkey), ("Session", session.map(str::to_owned))];
    let facts = facts.into_iter().filter_map(|(name, fact)| Some(view! { <dt>{name}</dt> <dd>{fact?}</dd> }));
    view! {
        <details>
            <summary>{summary}</summary>
            <div class="stack">
                {risk.map(|risk| view! { <Weighed risk=risk /> })}
                <dl class="facts">
                    {facts.collect_view()}
                    <dt>"Request id"</dt>
                    <dd>
                        <code class="copy">{request_id}</code>
                    </dd>
                </dl>
            </div>
        </details>
    }
}

/// What spoke against the request, in the words of the dialog, and what followed.
#[component]
fn Weighed(risk: Risk) -> impl IntoView {
    let Risk { score, threshold, decision, signals } = risk;
    let is_asked = decision == Decision::StepUp;
    let follows = match (is_asked, score >= threshold) {
        (true, false) => dialog::RULE,
        (false, true) => "You had just touched your passkey, so we did not ask again.",
        (true, true) | (false, false) => "",
    };
    let each = signals.into_iter().map(|signal| {
        view! { <li>{signal.why} " " <span class="meta">{points(signal.points)}</span></li> }
    });
    view! {
        <ul class="weighed" role="list">
            {each.collect_view()}
        </ul>
        <p>{format!("{} in all. From {threshold} on we ask for one more touch. {follows}", points(score))}</p>
    }
}

fn points(count: u32) -> String {
    format!("{count} point{}", if count == 1 { "" } else { "s" })
}

/// Whoever made the data of places is named where these are shown.
#[component]
fn Credits(credits: Vec<Credit>) -> impl IntoView {
    let last = credits.len().saturating_sub(1);
    let each = credits.into_iter().enumerate().map(|(number, Credit { text, link })| {
        view! { <a href=link rel="noreferrer">{text}</a> {if number < last { " · " } else { "" }} }
    });
    view! { <p class="meta">"Countries are looked up here, in data of others: " {each.collect_view()}</p> }
}
