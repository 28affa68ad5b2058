//! Log lines. Tokens, challenges, cookies, codes and bodies never reach them; paths do, queries do not.

use tracing::Subscriber;
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
    let is_terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let layers = [Some(lines(config.log_format, is_terminal, std::io::stderr)), spans(config)];
    // A second start (in tests) keeps the first.
    let _ = subscriber(layers.into_iter().flatten().collect(), config.log_filter.clone()).try_init();
    // Where it happened, never what was in hand: a panic's message can hold input.
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panicked");
    }));
}

/// What does something with what happens.
type Boxed = Box<dyn Layer<Registry> + Send + Sync>;

/// What hands spans on, where somebody wants them.
#[cfg(feature = "otlp")]
fn spans(config: &Config) -> Option<Boxed> {
    super::traces::layer(config.traces.as_ref()?, &config.name)
}

#[cfg(not(feature = "otlp"))]
fn spans(_: &Config) -> Option<Boxed> {
    None
}

/// Lines in this form, to there.
pub(super) fn lines<W>(format: LogFormat, is_terminal: bool, writer: W) -> Boxed
where
    W: for<'a> fmt::MakeWriter<'a> + Send + Sync + 'static,
{
    // A line that cannot be written (the disk is full) is lost. To complain about it on standard error would panic.
    let lines = fmt::layer().with_writer(writer).log_internal_errors(false);
    match format {
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed(),
        LogFormat::Pretty => lines.with_target(false).with_ansi(is_terminal).boxed(),
    }
}

/// What passes the filter goes to each of these.
pub(super) fn subscriber(layers: Vec<Boxed>, filter: Targets) -> impl Subscriber + Send + Sync {
    // The filter is one for all: as a filter of a layer it would lose the line after each one that a library only asked
    // about, as sqlx does.
    tracing_subscriber::registry().with(layers).with(with_quiet(filter))
}
