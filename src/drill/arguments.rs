//! What the command takes.

use url::Url;

/// Attack a running instance, as a thief would, and say what held. It makes its own throw-away accounts and erases them at the end.
#[derive(Debug, Default, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Arguments {
    /// Where it is, such as http://localhost:3000.
    #[arg(long, value_name = "URL")]
    pub target: Option<Url>,
    /// The origin of its pages, if that is another one than the target's.
    #[arg(long, value_name = "URL")]
    pub origin: Option<Url>,
    /// Attack another machine than this one. Only where you may.
    #[arg(long = "i-may-attack-this-host")]
    pub elsewhere: bool,
    /// Do not look into the audit trail and the alerts afterwards. Without this that is done where the settings open the target's
    /// database.
    #[arg(long)]
    pub no_evidence: bool,
    /// Only this attack; may be given several times.
    #[arg(long, value_name = "ATTACK")]
    pub only: Vec<String>,
    /// Print one JSON object instead of the table.
    #[arg(long)]
    pub json: bool,
    /// Attack nothing; erase what drills have left behind that were killed.
    #[arg(long)]
    pub clean: bool,
    /// Attack nothing; print what there is to try, a line each.
    #[arg(long)]
    pub list: bool,
    /// Attack nothing; print what this test build can break, and which attack must notice.
    #[cfg(feature = "broken-defences")]
    #[arg(long)]
    pub defences: bool,
}
