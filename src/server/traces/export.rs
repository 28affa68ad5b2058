//! Where spans go.

use std::sync::OnceLock;

use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tokio::runtime::Handle;
use tracing_subscriber::{Layer, Registry};
use url::Url;

use crate::notify::webhook::Client;

static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

pub(super) fn is_on() -> bool {
    PROVIDER.get().is_some()
}

/// A layer that hands every span on. Spans wait in memory, at most 2048; what is more is dropped, and no request waits.
pub(in crate::server) fn layer(endpoint: &Url, service: &str) -> Option<Box<dyn Layer<Registry> + Send + Sync>> {
    let mut url = endpoint.clone();
    url.path_segments_mut().ok()?.pop_if_empty().extend(["v1", "traces"]);
    let client = Sender { client: Client::new(url.clone()), runtime: Handle::current() };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_protocol(Protocol::HttpJson)
        .with_endpoint(url)
        .build();
    let exporter = match exporter {
        Ok(exporter) => exporter,
        Err(error) => {
            tracing::error!(%error, "there are no traces");
            return None;
        }
    };
    let resource = Resource::builder_empty()
        .with_service_name(service.to_owned())
        .with_attribute(opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        // A caller decides which trace a request belongs to, and nothing else.
        .with_sampler(Sampler::AlwaysOn)
        // Log lines stay in the log: they name paths and networks.
        .with_max_events_per_span(0)
        .with_resource(resource)
        .build();
    let provider = PROVIDER.get_or_init(|| provider);
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("holdfast"))
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false);
    Some(layer.boxed())
}

/// Send what is left.
pub(in crate::server) async fn stop() {
    let Some(provider) = PROVIDER.get() else { return };
    // It waits for its own thread, which waits for us.
    let stopped = tokio::task::spawn_blocking(|| provider.shutdown()).await;
    if !matches!(stopped, Ok(Ok(()))) {
        tracing::warn!("the last traces could not be sent");
    }
}

/// Our own way to post, so that traces need no second HTTP client.
struct Sender {
    client: Client,
    runtime: Handle,
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

#[async_trait::async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let body = String::from_utf8(request.into_body().to_vec())?;
        let client = self.client.clone();
        // The exporter has a thread of its own, outside of the runtime that connections need.
        let answer = self.runtime.spawn(async move { client.post(&[], body).await }).await?;
        let answer = answer.map_err(|failure| failure.to_string())?;
        Ok(Response::builder().status(answer.status).body(Bytes::new())?)
    }
}
