//! `/metrics`, on an address of its own: what it says is for the team that runs the service, and nobody else.

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::start::StartError;
use super::state::AppState;
use crate::clock::Timestamp;
use crate::metrics::{CONTENT_TYPE, Standing};
use crate::store::{self, alerts, audit_checkpoints, chain_heads};
use crate::throttle::Layer;

/// Take the address. Where nobody has named one, somebody else may have taken the usual one, and that stops nothing.
pub(super) async fn bind(state: &AppState) -> Result<Option<TcpListener>, StartError> {
    let Some(address) = state.config.metrics.address else { return Ok(None) };
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(Some(listener)),
        Err(error) if state.config.metrics.is_named => Err(StartError::Metrics { address, error }),
        Err(error) => {
            tracing::warn!(%address, %error, "there are no metrics: metrics.addr (HOLDFAST_METRICS_ADDR) can name another address");
            Ok(None)
        }
    }
}

/// Answer until told to stop.
pub(super) async fn serve(listener: TcpListener, state: AppState, stop: CancellationToken) {
    if let Ok(address) = listener.local_addr() {
        tracing::info!("metrics are at http://{address}/metrics");
    }
    let served = axum::serve(listener, router(state)).with_graceful_shutdown(stop.cancelled_owned()).await;
    if let Err(error) = served {
        tracing::error!(%error, "metrics are no longer served");
    }
}

/// The one path there.
pub fn router(state: AppState) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state(state)
}

async fn metrics(State(state): State<AppState>) -> impl IntoResponse {
    let standing = match standing(&state).await {
        Ok(standing) => standing,
        Err(error) => {
            tracing::warn!(%error, "the database did not answer for the metrics");
            Standing::default()
        }
    };
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], state.metrics.render(&standing))
}

async fn standing(state: &AppState) -> Result<Standing, store::Error> {
    let db = state.store.reader();
    let heads = chain_heads::all(db).await?;
    let read = alerts::cursors(db).await?;
    let now = state.clock.now();
    let checkpoint = audit_checkpoints::last(db, now.0).await?;
    let depths = state.outbox.depths().await?;
    let events: i64 = heads.iter().map(|head| head.seq).sum();
    let seen: i64 = read.iter().map(|cursor| cursor.seq).sum();
    Ok(Standing {
        database_is_up: true,
        checkpoint_age: checkpoint.map(|last| now.since(Timestamp(last.at)).as_secs_f64()),
        events,
        unread_events: events - seen,
        throttled: Layer::ALL
            .map(|layer| (layer.as_str().to_owned(), state.throttle.counts().refused(layer)))
            .into(),
        outbox: depths
            .into_iter()
            .map(|depth| (depth.channel, depth.state.name().to_owned(), depth.count))
            .collect(),
    })
}
