//! `GET /account/export` and `POST /account/export`: all that is kept of a person, as one file of JSON. It is written as it is read, so
//! that a long history needs no memory.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use uuid::Uuid;

use super::state::AppState;
use crate::api::{ApiError, cookies};
use crate::auth::{Caller, Error, Resolution};
use crate::vault::{Export, ExportPlace, Vault};

pub(super) async fn export(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Extension(resolution): Extension<Resolution>,
) -> Result<Response, ApiError> {
    let Export { renewed, kept, person } = state.vault.export(&caller, resolution.live()?).await?;
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let name = "attachment; filename=\"holdfast-export.json\"";
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(name));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    cookies::append(&mut headers, cookies::issue(cookies::SESSION, &renewed.token, renewed.lifetime));
    let head = kept.to_string();
    // The last brace comes after the events.
    let head = format!("{},\"events\":[", head.strip_suffix('}').unwrap_or(&head));
    let writer = Writer { vault: state.vault.clone(), person, next: Next::Head(head) };
    let body = Body::from_stream(futures::stream::try_unfold(writer, Writer::write));
    Ok((headers, body).into_response())
}

/// What comes next.
enum Next {
    Head(String),
    Events { from: Option<ExportPlace>, is_first: bool },
    End,
}

struct Writer {
    vault: Arc<Vault>,
    person: Uuid,
    next: Next,
}

impl Writer {
    /// The next piece. A failure ends the connection in the middle, so that nobody takes a part for the whole.
    async fn write(self) -> Result<Option<(Bytes, Self)>, Error> {
        let Self { vault, person, next } = self;
        let (piece, next) = match next {
            Next::Head(head) => (head, Next::Events { from: None, is_first: true }),
            Next::Events { from, is_first } => {
                let (events, rest) = vault.export_events(person, from).await?;
                let piece = joined(events, is_first, rest.is_none());
                (piece, rest.map_or(Next::End, |rest| Next::Events { from: Some(rest), is_first: false }))
            }
            Next::End => return Ok(None),
        };
        Ok(Some((piece.into(), Self { vault, person, next })))
    }
}

fn joined(events: Vec<Value>, is_first: bool, is_last: bool) -> String {
    let mut piece = String::new();
    for (index, event) in events.into_iter().enumerate() {
        if index > 0 || !is_first {
            piece.push(',');
        }
        piece.push('\n');
        piece.push_str(&event.to_string());
    }
    if is_last {
        piece.push_str("\n]}\n");
    }
    piece
}
