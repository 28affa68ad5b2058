//! The command line.

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use holdfast::audit::export::{Cursor, Format};
use holdfast::clock::{SystemClock, Timestamp};
use holdfast::drill;
use holdfast::keyring;
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

#[derive(Subcommand)]
enum Command {
    /// Answer requests until stopped (the default).
    Serve,
    /// Bring the database's schema up to date and exit.
    Migrate,
    /// Copy SQLite's database into a new file, while the service runs. For Postgres see docs/backup.md.
    Backup {
        /// The file. There must be none of that name.
        file: PathBuf,
    },
    /// After the database was put back to a backup, and before serving: end what must not live again.
    Restored {
        /// End every API key, too: those that were revoked since the backup are live again.
        #[arg(long)]
        end_api_keys: bool,
    },
    /// Print a new file of keys, for secrets.file.
    Secrets,
    /// What happened, and the proof of it.
    #[command(subcommand)]
    Audit(Audit),
    /// Print the key that webhooks are signed with.
    WebhookSecret,
    /// Send a mail to this address now, and say how that went.
    MailTest {
        /// Where to.
        address: String,
    },
    /// What waits to be sent, and what was given up.
    Outbox {
        /// Try again what was given up.
        #[arg(long)]
        retry: bool,
    },
    /// What the risk engine has decided.
    #[command(subcommand)]
    Risk(Risk),
    /// Attack a running instance, and say what held.
    Drill(drill::Arguments),
    /// Who may look at the console, /admin.
    #[command(subcommand)]
    Admin(Admin),
}

#[derive(Subcommand)]
enum Audit {
    /// Check that every event is as it was written, and none is missing. Fails if not.
    Verify {
        /// Checkpoints that were kept elsewhere. Without them: the file that the settings name, if it is there.
        #[arg(long)]
        checkpoints: Option<PathBuf>,
        /// The public key that they should be signed with. Without it: the one in the file of keys.
        #[arg(long)]
        key: Option<String>,
    },
    /// Print events, one JSON object a line, oldest first. The last line on standard error is the cursor to go on from.
    Export {
        /// In whose words: ocsf, ecs or jsonl.
        #[arg(long, default_value = "jsonl")]
        format: Format,
        /// From this moment on: RFC 3339, or a date. Without it: from the oldest that is kept.
        #[arg(long, value_parser = moment)]
        since: Option<Timestamp>,
        /// Only what comes after this cursor, which an earlier export printed.
        #[arg(long)]
        after: Option<Cursor>,
        /// At most so many events.
        #[arg(long)]
        limit: Option<u64>,
    },
    /// Print the public key that checks checkpoints.
    Key,
}

fn moment(text: &str) -> Result<Timestamp, &'static str> {
    Timestamp::parse(text).ok_or("a moment looks like 2026-11-23 or 2026-11-23T05:30:00Z")
}

#[derive(Subcommand)]
enum Admin {
    /// Make somebody an operator.
    Grant {
        /// Their id, or their address if nobody else claims it.
        #[arg(long)]
        user: String,
    },
    /// Make them one no longer.
    Revoke {
        /// Their id, or their address if nobody else claims it.
        #[arg(long)]
        user: String,
    },
    /// Print who is one.
    List,
}

#[derive(Subcommand)]
enum Risk {
    /// Score stored decisions again, from what lies sealed in their rows. Fails if any comes out different.
    Replay {
        /// Only the decision that was made for the request with this id.
        #[arg(long)]
        request: Option<String>,
    },
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command.unwrap_or(Command::Serve) {
        Command::Serve => {
            run(async |config| server::serve(server::open(config, Arc::new(SystemClock)).await?).await)
        }
        Command::Migrate => run(async |config| server::migrate(&config).await),
        Command::Backup { file } => run(async |config| say(&server::back_up(&config, &file).await?)),
        Command::Restored { end_api_keys } => {
            run(async |config| say(&server::say_restored(config, end_api_keys).await?))
        }
        Command::Secrets => print_secrets(),
        Command::Audit(Audit::Verify { checkpoints, key }) => {
            run(async |config| verify(&config, checkpoints, key.as_deref()).await)
        }
        Command::Audit(Audit::Export { format, since, after, limit }) => {
            run(async |config| export(&config, format, since, after.unwrap_or_default(), limit).await)
        }
        Command::Audit(Audit::Key) => run(async |config| print_audit_key(&config)),
        Command::WebhookSecret => run(async |config| say(&[server::webhook_secret(&config)?])),
        Command::MailTest { address } => {
            run(async |config| say(&[server::send_test_mail(&config, &address).await?]))
        }
        Command::Outbox { retry } => run(async |config| say(&server::outbox_report(config, retry).await?)),
        Command::Risk(Risk::Replay { request }) => run(async |config| replay(&config, request.as_deref()).await),
        Command::Drill(arguments) => run(async |config| attack(&config, &arguments).await),
        Command::Admin(Admin::Grant { user }) => {
            run(async |config| say(&server::grant_operator(&config, &user).await?))
        }
        Command::Admin(Admin::Revoke { user }) => {
            run(async |config| say(&server::revoke_operator(&config, &user).await?))
        }
        Command::Admin(Admin::List) => run(async |config| say(&server::list_operators(&config).await?)),
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

fn run<E: Into<Box<dyn Error>>>(work: impl AsyncFnOnce(Config) -> Result<(), E>) -> Result<(), Box<dyn Error>> {
    let config = Config::load()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    // Traces are sent by tasks.
    let _entered = runtime.enter();
    logging::start(&config);
    for notice in &config.notices {
        tracing::warn!("{notice}");
    }
    runtime.block_on(work(config)).map_err(Into::into)
}

async fn replay(config: &Config, request: Option<&str>) -> Result<(), Box<dyn Error>> {
    let replay = server::replay_risk(config, request).await?;
    let mut out = std::io::stdout();
    for (id, why) in &replay.different {
        writeln!(out, "{id}: {why}")?;
    }
    writeln!(out, "{} decisions gave the same again, {} did not", replay.same, replay.different.len())?;
    if !replay.different.is_empty() {
        return Err("stored decisions did not give the same again".into());
    }
    if replay.same == 0 && request.is_some() {
        return Err("no decision is kept for that request".into());
    }
    Ok(())
}

async fn verify(config: &Config, checkpoints: Option<PathBuf>, key: Option<&str>) -> Result<(), Box<dyn Error>> {
    let report = server::verify_audit(config, checkpoints, key).await?;
    let mut out = std::io::stdout();
    for fault in &report.faults {
        writeln!(out, "{fault}")?;
    }
    let (events, chains) = (report.events, report.chains);
    let s = if chains == 1 { "" } else { "s" };
    writeln!(out, "{events} events in {chains} chain{s}, {} of erased people", report.erased)?;
    match report.checkpoints {
        0 => writeln!(out, "compared with no checkpoint: an end that was cut off would not be seen")?,
        count => writeln!(out, "compared with {count} checkpoints")?,
    }
    if report.faults.is_empty() { Ok(()) } else { Err("the audit trail is not as it was written".into()) }
}

async fn export(
    config: &Config,
    format: Format,
    since: Option<Timestamp>,
    after: Cursor,
    limit: Option<u64>,
) -> Result<(), Box<dyn Error>> {
    let mut out = std::io::BufWriter::new(std::io::stdout());
    let exported = server::export_audit(config, format, since, after, limit, &mut out).await?;
    let mut told = std::io::stderr();
    for notice in &exported.notices {
        writeln!(told, "{notice}")?;
    }
    writeln!(told, "{} events. To go on: --after", exported.lines)?;
    Ok(writeln!(told, "{}", exported.cursor)?)
}

async fn attack(config: &Config, arguments: &drill::Arguments) -> Result<(), Box<dyn Error>> {
    if arguments.list {
        return say(&drill::list());
    }
    #[cfg(feature = "broken-defences")]
    if arguments.defences {
        return say(&holdfast::defence::list());
    }
    if arguments.clean {
        let erased = drill::clean(&server::look_inside(config).await?).await?;
        return say(&[format!("{erased} throw-away accounts were erased")]);
    }
    let inside = server::look_inside(config).await.map_err(|error| error.to_string());
    let report = drill::run(arguments, inside, server::stopped()).await?;
    let text = if arguments.json { format!("{}\n", report.json()) } else { report.table() };
    std::io::stdout().write_all(text.as_bytes())?;
    if report.has_held() { Ok(()) } else { Err("not everything held".into()) }
}

fn print_audit_key(config: &Config) -> Result<(), Box<dyn Error>> {
    say(&[server::audit_key(config)?.to_string()])
}

fn say(lines: &[String]) -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout();
    lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    Ok(())
}

fn print_secrets() -> Result<(), Box<dyn Error>> {
    Ok(std::io::stdout().write_all(keyring::new_file()?.as_bytes())?)
}
