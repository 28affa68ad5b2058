//! The command line.

use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use holdfast::clock::SystemClock;
use holdfast::server::config::Config;
use holdfast::server::{self, logging};

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
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments.command.unwrap_or(Command::Serve)) {
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

fn run(command: Command) -> Result<(), Box<dyn std::error::Error>> {
    let config = Config::load()?;
    logging::start(&config);
    for notice in &config.notices {
        tracing::warn!("{notice}");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Serve => server::serve(server::open(config, Arc::new(SystemClock)).await?).await?,
            Command::Migrate => server::migrate(&config).await?,
        }
        Ok(())
    })
}
