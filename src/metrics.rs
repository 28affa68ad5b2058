//! Counters, for Prometheus. Nothing here names a person, a network or anything else that there may be many of: every label has a
//! fixed set of values.

use std::sync::Mutex;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

/// What `/metrics` calls its text.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Seconds. A sign-in takes a few milliseconds; 250 ms is what Keycloak's objective allows 95 of 100 requests.
const SECONDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// The age of a checkpoint that never was: thirty years, which any rule finds too old.
const NEVER: f64 = 1e9;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EventLabels {
    event: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: String,
    method: &'static str,
    status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DecisionLabels {
    moment: &'static str,
    decision: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AlertLabels {
    rule: String,
    severity: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DepthLabels {
    channel: String,
    state: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LayerLabels {
    layer: String,
}

/// What is found out when somebody asks.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// Whether the database answers.
    pub database_is_up: bool,
    /// How long ago the last checkpoint of the audit trail left; `None` if none ever did.
    pub checkpoint_age: Option<f64>,
    /// How many events there have been.
    pub events: i64,
    /// How many alerts nobody has read of yet: events that the rules have not seen.
    pub unread_events: i64,
    /// How many notices wait, by channel and state.
    pub outbox: Vec<(String, String, i64)>,
    /// How many requests were refused for being too many, by layer.
    pub throttled: Vec<(String, u64)>,
}

/// All counters of this process.
#[derive(Debug)]
pub struct Metrics {
    registry: Mutex<Registry>,
    events: Family<EventLabels, Counter>,
    requests: Family<RequestLabels, Histogram>,
    decisions: Family<DecisionLabels, Counter>,
    alerts: Family<AlertLabels, Counter>,
    throttled: Family<LayerLabels, Counter>,
    outbox: Family<DepthLabels, Gauge>,
    database_is_up: Gauge,
    checkpoint_age: Gauge<f64, AtomicU64>,
    trail_events: Gauge,
    unread_events: Gauge,
    resident_memory: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let requests = Family::<RequestLabels, Histogram>::new_with_constructor(|| Histogram::new(SECONDS));
        let metrics = Self {
            registry: Mutex::new(Registry::with_prefix("holdfast")),
            requests,
            events: Family::default(),
            decisions: Family::default(),
            alerts: Family::default(),
            throttled: Family::default(),
            outbox: Family::default(),
            database_is_up: Gauge::default(),
            checkpoint_age: Gauge::default(),
            trail_events: Gauge::default(),
            unread_events: Gauge::default(),
            resident_memory: Gauge::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&self) {
        let mut registry = self.registry.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let version = vec![("version", env!("CARGO_PKG_VERSION"))];
        registry.register("build", "Which build this is", Info::new(version));
        registry.register("events", "Events written to the audit trail", self.events.clone());
        registry.register_with_unit(
            "http_request_duration",
            "How long requests took",
            Unit::Seconds,
            self.requests.clone(),
        );
        registry.register("risk_decisions", "What the risk engine decided", self.decisions.clone());
        registry.register("alerts", "Alerts raised", self.alerts.clone());
        registry.register("throttle_refusals", "Requests refused for being too many", self.throttled.clone());
        registry.register("outbox_depth", "Notices in the outbox", self.outbox.clone());
        registry.register("database_up", "Whether the database answers", self.database_is_up.clone());
        registry.register_with_unit(
            "audit_checkpoint_age",
            "Since the last signed checkpoint left",
            Unit::Seconds,
            self.checkpoint_age.clone(),
        );
        registry.register("audit_trail_events", "Events in the audit trail so far", self.trail_events.clone());
        registry.register(
            "audit_unread_events",
            "Events that the alert rules have not seen yet",
            self.unread_events.clone(),
        );
        registry.register_with_unit(
            "resident_memory",
            "Resident memory of this process",
            Unit::Bytes,
            self.resident_memory.clone(),
        );
    }

    /// An event was written.
    pub fn event(&self, event: &'static str, outcome: &'static str) {
        self.events.get_or_create(&EventLabels { event, outcome }).inc();
    }

    /// A request was answered. `route` is the path as the router knows it.
    pub fn request(&self, route: Option<&str>, method: &str, status: u16, seconds: f64) {
        let labels = RequestLabels {
            route: route.unwrap_or("other").to_owned(),
            method: match method {
                "GET" | "HEAD" => "GET",
                "POST" => "POST",
                _ => "other",
            },
            status: match status {
                200..300 => "2xx",
                300..400 => "3xx",
                429 => "429",
                400..500 => "4xx",
                _ => "5xx",
            },
        };
        self.requests.get_or_create(&labels).observe(seconds);
    }

    /// The risk engine has decided.
    pub fn decision(&self, moment: &'static str, decision: &'static str) {
        self.decisions.get_or_create(&DecisionLabels { moment, decision }).inc();
    }

    /// A rule that may raise alerts. Prometheus sees a rise only in a count that was there before.
    pub fn expect_alerts(&self, rule: &str, severity: &str) {
        let labels = AlertLabels { rule: rule.to_owned(), severity: severity.to_owned() };
        drop(self.alerts.get_or_create(&labels));
    }

    /// An alert was raised.
    pub fn alert(&self, rule: &str, severity: &str) {
        let labels = AlertLabels { rule: rule.to_owned(), severity: severity.to_owned() };
        self.alerts.get_or_create(&labels).inc();
    }

    /// As text, with how things stand right now.
    pub fn render(&self, standing: &Standing) -> String {
        self.database_is_up.set(i64::from(standing.database_is_up));
        self.checkpoint_age.set(standing.checkpoint_age.unwrap_or(NEVER));
        self.trail_events.set(standing.events);
        self.unread_events.set(standing.unread_events);
        self.resident_memory.set(resident_memory().unwrap_or_default());
        self.outbox.clear();
        for (channel, state, depth) in &standing.outbox {
            let labels = DepthLabels { channel: channel.clone(), state: state.clone() };
            self.outbox.get_or_create(&labels).set(*depth);
        }
        for (layer, count) in &standing.throttled {
            // Counted where it happens; here is only what it has come to.
            self.throttled.get_or_create(&LayerLabels { layer: layer.clone() }).inner().store(*count, Relaxed);
        }
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &registry);
        text
    }
}

/// `VmRSS` of this process.
fn resident_memory() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<i64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_written_and_labels_stay_few() {
        let metrics = Metrics::default();
        metrics.event("authn_login_success", "success");
        metrics.event("authn_login_success", "success");
        metrics.decision("sign_in", "allow");
        metrics.alert("spray", "high");
        for number in 0..100 {
            metrics.request(None, &format!("M{number}"), 404, 0.003);
        }
        let standing = Standing { database_is_up: true, checkpoint_age: Some(1.5), ..Standing::default() };
        let text = metrics.render(&standing);
        for line in [
            r#"holdfast_events_total{event="authn_login_success",outcome="success"} 2"#,
            r#"holdfast_risk_decisions_total{moment="sign_in",decision="allow"} 1"#,
            r#"holdfast_alerts_total{rule="spray",severity="high"} 1"#,
            r#"holdfast_http_request_duration_seconds_count{route="other",method="other",status="4xx"} 100"#,
            "holdfast_database_up 1",
            "holdfast_audit_checkpoint_age_seconds 1.5",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }
}
