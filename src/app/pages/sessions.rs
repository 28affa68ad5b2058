//! `/account/sessions`: where the person is signed in, and how to end it.

use leptos::prelude::*;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{NeedsScript, PanelFrom};
use crate::api::{Binding, SessionEntry};
use crate::app::when::When;

/// For this long a session is new, and worth a second look if it is unlike the one that asks.
const NEW: time::Duration = time::Duration::hours(24);

/// The frame. What is in it comes with a proof.
#[component]
pub fn SessionsPage() -> impl IntoView {
    view! {
        <main id="main" class="page" data-width="wide" tabindex="-1">
            <div class="stack" data-gap="l">
                <h1>"Sessions"</h1>
                <p class="lede">"Everywhere you are signed in. You can end any of them from here."</p>
                <NeedsScript
                    purpose="show your sessions"
                    because="Only this browser may see the list. Your browser keeps a key to show that, and JavaScript is how this page uses it."
                />
                <PanelFrom src="/account/sessions/panel" live=true />
            </div>
        </main>
    }
}

/// What is in the frame.
#[component]
pub fn SessionsPanel(
    /// The live ones, the most recently used first.
    sessions: Vec<SessionEntry>,
    /// The present, RFC 3339.
    now: String,
) -> impl IntoView {
    let (here, elsewhere): (Vec<_>, Vec<_>) = sessions.into_iter().partition(|session| session.current);
    let here = here.into_iter().next();
    let others = if elsewhere.is_empty() {
        view! { <p class="hint">"You are signed in nowhere else."</p> }.into_any()
    } else {
        let cards = elsewhere
            .into_iter()
            .map(|session| {
                let oddity = here.as_ref().and_then(|here| oddity(&session, here, &now));
                let place = here.as_ref().and_then(|here| here.network.clone());
                view! { <SessionCard session=session place=place oddity=oddity now=now.clone() /> }
            })
            .collect_view();
        view! {
            <ul class="cards" role="list">
                {cards}
            </ul>
            <form
                method="dialog"
                data-call="/auth/sessions/revoke"
                data-body=r#"{"others":true}"#
                data-asks="End all your other sessions."
                data-done="All your other sessions have ended."
            >
                <button class="button" r#type="submit">
                    "End all other sessions"
                </button>
            </form>
        }
        .into_any()
    };
    view! {
        <div class="stack" data-gap="xl">
            <section class="stack" aria-labelledby="here">
                <h2 id="here">"Here"</h2>
                {here
                    .clone()
                    .map(|session| {
                        view! {
                            <ul class="cards" role="list">
                                <SessionCard session=session place=None oddity=None now=now.clone() />
                            </ul>
                        }
                    })}
            </section>
            <section class="stack" aria-labelledby="elsewhere">
                <h2 id="elsewhere" tabindex="-1" data-focus>
                    "Elsewhere"
                </h2>
                {others}
            </section>
        </div>
    }
}

#[component]
fn SessionCard(
    session: SessionEntry,
    /// The network of the session that asks, if this is another.
    place: Option<String>,
    /// Why the person should look.
    oddity: Option<&'static str>,
    now: String,
) -> impl IntoView {
    let SessionEntry { id, current, device, network, binding, created_at, last_seen_at, .. } = session;
    let name = format!("{} on {}", device.browser, device.os);
    let kind = match device.class.as_str() {
        "desktop" => Some("Computer"),
        "phone" => Some("Phone"),
        "tablet" => Some("Tablet"),
        _ => None,
    };
    let network = match network {
        Some(network) if place.as_ref() == Some(&network) => "On the network you are on now".to_owned(),
        Some(network) => format!("Network {network}"),
        None => "Network not known".to_owned(),
    };
    let held = match (binding, current) {
        (Binding::Cookie, _) => "Not locked to a device",
        (Binding::DeviceKey | Binding::Dbsc, true) => "Locked to this device",
        (Binding::DeviceKey | Binding::Dbsc, false) => "Locked to that device",
    };
    let end = (!current).then(|| {
        let label = format!("End this session: {name}");
        let asks = format!("End your session with {name}.");
        let body = serde_json::json!({ "id": id }).to_string();
        view! {
            <form
                method="dialog"
                data-call="/auth/sessions/revoke"
                data-body=body
                data-asks=asks
                data-done="That session has ended."
            >
                <button class="button" r#type="submit" aria-label=label>
                    "End this session"
                </button>
            </form>
        }
    });
    let end = match oddity {
        Some(oddity) => view! {
            <div class="status" data-tone="look">
                <p class="title">"Not you? End it."</p>
                <p>{oddity}</p>
                <div class="actions">{end}</div>
            </div>
        }
        .into_any(),
        None => end.into_any(),
    };
    view! {
        <li class="card stack" data-tone=oddity.map(|_| "look")>
            <div class="split">
                <div class="stack" data-gap="xs">
                    <h3>
                        {name} " "
                        {current.then(|| view! { <span class="badge" data-tone="ok">"This device"</span> })}
                    </h3>
                    <p class="meta">{kind.map(|kind| format!("{kind} · "))} {network}</p>
                    <p class="meta">{held}</p>
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
                </dl>
            </div>
            {end}
        </li>
    }
}

/// What is strange about a new session, seen from here. What is not known is not strange.
fn oddity(session: &SessionEntry, here: &SessionEntry, now: &str) -> Option<&'static str> {
    let moment = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
    let is_new = moment(now)? - moment(&session.created_at)? < NEW;
    let other_device = session.device != here.device;
    let other_network = session.network.is_some() && here.network.is_some() && session.network != here.network;
    match (is_new, other_device, other_network) {
        (false, ..) | (true, false, false) => None,
        (true, true, true) => Some("It is new, on another kind of device and on another network than this one."),
        (true, true, false) => Some("It is new, and on another kind of device than this one."),
        (true, false, true) => Some("It is new, and on another network than this one."),
    }
}
