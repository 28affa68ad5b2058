//! The pages of the console. A frame says nothing; what is in it comes with a proof, after a touch.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Extension, FromRequestParts, Path, Query, RawQuery, State};
use axum::response::Response;
use leptos::prelude::*;
use serde::Deserialize;
use uuid::Uuid;

use super::middleware::WATCH;
use super::pages::{Asked, fragment};
use super::state::AppState;
use crate::admin::{Question, Seen};
use crate::api::ApiError;
use crate::app;
use crate::auth::{Caller, EventId, Resolution};

/// `GET /admin`
pub(super) async fn now(asked: Asked) -> Response {
    asked.frame_in("Now", |context| context.of_console("/admin"), || view! { <app::NowPage /> }).await
}

/// `GET /admin/panel`
pub(super) async fn now_panel(operator: Operator) -> Result<Response, ApiError> {
    let Operator { state, caller, resolution, .. } = &operator;
    let now = state.admin.now(caller, resolution.live()?, operator.refreshes()).await?;
    Ok(match now {
        Some(now) => fragment(|| view! { <app::NowPanel now=now /> }),
        None => lapsed(),
    })
}

/// `GET /admin/alerts`
pub(super) async fn alerts(asked: Asked) -> Response {
    asked.frame_in("Alerts", |context| context.of_console("/admin/alerts"), || view! { <app::AlertsPage /> }).await
}

/// `GET /admin/alerts/panel`
pub(super) async fn alerts_panel(operator: Operator) -> Result<Response, ApiError> {
    let Operator { state, caller, resolution, .. } = &operator;
    let alerts = state.admin.alerts(caller, resolution.live()?).await?;
    let now = state.clock.now().to_rfc3339();
    Ok(fragment(|| view! { <app::AlertsPanel alerts=alerts now=now /> }))
}

/// What is searched for.
#[derive(Debug, Deserialize)]
pub(super) struct Typed {
    person: Option<String>,
    request: Option<String>,
    network: Option<String>,
    kind: Option<String>,
    since: Option<String>,
    cursor: Option<String>,
}

type TypedAsked = Result<Query<Typed>, QueryRejection>;

fn read(typed: TypedAsked) -> Result<(Question, Option<EventId>), ApiError> {
    let Ok(Query(Typed { person, request, network, kind, since, cursor })) = typed else {
        return Err(ApiError::invalid_request());
    };
    let cursor = cursor.map(|cursor| EventId::parse(&cursor).ok_or_else(ApiError::invalid_request)).transpose()?;
    Ok((Question { person, request, network, kind, since }.tidied(), cursor))
}

/// `GET /admin/events`
pub(super) async fn events(typed: TypedAsked, asked: Asked) -> Result<Response, ApiError> {
    let (question, cursor) = read(typed)?;
    let cursor = cursor.map(|cursor| cursor.to_string());
    let page = move || view! { <app::EventsPage question=question.clone() cursor=cursor.clone() /> };
    Ok(asked.frame_in("Events", |context| context.of_console("/admin/events"), page).await)
}

/// `GET /admin/events/panel`
pub(super) async fn events_panel(typed: TypedAsked, operator: Operator) -> Result<Response, ApiError> {
    let (question, before) = read(typed)?;
    let Operator { state, caller, resolution, .. } = &operator;
    let found = state.admin.search(caller, resolution.live()?, &question, before).await?;
    let credits = credits(state, found.events.iter().any(|event| event.country.is_some()));
    let now = state.clock.now().to_rfc3339();
    let is_first = before.is_none();
    Ok(fragment(|| {
        view! { <app::EventsPanel question=question found=found is_first=is_first credits=credits now=now /> }
    }))
}

type IdAsked = Result<Path<Uuid>, PathRejection>;

/// `GET /admin/people/{id}`
pub(super) async fn person(id: IdAsked, asked: Asked) -> Result<Response, ApiError> {
    let Ok(Path(id)) = id else { return Err(ApiError::not_found()) };
    let page = move || view! { <app::PersonPage id=id.to_string() /> };
    Ok(asked.frame_in("A person", |context| context.of_console("/admin/people"), page).await)
}

/// `GET /admin/people/{id}/panel`
pub(super) async fn person_panel(id: IdAsked, operator: Operator) -> Result<Response, ApiError> {
    let Ok(Path(id)) = id else { return Err(ApiError::not_found()) };
    let Operator { state, caller, resolution, .. } = &operator;
    let now = state.clock.now().to_rfc3339();
    Ok(match state.admin.person(caller, resolution.live()?, id, operator.refreshes()).await? {
        Seen::Lapsed => lapsed(),
        Seen::Nobody => fragment(|| view! { <app::NobodyPanel /> }),
        Seen::Person(person) => {
            let names_places = person.sessions.iter().any(|(_, country)| country.is_some())
                || person.events.iter().any(|event| event.country.is_some());
            let credits = credits(state, names_places);
            fragment(|| view! { <app::PersonPanel person=*person credits=credits now=now /> })
        }
    })
}

/// Whoever made the data of places is named where there is one.
fn credits(state: &AppState, names_places: bool) -> Vec<crate::api::Credit> {
    state.geo.credits().into_iter().filter(|_| names_places).map(Into::into).collect()
}

/// A request for what is in a frame.
#[derive(FromRequestParts)]
#[from_request(state(AppState))]
pub(super) struct Operator {
    #[from_request(via(State))]
    state: AppState,
    #[from_request(via(Extension))]
    caller: Caller,
    #[from_request(via(Extension))]
    resolution: Resolution,
    query: RawQuery,
}

impl Operator {
    /// Whether a page asks by itself.
    fn refreshes(&self) -> bool {
        self.query.0.as_deref() == Some(WATCH)
    }
}

/// The touch has run out while the page was open.
fn lapsed() -> Response {
    fragment(|| view! { <app::LapsedPanel /> })
}
