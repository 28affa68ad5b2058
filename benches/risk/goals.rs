//! What is wanted, what is held, and what was measured. A figure that falls behind what is held fails the run.

/// One figure.
pub struct Goal {
    pub what: String,
    pub measured: f64,
    /// What the project wants of it.
    pub wanted: f64,
    /// What it has reached: no change may fall behind this. The same as `wanted` where that is met.
    pub held: f64,
    /// Smaller is better.
    pub at_most: bool,
}

impl Goal {
    /// At least this.
    pub fn at_least(what: impl Into<String>, measured: f64, wanted: f64) -> Self {
        Self { what: what.into(), measured, wanted, held: wanted, at_most: false }
    }

    /// No more than this.
    pub fn at_most(what: impl Into<String>, measured: f64, wanted: f64) -> Self {
        Self { what: what.into(), measured, wanted, held: wanted, at_most: true }
    }

    /// What is wanted is not reached; this is.
    pub fn held_at(self, held: f64) -> Self {
        Self { held, ..self }
    }

    fn reaches(&self, mark: f64) -> bool {
        if self.at_most { self.measured <= mark } else { self.measured >= mark }
    }

    /// Why the run fails, if it does.
    pub fn failure(&self) -> Option<String> {
        let bound = if self.at_most { "no more than" } else { "at least" };
        (!self.reaches(self.held))
            .then(|| format!("{}: {:.4}, and it has to be {bound} {}.", self.what, self.measured, self.held))
    }
}

/// As a table, with what is missed said plainly.
pub fn table(goals: &[Goal]) -> String {
    let mut text = "| Goal | wanted | measured | |\n|---|---|---|---|\n".to_owned();
    for goal in goals {
        let sign = if goal.at_most { "≤" } else { "≥" };
        let verdict = if goal.reaches(goal.wanted) { "met" } else { "**missed**" };
        text += &format!("| {} | {sign} {} | {:.4} | {verdict} |\n", goal.what, goal.wanted, goal.measured);
    }
    text
}
