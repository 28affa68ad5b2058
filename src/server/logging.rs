//! Log lines. Tokens, challenges, cookies, codes and bodies never reach them; paths do, queries do not.

use tracing_subscriber::EnvFilter;

use super::config::{Config, LogFormat};

/// Start logging, once per process.
pub fn start(config: &Config) {
    let filter = EnvFilter::new(&config.log_filter);
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start (in tests) keeps the first.
    let _ = match config.log_format {
        LogFormat::Json => {
            builder.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
        }
        LogFormat::Pretty => builder.with_target(false).try_init(),
    };
    // Where it happened, never what was in hand: a panic's message can hold input.
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panicked");
    }));
}
