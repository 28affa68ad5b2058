//! Traces for OpenTelemetry, in builds with the feature `otlp`: what a request spent its time on, sent over OTLP (HTTP, JSON).
//!
//! A span says which route and method, what was answered, and the request's id: no path, no query, no address, nobody's name. Without
//! the feature, or without `traces.otlp-endpoint`, nothing here does anything.

#[cfg(feature = "otlp")]
mod export;

use super::middleware::TraceParent;

/// Whether this build can send traces.
pub const ARE_BUILT_IN: bool = cfg!(feature = "otlp");

#[cfg(feature = "otlp")]
pub(super) use export::{layer, stop};

/// The span of a request is part of the caller's trace, or begins one. Answers which, where traces are sent.
#[cfg(feature = "otlp")]
pub(in crate::server) fn join(span: &tracing::Span, parent: Option<&TraceParent>) -> Option<String> {
    use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags, TraceState};
    use tracing_opentelemetry::OpenTelemetrySpanExt;

    if !export::is_on() {
        return None;
    }
    if let Some(parent) = parent {
        let flags = TraceFlags::new(parent.flags & TraceFlags::SAMPLED.to_u8());
        let remote = SpanContext::new(parent.trace.into(), parent.span.into(), flags, true, TraceState::default());
        // A span that is filtered out has no parent either.
        let _ = span.set_parent(opentelemetry::Context::new().with_remote_span_context(remote));
    }
    let context = span.context();
    let own = context.span().span_context().clone();
    own.is_valid().then(|| own.trace_id().to_string())
}

/// The span of a request. By OpenTelemetry's conventions for HTTP servers it is named after the route: never after the path, of which
/// there are many.
#[cfg(feature = "otlp")]
pub(in crate::server) fn span(id: &str, method: &str, route: Option<&str>) -> tracing::Span {
    use tracing_opentelemetry::OpenTelemetrySpanExt;

    let name = route.map_or_else(|| method.to_owned(), |route| format!("{method} {route}"));
    let span = tracing::info_span!("request", id, otel.name = name, otel.kind = "server");
    if export::is_on() {
        span.set_attribute("http.request.method", method.to_owned());
        span.set_attribute("holdfast.request.id", id.to_owned());
        if let Some(route) = route {
            span.set_attribute("http.route", route.to_owned());
        }
    }
    span
}

/// What was answered.
#[cfg(feature = "otlp")]
pub(in crate::server) fn tell(span: &tracing::Span, status: u16) {
    use opentelemetry::trace::Status;
    use tracing_opentelemetry::OpenTelemetrySpanExt;

    if !export::is_on() {
        return;
    }
    span.set_attribute("http.response.status_code", i64::from(status));
    if status >= 500 {
        span.set_status(Status::error(""));
    }
}

/// The span of a request, for its lines in the log.
#[cfg(not(feature = "otlp"))]
pub(in crate::server) fn span(id: &str, _method: &str, _route: Option<&str>) -> tracing::Span {
    tracing::info_span!("request", id)
}

/// Nothing: this build has no traces.
#[cfg(not(feature = "otlp"))]
pub(in crate::server) fn join(_span: &tracing::Span, _parent: Option<&TraceParent>) -> Option<String> {
    None
}

/// Nothing: this build has no traces.
#[cfg(not(feature = "otlp"))]
pub(in crate::server) fn tell(_: &tracing::Span, _: u16) {}
