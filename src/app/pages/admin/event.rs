//! Events, as operators read them: in the trail's own words, which are those that one can search for.

use leptos::prelude::*;

use super::{PersonLink, RequestLink};
use crate::admin::Told;
use crate::api::Credit;
use crate::app::when::When;

/// A list of them.
#[component]
pub(super) fn EventList(events: Vec<Told>, now: String) -> impl IntoView {
    if events.is_empty() {
        return view! { <p class="hint">"No event."</p> }.into_any();
    }
    let rows = events.into_iter().map(|event| view! { <EventRow event=event now=now.clone() /> });
    view! {
        <ul class="rows" role="list">
            {rows.collect_view()}
        </ul>
    }
    .into_any()
}

#[component]
fn EventRow(event: Told, now: String) -> impl IntoView {
    let refused =
        (event.outcome == "refused").then(|| view! { " " <span class="badge" data-tone="look">"refused"</span> });
    let where_from: Vec<String> = [event.device.clone(), event.network.clone(), event.country.map(str::to_owned)]
        .into_iter()
        .flatten()
        .collect();
    let person = event.person.map(|id| view! { " · " <PersonLink id=id /> });
    let actor = event.actor.map(|id| view! { " · by operator " <PersonLink id=id /> });
    let erased = event.is_erased.then_some(" · what it said of somebody was erased with them");
    view! {
        <li class="stack" data-gap="xs">
            <h3>
                <code>{event.kind.clone()}</code> {event.reason.clone().map(|reason| format!(" {reason}"))} {refused}
            </h3>
            <p class="meta">
                <When at=event.at.clone() now=now /> {person} {actor}
                {where_from.into_iter().map(|part| format!(" · {part}")).collect_view()} {erased}
            </p>
            <Details event=event />
        </li>
    }
}

/// Behind one press: all the rest.
#[component]
fn Details(event: Told) -> impl IntoView {
    let points = |count: u32| format!("{count} point{}", if count == 1 { "" } else { "s" });
    let weighed = (!event.signals.is_empty()).then(|| {
        let each = event.signals.iter().map(|signal| {
            view! { <li><code>{signal.signal.clone()}</code> <span class="meta">{points(signal.points)}</span></li> }
        });
        view! {
            <ul class="weighed" role="list">
                {each.collect_view()}
            </ul>
        }
    });
    let id = |id: Option<uuid::Uuid>| id.map(|id| id.to_string());
    let facts = [
        ("Time", Some(event.at.clone())),
        ("Risk", (event.score > 0).then(|| format!("{} points", event.score))),
        ("Person", id(event.person)),
        ("Operator", id(event.actor)),
        ("Session", id(event.session)),
        ("Passkey", id(event.credential)),
        ("API key", id(event.api_key)),
        ("Alert", id(event.alert)),
        ("Searched for", event.search),
        ("AS number", event.asn.map(|asn| asn.to_string())),
        ("Stands for", event.count.map(|count| count.to_string())),
        ("Chain and number", Some(event.place)),
    ];
    let facts = facts.into_iter().filter_map(|(name, fact)| Some(view! { <dt>{name}</dt> <dd>{fact?}</dd> }));
    view! {
        <details>
            <summary>"Details"</summary>
            <div class="stack">
                {weighed}
                <dl class="facts">
                    {facts.collect_view()} <dt>"Request id"</dt>
                    <dd>
                        <RequestLink id=event.request_id />
                    </dd>
                </dl>
            </div>
        </details>
    }
}

/// Whoever made the data of places is named where these are shown.
#[component]
pub(super) fn Credits(credits: Vec<Credit>) -> impl IntoView {
    (!credits.is_empty()).then(|| {
        let each = credits
            .into_iter()
            .map(|Credit { text, link }| view! { " · " <a href=link rel="noreferrer">{text}</a> });
        view! { <p class="meta">"Countries are looked up here, in data of others" {each.collect_view()}</p> }
    })
}
