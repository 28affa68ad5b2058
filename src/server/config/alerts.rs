//! Which alert rules are switched off.

use super::source::{ConfigError, Source};
use crate::alerts::RULES;

pub(super) fn off(source: &Source) -> Result<Vec<&'static str>, ConfigError> {
    source.parse_with("alerts.off", "a list of alert rules", |text| {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        names.map(|name| RULES.iter().find(|rule| rule.name == name).map(|rule| rule.name)).collect()
    })
}
