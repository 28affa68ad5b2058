//! `/admin/people/{id}`: somebody, where they are signed in, and ending that.

use leptos::prelude::*;
use serde_json::json;

use super::super::{NeedsScript, PanelFrom};
use super::BECAUSE;
use super::event::{Credits, EventList};
use crate::admin::Person;
use crate::api::{Binding, Credit, SessionEntry};
use crate::app::when::When;

/// The frame. What is in it comes with a proof.
#[component]
pub fn PersonPage(id: String) -> impl IntoView {
    view! {
        <main id="main" class="page" data-width="wide" tabindex="-1">
            <div class="stack" data-gap="l">
                <h1>"A person"</h1>
                <NeedsScript purpose="show who this is" because=BECAUSE />
                <PanelFrom src=format!("/admin/people/{id}/panel") live=true />
            </div>
        </main>
    }
}

/// Nobody has this id.
#[component]
pub fn NobodyPanel() -> impl IntoView {
    view! {
        <div class="status" data-tone="info">
            <p class="title">"No account has this id."</p>
            <p>"It may have been deleted. What its events said of somebody went with it."</p>
        </div>
    }
}

/// What is in the frame.
#[component]
pub fn PersonPanel(
    person: Person,
    credits: Vec<Credit>,
    /// The present, RFC 3339.
    now: String,
) -> impl IntoView {
    let Person { account, created_at, sign_ins, recovered_at, is_operator, passkeys, sessions, events } = person;
    let id = account.id.to_string();
    let name = account.display_name.clone().unwrap_or_else(|| account.email.clone());
    let verified = if account.email_verified { "verified" } else { "not verified" };
    let count = sessions.len();
    let others = sessions.iter().filter(|(session, _)| !session.is_current).count();
    let cards = sessions
        .into_iter()
        .map(|(session, country)| view! { <Session user=id.clone() session=session.into() country=country now=now.clone() /> })
        .collect_view();
    let list = if count == 0 {
        view! { <p class="hint">"They are signed in nowhere."</p> }.into_any()
    } else {
        view! {
            <ul class="cards" role="list">
                {cards}
            </ul>
        }
        .into_any()
    };
    let end_all = (others > 0).then(|| {
        view! {
            <form
                method="dialog"
                data-call="/admin/sessions/revoke"
                data-body=json!({ "user": id, "all": true }).to_string()
                data-asks=format!("End all sessions of {name}. They are told who did it: the people who run this service.")
                data-done="Those sessions have ended."
            >
                <button class="button loss" r#type="submit">
                    "End all their sessions"
                </button>
            </form>
        }
    });
    let recovered = recovered_at.map(|at| {
        view! {
            <dt>"Recovered"</dt>
            <dd>
                <When at=at.to_rfc3339() now=now.clone() />
            </dd>
        }
    });
    view! {
        <div class="stack" data-gap="xl">
            <section class="card stack" aria-labelledby="who">
                <h2 id="who" tabindex="-1" data-focus>
                    <bdi>{name}</bdi> " "
                    {is_operator.then(|| view! { <span class="badge" data-tone="look">"Operator"</span> })}
                </h2>
                <dl class="facts">
                    <dt>"Address"</dt>
                    <dd><bdi>{account.email}</bdi> {format!(" ({verified})")}</dd>
                    <dt>"Id"</dt>
                    <dd>
                        <code class="copy">{id.clone()}</code>
                    </dd>
                    <dt>"Account made"</dt>
                    <dd>
                        <When at=created_at.to_rfc3339() now=now.clone() />
                    </dd>
                    {recovered}
                    <dt>"Sign-ins"</dt>
                    <dd>{sign_ins}</dd>
                    <dt>"Passkeys"</dt>
                    <dd>{passkeys}</dd>
                </dl>
            </section>
            <section class="stack" aria-labelledby="sessions">
                <h2 id="sessions">{format!("Sessions ({count})")}</h2>
                {list}
                {end_all}
            </section>
            <section class="stack" aria-labelledby="lately">
                <h2 id="lately">"What happened lately"</h2>
                <EventList events=events now=now />
                <p>
                    <a href=format!("/admin/events?person={id}")>"All their events"</a>
                </p>
                <Credits credits=credits />
            </section>
        </div>
    }
}

#[component]
fn Session(
    /// Whose.
    user: String,
    session: SessionEntry,
    country: Option<&'static str>,
    now: String,
) -> impl IntoView {
    let SessionEntry { id, current, device, network, binding, created_at, last_seen_at, expires_at } = session;
    let name = format!("{} on {}", device.browser, device.os);
    let place: Vec<String> = [network, country.map(str::to_owned)].into_iter().flatten().collect();
    let place = if place.is_empty() { "Network not known".to_owned() } else { place.join(" · ") };
    let held = match binding {
        Binding::Cookie => "Held by its cookie alone",
        Binding::DeviceKey => "Locked to a key of its browser",
        Binding::Dbsc => "Locked to its device by the browser",
    };
    let end = (!current).then(|| {
        view! {
            <form
                method="dialog"
                data-call="/admin/sessions/revoke"
                data-body=json!({ "user": user, "id": id }).to_string()
                data-asks=format!("End their session with {name}.")
                data-done="That session has ended."
            >
                <button class="button loss" r#type="submit" aria-label=format!("End this session: {name}")>
                    "End this session"
                </button>
            </form>
        }
    });
    view! {
        <li class="card stack">
            <div class="split">
                <div class="stack" data-gap="xs">
                    <h3>
                        {name} " "
                        {current.then(|| view! { <span class="badge" data-tone="ok">"Yours, here"</span> })}
                    </h3>
                    <p class="meta">{place}</p>
                    <p class="meta">{held}</p>
                    <p class="meta">"Session " <code>{id}</code></p>
                </div>
                <dl class="facts">
                    <dt>"Signed in"</dt>
                    <dd>
                        <When at=created_at now=now.clone() />
                    </dd>
                    <dt>"Last seen"</dt>
                    <dd>
                        <When at=last_seen_at now=now />
                    </dd>
                    <dt>"Ends"</dt>
                    <dd>
                        <time datetime=expires_at.clone()>{expires_at.get(..10).unwrap_or_default().to_owned()}</time>
                    </dd>
                </dl>
            </div>
            {end}
        </li>
    }
}
