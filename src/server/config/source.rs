//! Where a setting's text comes from, remembered so that an error can say it.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::settings::{ELSEWHERE, FOREIGN_PREFIXES, RESERVED, SETTINGS, Setting};

/// Why the server does not start: one sentence that names the setting.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl ConfigError {
    pub(super) fn new(sentence: String) -> Self {
        Self(sentence)
    }
}

/// The text of every setting that was given.
pub(super) struct Source {
    /// By setting path: where it was given, and what.
    given: BTreeMap<&'static str, (String, String)>,
    notices: Vec<String>,
}

impl Source {
    pub(super) fn read(
        file_name: &str,
        text: &str,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut source = Self { given: BTreeMap::new(), notices: Vec::new() };
        source.read_file(file_name, text)?;
        for (name, value) in env {
            source.read_variable(name, value)?;
        }
        Ok(source)
    }

    fn read_file(&mut self, file_name: &str, text: &str) -> Result<(), ConfigError> {
        let root: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
            ConfigError(format!(
                "{file_name} line {line} is not valid TOML: {}",
                error.message().replace('\n', " ")
            ))
        })?;
        for (table_name, table) in &root {
            let Some(table) = table.as_table() else {
                return Err(ConfigError(format!("{file_name} has the unknown key {table_name}")));
            };
            if !SETTINGS.iter().any(|setting| setting.path.split('.').next() == Some(table_name)) {
                return Err(ConfigError(format!("{file_name} has the unknown table [{table_name}]")));
            }
            for (key, value) in table {
                let path = format!("{table_name}.{key}");
                let setting = SETTINGS
                    .iter()
                    .find(|setting| setting.path == path)
                    .ok_or_else(|| ConfigError(format!("{file_name} has the unknown key {path}")))?;
                let value = flatten(value).ok_or_else(|| {
                    ConfigError(format!("{path} in {file_name} must be text, a number or a list of text"))
                })?;
                self.given.insert(setting.path, (format!("{path} in {file_name}"), value));
            }
        }
        Ok(())
    }

    fn read_variable(&mut self, name: String, value: String) -> Result<(), ConfigError> {
        if let Some(setting) = SETTINGS.iter().find(|setting| setting.env == name) {
            // Empty is how a shell says "not set"; a list is the one setting that can mean it.
            if !value.is_empty() || setting.default == Some("") {
                self.given.insert(setting.path, (name, value));
            }
        } else if RESERVED.contains(&name.as_str()) {
            self.notices.push(format!("{name} is set, but nothing reads it yet"));
        } else if name.starts_with("HOLDFAST_")
            && !ELSEWHERE.contains(&name.as_str())
            && !FOREIGN_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        {
            return Err(ConfigError(format!("the environment has the unknown setting {name}")));
        }
        Ok(())
    }

    /// What was given, or the default that needs no thought; empty text is nothing.
    pub(super) fn optional(&self, path: &str) -> Option<&str> {
        let given = self.given.get(path).map(|(_, value)| value.as_str());
        given.or_else(|| row(path).default).filter(|value| !value.is_empty())
    }

    pub(super) fn string(&self, path: &str) -> &str {
        self.optional(path).unwrap_or_default()
    }

    pub(super) fn parse<T: FromStr>(&self, path: &str, expected: &str) -> Result<T, ConfigError> {
        self.parse_with(path, expected, |text| text.parse().ok())
    }

    pub(super) fn parse_with<T>(
        &self,
        path: &str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, ConfigError> {
        let text = self.string(path);
        parse(text).ok_or_else(|| {
            let place = self.given.get(path).map_or(path, |(place, _)| place);
            let shown = if row(path).secret { "a value".to_owned() } else { format!("{text:?}") };
            ConfigError(format!("{place} is {shown}, but must be {expected}"))
        })
    }

    pub(super) fn switch(&self, path: &str) -> Result<bool, ConfigError> {
        self.parse(path, "true or false")
    }

    pub(super) fn notices(&self) -> Vec<String> {
        self.notices.clone()
    }
}

fn row(path: &str) -> Setting {
    const UNKNOWN: Setting = Setting { path: "", env: "", default: None, secret: true };
    let row = SETTINGS.iter().find(|setting| setting.path == path);
    debug_assert!(row.is_some(), "{path} is not in the table of settings");
    row.copied().unwrap_or(UNKNOWN)
}

/// A TOML value as the text that an environment variable would hold.
pub(super) fn flatten(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(flag) => Some(flag.to_string()),
        toml::Value::Array(items) => {
            items.iter().map(|item| item.as_str()).collect::<Option<Vec<_>>>().map(|items| items.join(","))
        }
        _ => None,
    }
}
