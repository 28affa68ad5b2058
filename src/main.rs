//! The command line.

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use holdfast::clock::SystemClock;
use holdfast::keyring;
use holdfast::server::config::Config;
use holdfast::server::{self, StartError, logging};

/// Holdfast: a passkey-first login.
///
/// Settings come from Leptos.toml (or the file that HOLDFAST_CONFIG names) and the environment.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Clone, Copy, Subcommand)]
enum Command {
    /// Answer requests until stopped (the default).
    Serve,
    /// Bring the database's schema up to date and exit.
    Migrate,
    /// Print a new file of keys, for secrets.file.
    Secrets,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command.unwrap_or(Command::Serve) {
        Command::Serve => {
            run(async |config| server::serve(server::open(config, Arc::new(SystemClock)).await?).await)
        }
        Command::Migrate => run(async |config| server::migrate(&config).await),
        Command::Secrets => print_secrets(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "the one sentence that a failed start owes, logging or not")]
            {
                eprintln!("holdfast: {error}.");
            }
            ExitCode::FAILURE
        }
    }
}

fn run(work: impl AsyncFnOnce(Config) -> Result<(), StartError>) -> Result<(), Box<dyn Error>> {
    let config = Config::load()?;
    logging::start(&config);
    for notice in &config.notices {
        tracing::warn!("{notice}");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    Ok(runtime.block_on(work(config))?)
}

fn print_secrets() -> Result<(), Box<dyn Error>> {
    Ok(std::io::stdout().write_all(keyring::new_file()?.as_bytes())?)
}
