//! The listening socket, with or without TLS, and an end that lets requests finish.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio_util::sync::CancellationToken;

use super::background::Background;
use super::config::Tls;
use super::router::router;
use super::start::StartError;
use super::state::AppState;
use super::{metrics, site};

/// A client gets this long to send its headers.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// What is under way at the end gets this long to finish: requests, and background work beside them.
const GRACE: Duration = Duration::from_secs(10);

/// Answer requests until SIGINT or SIGTERM.
pub async fn serve(state: AppState) -> Result<(), StartError> {
    let address = state.config.site_addr;
    let listener = std::net::TcpListener::bind(address)
        .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
        .map_err(|error| StartError::Listen { address, error })?;
    let tls = match &state.config.tls {
        Some(tls) => Some(load(tls).await.map_err(StartError::Tls)?),
        None => None,
    };
    if let Some(notice) = state.outbox.mailer().prepare().map_err(StartError::Mail)? {
        tracing::warn!("{notice}");
    }
    for notice in state.store.lax_settings().await? {
        tracing::warn!("{notice}");
    }
    let metrics = metrics::bind(&state).await?;
    let handle = Handle::new();
    // Before anything else can happen that a rule would have told.
    state.watcher.announce().await?;
    let background = Background::start(&state, metrics, GRACE);
    let stopping = tokio::spawn(stop_on_signal(handle.clone(), background.stopper()));
    let app = router(state.clone()).into_make_service_with_connect_info::<SocketAddr>();
    if !site::is_there() {
        tracing::warn!(
            "this build has no site inside, so its pages do not work: make the site first (make build)"
        );
    }
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, "listening");
    }
    tracing::info!("Holdfast is ready at {}", state.config.origin.origin().ascii_serialization());

    let listen_error = |error| StartError::Listen { address, error };
    let served = if let Some(tls) = tls {
        let mut server =
            axum_server::from_tcp_rustls(listener, tls).map_err(listen_error)?.http1_only().handle(handle);
        limit(server.http_builder());
        server.serve(app).await
    } else {
        let mut server = axum_server::from_tcp(listener).map_err(listen_error)?.http1_only().handle(handle);
        limit(server.http_builder());
        server.serve(app).await
    };
    stopping.abort();
    background.stop().await;
    served.map_err(listen_error)?;
    if let Err(error) = state.throttle.flush().await {
        tracing::warn!(%error, "what was counted last could not be written");
    }
    if let Err(error) = state.auth.flush_routine().await {
        tracing::warn!(%error, "requests that were let through last are missing in the audit trail");
    }
    state.store.close().await?;
    #[cfg(feature = "otlp")]
    super::traces::stop().await;
    tracing::info!("stopped");
    Ok(())
}

async fn load(tls: &Tls) -> std::io::Result<RustlsConfig> {
    // ring, like everything else here; a second provider in the tree must not make rustls guess.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let loaded = RustlsConfig::from_pem_file(&tls.cert, &tls.key).await?;
    let mut config = rustls::ServerConfig::clone(&loaded.get_inner());
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(RustlsConfig::from_config(Arc::new(config)))
}

/// Headers must come in time. This works because we speak HTTP/1.1 only: to find out which version a client speaks,
/// hyper would first wait for bytes without any limit, and silent connections would stay for ever. A proxy in front
/// speaks HTTP/2 to browsers.
fn limit(builder: &mut Builder<TokioExecutor>) {
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
}

async fn stop_on_signal(handle: Handle<SocketAddr>, background: CancellationToken) {
    stopped().await;
    background.cancel();
    tracing::info!("stopping; requests under way may finish");
    handle.graceful_shutdown(Some(GRACE));
}

/// Done when this process is asked to stop (SIGINT, SIGTERM).
pub async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
