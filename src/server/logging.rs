//! Log lines. Tokens, challenges, cookies, codes and bodies never reach them; paths do, queries do not.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt};

use super::config::{Config, LogFormat};

/// Libraries that print what they were given (challenges, authenticator data) when they do not like it, or say at each
/// start what nobody asked. Not even `log.filter` lets them.
const QUIET: [(&str, LevelFilter); 4] = [
    ("webauthn_rs", LevelFilter::OFF),
    ("webauthn_rs_core", LevelFilter::OFF),
    ("sqlx", LevelFilter::WARN),
    ("sea_orm_migration", LevelFilter::WARN),
];

/// A filter that keeps those libraries quiet.
pub fn with_quiet(filter: Targets) -> Targets {
    filter.with_targets(QUIET)
}

/// Start logging, once per process.
pub fn start(config: &Config) {
    let filter = with_quiet(config.log_filter.clone());
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match config.log_format {
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed(),
        LogFormat::Pretty => {
            lines.with_target(false).with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).boxed()
        }
    };
    // The filter is one for all: as a filter of the layer it would lose the line after each one that a library only asked
    // about, as sqlx does. A second start (in tests) keeps the first.
    let _ = tracing_subscriber::registry().with(lines).with(filter).try_init();
    // Where it happened, never what was in hand: a panic's message can hold input.
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panicked");
    }));
}
