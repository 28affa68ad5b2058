//! What the process does beside answering: jobs, and sending what is due.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::metrics;
use super::state::AppState;
use crate::auth::{Auth, ROUTINE_INTERVAL};
use crate::{jobs, notify};

/// Work under way beside the requests.
pub struct Background {
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Background {
    /// Start it. Once told to stop, it gets `grace` to finish; what has not finished by then is dropped, its leases run out,
    /// and it is done again.
    pub fn start(state: &AppState, metrics: Option<TcpListener>, grace: Duration) -> Self {
        let stop = CancellationToken::new();
        let mut tasks = vec![
            tokio::spawn(jobs::run(state.jobs(), stop.clone())),
            tokio::spawn(notify::run(state.outbox.clone(), stop.clone())),
            tokio::spawn(write_routine(state.auth.clone(), stop.clone())),
        ];
        if let Some(listener) = metrics {
            tasks.push(tokio::spawn(metrics::serve(listener, state.clone(), stop.clone())));
        }
        let (told, handles) = (stop.clone(), tasks.iter().map(JoinHandle::abort_handle).collect::<Vec<_>>());
        tokio::spawn(async move {
            told.cancelled().await;
            tokio::time::sleep(grace).await;
            for handle in handles.iter().filter(|handle| !handle.is_finished()) {
                tracing::warn!("background work did not finish in time; it will be done again");
                handle.abort();
            }
        });
        Self { stop, tasks }
    }

    /// Tells it to begin nothing new.
    pub fn stopper(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Wait until it has stopped.
    pub async fn stop(self) {
        self.stop.cancel();
        futures::future::join_all(self.tasks).await;
    }
}

/// What was let through is written by every process for itself.
async fn write_routine(auth: Arc<Auth>, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(ROUTINE_INTERVAL)).await.is_some() {
        if let Err(error) = auth.flush_routine().await {
            tracing::warn!(%error, "requests that were let through are missing in the audit trail");
        }
    }
}
