//! The table of settings. A new one is a row here, a line in `Leptos.toml`, and a field of `Config`.

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// `table.key` in the file.
    pub path: &'static str,
    /// The variable that overrides it.
    pub env: &'static str,
    /// What it is when nothing is said; `None` where that depends on other settings.
    pub default: Option<&'static str>,
    /// Whether its value may hold a password, and so must not be repeated.
    pub secret: bool,
}

/// One whose value may hold a password.
const fn secret(path: &'static str, env: &'static str, default: Option<&'static str>) -> Setting {
    Setting { path, env, default, secret: true }
}

const fn setting(path: &'static str, env: &'static str, default: Option<&'static str>) -> Setting {
    Setting { path, env, default, secret: false }
}

/// What each signal of the risk engine adds: the engine's own table, which a test compares.
const POINTS: &str = "device_changed=40,network_changed=25,new_country=10,new_asn=10,impossible_travel=40,\
parallel_use=25,session_split=60,unlikely=120,fresh_device=15,fresh_passkey=15,automated_user_agent=40,\
bound_cookie_missing=60,proof_missing=40,failed_assertions=30,counter_regressed=40,\
backup_eligibility_changed=20,recent_recovery=40,engine_failed=60,sensitive_route=20";

/// What is sensitive: the engine's own list.
const SENSITIVE_ROUTES: &str = "/auth/sessions,/auth/passkeys/remove,/api-keys,/billing,/account/sessions,/account/api-keys,\
/account/billing,/account/recovery,/account/email,/account/export,/account/delete,/admin";

/// Every setting there is.
pub const SETTINGS: &[Setting] = &[
    setting("server.site-addr", "LEPTOS_SITE_ADDR", Some("127.0.0.1:3000")),
    setting("server.origin", "HOLDFAST_ORIGIN", None),
    setting("server.rp-id", "HOLDFAST_RP_ID", None),
    setting("server.related-origins", "HOLDFAST_RELATED_ORIGINS", Some("")),
    setting("server.name", "HOLDFAST_NAME", Some("Holdfast")),
    setting("server.security-contact", "HOLDFAST_SECURITY_CONTACT", None),
    setting("server.trusted-proxies", "HOLDFAST_TRUSTED_PROXIES", Some("")),
    setting("server.tls-cert", "HOLDFAST_TLS_CERT", None),
    setting("server.tls-key", "HOLDFAST_TLS_KEY", None),
    setting("server.reload-port", "LEPTOS_RELOAD_PORT", Some("3001")),
    secret("database.url", "HOLDFAST_DATABASE_URL", Some("sqlite://holdfast.db?mode=rwc")),
    setting("database.max-connections", "HOLDFAST_DATABASE_MAX_CONNECTIONS", Some("16")),
    setting("secrets.file", "HOLDFAST_SECRETS", None),
    setting("forward.sensitive", "HOLDFAST_FORWARD_SENSITIVE", Some("")),
    setting("forward.step-up", "HOLDFAST_FORWARD_STEP_UP", Some("")),
    setting("forward.apps", "HOLDFAST_FORWARD_APPS", Some("")),
    setting("forward.token", "HOLDFAST_FORWARD_TOKEN", Some("false")),
    setting("sessions.profile", "HOLDFAST_SESSION_PROFILE", Some("standard")),
    setting("sessions.lifetime", "HOLDFAST_SESSION_LIFETIME", None),
    setting("sessions.idle", "HOLDFAST_SESSION_IDLE", None),
    setting("sessions.rotate-after", "HOLDFAST_SESSION_ROTATE_AFTER", Some("15m")),
    setting("sessions.max-per-account", "HOLDFAST_SESSION_MAX_PER_ACCOUNT", Some("20")),
    setting("accounts.deletion-delay", "HOLDFAST_ACCOUNT_DELETION_DELAY", Some("7d")),
    setting("recovery.known-device", "HOLDFAST_RECOVERY_KNOWN_DEVICE", Some("1h")),
    setting("recovery.new-device", "HOLDFAST_RECOVERY_NEW_DEVICE", Some("24h")),
    setting("recovery.complete-within", "HOLDFAST_RECOVERY_COMPLETE_WITHIN", Some("7d")),
    setting("recovery.block", "HOLDFAST_RECOVERY_BLOCK", Some("24h")),
    setting("recovery.hold", "HOLDFAST_RECOVERY_HOLD", Some("72h")),
    setting("recovery.restore-within", "HOLDFAST_RECOVERY_RESTORE_WITHIN", Some("30d")),
    setting("audit.retention", "HOLDFAST_AUDIT_RETENTION", Some("365d")),
    setting("audit.checkpoints", "HOLDFAST_AUDIT_CHECKPOINTS", None),
    setting("alerts.off", "HOLDFAST_ALERTS_OFF", Some("")),
    setting("metrics.addr", "HOLDFAST_METRICS_ADDR", Some(super::metrics::DEFAULT)),
    setting("traces.otlp-endpoint", "HOLDFAST_OTLP_ENDPOINT", None),
    setting("risk.threshold", "HOLDFAST_RISK_THRESHOLD", Some("60")),
    setting("risk.points", "HOLDFAST_RISK_POINTS", Some(POINTS)),
    setting("risk.sensitive-routes", "HOLDFAST_RISK_SENSITIVE_ROUTES", Some(SENSITIVE_ROUTES)),
    setting("risk.young-sign-ins", "HOLDFAST_RISK_YOUNG_SIGN_INS", Some("10")),
    setting("risk.young-for", "HOLDFAST_RISK_YOUNG_FOR", Some("14d")),
    setting("risk.travel-distance", "HOLDFAST_RISK_TRAVEL_DISTANCE", Some("500")),
    setting("risk.travel-speed", "HOLDFAST_RISK_TRAVEL_SPEED", Some("900")),
    setting("risk.fresh-for", "HOLDFAST_RISK_FRESH_FOR", Some("1d")),
    setting("risk.recent-for", "HOLDFAST_RISK_RECENT_FOR", Some("3d")),
    setting("risk.parallel-for", "HOLDFAST_RISK_PARALLEL_FOR", Some("5m")),
    setting("risk.burst", "HOLDFAST_RISK_BURST", Some("5")),
    setting("risk.burst-window", "HOLDFAST_RISK_BURST_WINDOW", Some("10m")),
    setting("throttle.scale", "HOLDFAST_THROTTLE_SCALE", Some("1")),
    setting("geo.db", "HOLDFAST_GEO_DB", None),
    setting("geo.asn-db", "HOLDFAST_GEO_ASN_DB", None),
    secret("mail.smtp-url", "HOLDFAST_SMTP_URL", None),
    setting("mail.from", "HOLDFAST_MAIL_FROM", None),
    setting("mail.operator", "HOLDFAST_OPERATOR_MAIL", None),
    setting("mail.folder", "HOLDFAST_MAIL_FOLDER", None),
    secret("webhook.url", "HOLDFAST_WEBHOOK_URL", None),
    setting("webhook.caep", "HOLDFAST_WEBHOOK_CAEP", Some("true")),
    setting("log.format", "HOLDFAST_LOG", Some("pretty")),
    setting("log.filter", "HOLDFAST_LOG_FILTER", Some("info")),
];

/// Variables that name no setting of the file, and are read elsewhere.
#[cfg(not(feature = "broken-defences"))]
pub(super) const ELSEWHERE: &[&str] = &["HOLDFAST_CONFIG"];
#[cfg(feature = "broken-defences")]
pub(super) const ELSEWHERE: &[&str] = &["HOLDFAST_CONFIG", "HOLDFAST_BROKEN_DEFENCE"];

/// Names that the contract fixes for work to come. Setting one is no mistake, and has no effect yet.
pub(super) const RESERVED: &[&str] = &[];

/// Variables of the build, the tests and the set-up, which the server may inherit.
pub(super) const FOREIGN_PREFIXES: &[&str] =
    &["HOLDFAST_TEST_", "HOLDFAST_CACHE", "HOLDFAST_RUST", "HOLDFAST_URL", "HOLDFAST_CHROMIUM", "HOLDFAST_BINARY"];
