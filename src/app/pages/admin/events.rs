//! `/admin/events`: looking for events.

use leptos::prelude::*;

use super::super::{NeedsScript, PanelFrom};
use super::event::{Credits, EventList};
use super::{BECAUSE, PersonLink};
use crate::admin::{Found, Question, SINCE};
use crate::api::Credit;
use crate::app::when::When;
use crate::audit::EventType;

/// The frame: the form, filled in as it was sent. What is found comes with a proof.
#[component]
pub fn EventsPage(
    /// What is looked for.
    question: Question,
    /// Where this part of the list begins, if it is not the newest.
    cursor: Option<String>,
) -> impl IntoView {
    let query = question.query(cursor.as_deref());
    let src =
        if query.is_empty() { "/admin/events/panel".to_owned() } else { format!("/admin/events/panel?{query}") };
    view! {
        <main id="main" class="page" data-width="wide" tabindex="-1">
            <div class="stack" data-gap="l">
                <h1>"Events"</h1>
                <NeedsScript purpose="show events" because=BECAUSE />
                <SearchForm question=question />
                <PanelFrom src=src />
            </div>
        </main>
    }
}

#[component]
fn SearchForm(question: Question) -> impl IntoView {
    let text = |name: &'static str, label: &'static str, hint: &'static str, value: Option<String>| {
        let hint_id = format!("{name}-hint");
        view! {
            <div class="field">
                <label for=name>{label}</label>
                <input
                    id=name
                    name=name
                    r#type="search"
                    value=value
                    maxlength="254"
                    autocapitalize="none"
                    autocomplete="off"
                    spellcheck="false"
                    aria-describedby=hint_id.clone()
                />
                <p class="hint" id=hint_id>
                    {hint}
                </p>
            </div>
        }
    };
    let choice = |word: &str, said: &str, chosen: Option<&str>| {
        let (word, said) = (word.to_owned(), said.to_owned());
        let selected = chosen == Some(word.as_str());
        view! { <option value=word selected=selected>{said}</option> }
    };
    // On a phone there must be room for what was found.
    let asked = question.in_words();
    let is_new = asked.is_none();
    let asked = asked.map_or_else(|| "Search".to_owned(), |asked| format!("Search: {asked}"));
    let Question { person, request, network, kind, since } = question;
    let kinds = EventType::ALL.iter().map(|it| choice(it.as_str(), it.as_str(), kind.as_deref())).collect_view();
    let times = SINCE.iter().map(|(word, said)| choice(word, said, since.as_deref())).collect_view();
    view! {
        <details open=is_new>
            <summary>{asked}</summary>
            <form class="stack" method="get" action="/admin/events" role="search" aria-label="Search events">
                <div class="fields">
                    {text("person", "Person", "An id, or an address exactly.", person)}
                    {text("network", "IP address or network", "Found by its /24 or /48, which is what is kept.", network)}
                    {text("request", "Request id", "As it stands on an error page or in the log.", request)}
                    <div class="field">
                        <label for="kind">"Kind of event"</label>
                        <select id="kind" name="kind">
                            <option value="">"Any"</option>
                            {kinds}
                        </select>
                    </div>
                    <div class="field">
                        <label for="since">"Since"</label>
                        <select id="since" name="since">
                            <option value="">"As far back as there is"</option>
                            {times}
                        </select>
                    </div>
                </div>
                <div class="actions">
                    <button class="button primary" r#type="submit">
                        "Search"
                    </button>
                    <a class="button" href="/admin/events">
                        "Clear"
                    </a>
                </div>
            </form>
        </details>
    }
}

/// What is in the frame.
#[component]
pub fn EventsPanel(
    question: Question,
    found: Found,
    /// Whether this is the newest part.
    is_first: bool,
    credits: Vec<Credit>,
    /// The present, RFC 3339.
    now: String,
) -> impl IntoView {
    let Found { people, events, next, misfit } = found;
    if let Some(misfit) = misfit {
        return view! {
            <div class="status" data-tone="look">
                <p class="title">"Nothing was looked for."</p>
                <p>{misfit.sentence()}</p>
            </div>
        }
        .into_any();
    }
    let several = (people.len() > 1).then_some("Anybody can claim an address. These accounts do:");
    let people = (!people.is_empty()).then(|| {
        let each = people.into_iter().map(|(account, created_at)| {
            let name = account.display_name.clone().unwrap_or_else(|| account.email.clone());
            view! {
                <li class="stack" data-gap="xs">
                    <h3>
                        <a href=format!("/admin/people/{}", account.id)><bdi>{name}</bdi></a>
                        {(!account.email_verified).then(|| view! { " " <span class="badge">"address not verified"</span> })}
                    </h3>
                    <p class="meta">
                        <PersonLink id=account.id /> " · account made " <When at=created_at.to_rfc3339() now=now.clone() />
                    </p>
                </li>
            }
        });
        view! {
            <section class="stack" aria-labelledby="people">
                <h2 id="people">"Who this is"</h2>
                {several.map(|several| view! { <p class="hint">{several}</p> })}
                <ul class="rows" role="list">
                    {each.collect_view()}
                </ul>
            </section>
        }
    });
    let newest = (!is_first).then(|| {
        let query = question.query(None);
        view! { <a class="button" href=format!("/admin/events?{query}")>"Newest"</a> }
    });
    let older = next.map(|at| {
        let query = question.query(Some(&at));
        view! { <a class="button" href=format!("/admin/events?{query}")>"Older"</a> }
    });
    let parts = (newest.is_some() || older.is_some()).then(|| {
        view! {
            <nav class="actions" aria-label="More events">
                {newest}
                {older}
            </nav>
        }
    });
    view! {
        <div class="stack" data-gap="xl">
            {people}
            <section class="stack" aria-labelledby="found">
                <h2 id="found" tabindex="-1" data-focus>
                    {if is_first { "Newest first" } else { "Older" }}
                </h2>
                <EventList events=events now=now />
                {parts}
                <Credits credits=credits />
            </section>
        </div>
    }
    .into_any()
}
