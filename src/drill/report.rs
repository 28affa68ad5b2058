//! What came of a drill: a table for people, JSON for programs.

use std::fmt::Write;

use serde::Serialize;

/// What came of one attack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    Held,
    /// The attack got through, or left no evidence.
    DidNotHold,
    /// Something honest did not work, so nothing can be said.
    Failed,
    NotTried,
}

impl Verdict {
    fn word(&self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::DidNotHold => "NOT HELD",
            Self::Failed => "FAILED",
            Self::NotTried => "not tried",
        }
    }
}

/// One attack's row.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    pub(super) attack: &'static str,
    pub(super) tries: &'static str,
    pub(super) must: &'static str,
    pub(super) verdict: Verdict,
    /// What was found, where it did not hold; else what there is to say besides.
    pub(super) why: String,
    pub(super) request_ids: Vec<String>,
}

/// All of it.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub(super) target: String,
    pub(super) attacks: Vec<Row>,
    /// What was looked at besides the answers, or why nothing was.
    pub(super) evidence: String,
    /// What became of the accounts.
    pub(super) accounts: String,
    #[serde(rename = "isInterrupted")]
    pub(super) is_interrupted: bool,
}

/// So many request ids of one attack are in the table; JSON has all.
const SHOWN: usize = 3;

impl Report {
    /// Whether everything that was tried held, and something was.
    pub fn has_held(&self) -> bool {
        let count = |verdict| self.count(&verdict);
        !self.is_interrupted
            && count(Verdict::Held) > 0
            && count(Verdict::DidNotHold) + count(Verdict::Failed) == 0
    }

    fn count(&self, verdict: &Verdict) -> usize {
        self.attacks.iter().filter(|row| row.verdict == *verdict).count()
    }

    /// One JSON object.
    pub fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// A line an attack, and one for each thing that somebody should read.
    pub fn table(&self) -> String {
        let mut text = String::new();
        let width = self.attacks.iter().map(|row| row.attack.len()).max().unwrap_or_default().max("attack".len());
        let _ = writeln!(text, "{:<width$}  {:<9}  request ids", "attack", "verdict");
        for row in &self.attacks {
            let shown = row.request_ids.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(" ");
            let more = match row.request_ids.len().saturating_sub(SHOWN) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let _ = writeln!(text, "{:<width$}  {:<9}  {shown}{more}", row.attack, row.verdict.word());
            if !row.why.is_empty() {
                let _ = writeln!(text, "{:<width$}  {}", "", row.why);
            }
            if matches!(row.verdict, Verdict::DidNotHold | Verdict::Failed) {
                let _ = writeln!(text, "{:<width$}  {} {}", "", row.tries, row.must);
            }
        }
        let _ = writeln!(text, "\n{}\n{}", self.evidence, self.accounts);
        if self.is_interrupted {
            let _ = writeln!(text, "It was interrupted: what is missing here was not tried.");
        }
        let failed = self.count(&Verdict::DidNotHold) + self.count(&Verdict::Failed);
        let _ = write!(text, "drill: {} held, {failed} did not", self.count(&Verdict::Held));
        match self.count(&Verdict::NotTried) {
            0 => text.push('\n'),
            untried => {
                let _ = writeln!(text, ", {untried} were not tried");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(verdicts: &[Verdict]) -> Report {
        let row = |verdict: &Verdict| Row {
            attack: "stale_token",
            tries: "It tries.",
            must: "It must.",
            verdict: verdict.clone(),
            why: String::new(),
            request_ids: (0..5).map(|n| n.to_string()).collect(),
        };
        Report {
            target: "http://localhost:3000".into(),
            attacks: verdicts.iter().map(row).collect(),
            evidence: "Nothing was looked at.".into(),
            accounts: String::new(),
            is_interrupted: false,
        }
    }

    #[test]
    fn one_that_did_not_hold_is_enough_and_none_is_not() {
        use Verdict::{DidNotHold, Failed, Held, NotTried};
        assert!(report(&[Held, NotTried]).has_held());
        assert!(!report(&[Held, DidNotHold]).has_held());
        assert!(!report(&[Held, Failed]).has_held());
        assert!(!report(&[NotTried]).has_held() && !report(&[]).has_held());
        assert!(!Report { is_interrupted: true, ..report(&[Held]) }.has_held());
    }

    #[test]
    fn the_table_names_requests_and_counts() {
        let table = report(&[Verdict::Held, Verdict::DidNotHold, Verdict::NotTried]).table();
        assert!(table.contains("stale_token  held       0 1 2 and 2 more"), "{table}");
        assert!(
            table.contains("NOT HELD") && table.ends_with("drill: 1 held, 1 did not, 1 were not tried\n"),
            "{table}"
        );
        assert!(report(&[Verdict::Held]).json().contains(r#""requestIds":["0","1","2","3","4"]"#));
    }
}
