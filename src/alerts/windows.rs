//! The events of the last hours, by what each rule groups them by. What is in here follows from the trail alone, so it can be made
//! again after a restart.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::rule::{Key, Rule};
use super::seen::Seen;
use crate::clock::Timestamp;

/// No rule looks back further.
pub(super) const LONGEST: Duration = Duration::from_hours(24);
/// Of one key a rule sees this many at most, the newest. Every threshold is far below.
const EVENTS: usize = 256;
/// When there are more groups than this, those that are over go.
const GROUPS: usize = 100_000;

type Group = VecDeque<Arc<Seen>>;

/// A rule has found something.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) rule: &'static Rule,
    pub(super) key: Key,
    /// The events that did it, oldest first.
    pub(super) events: Vec<Arc<Seen>>,
}

/// The windows of all rules.
#[derive(Debug)]
pub(super) struct Windows {
    rules: Vec<&'static Rule>,
    groups: HashMap<(&'static str, Key), Group>,
    /// When to look for groups that are over.
    limit: usize,
}

impl Windows {
    pub(super) fn new(rules: Vec<&'static Rule>) -> Self {
        Self { rules, groups: HashMap::new(), limit: GROUPS }
    }

    /// One more event has come.
    pub(super) fn see(&mut self, seen: &Arc<Seen>) -> Vec<Finding> {
        let mut found = Vec::new();
        for rule in &self.rules {
            let Some(key) = (rule.key)(seen) else { continue };
            let group = self.groups.entry((rule.name, key.clone())).or_default();
            let since = seen.at.minus(rule.window);
            group.retain(|event| event.at > since);
            group.push_back(seen.clone());
            if group.len() > EVENTS {
                group.pop_front();
            }
            let events: Vec<&Seen> = group.iter().map(AsRef::as_ref).collect();
            if (rule.fires)(&events) {
                found.push(Finding { rule, key, events: group.iter().cloned().collect() });
            }
        }
        if self.groups.len() > self.limit {
            let since = seen.at.minus(LONGEST);
            self.groups.retain(|_, group| group.back().is_some_and(|event| event.at > since));
            // So that it is not looked for with every event.
            self.limit = GROUPS.max(2 * self.groups.len());
        }
        found
    }

    /// What should have followed by now, and has not. Each is found once.
    pub(super) fn overdue(&mut self, now: Timestamp) -> Vec<Finding> {
        let mut found = Vec::new();
        for rule in &self.rules {
            let Some(overdue) = rule.overdue else { continue };
            let of_rule = self.groups.iter().filter(|((name, _), _)| *name == rule.name);
            let due: Vec<Key> = of_rule
                .filter(|(_, group)| overdue(&group.iter().map(AsRef::as_ref).collect::<Vec<_>>(), now))
                .map(|((_, key), _)| key.clone())
                .collect();
            for key in due {
                let group = self.groups.remove(&(rule.name, key.clone())).unwrap_or_default();
                found.push(Finding { rule, key, events: group.into() });
            }
        }
        found
    }
}
