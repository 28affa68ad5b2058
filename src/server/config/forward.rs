//! Apps behind the same proxy.

use super::ConfigError;
use super::source::Source;
use crate::forward::{Area, ForwardPolicy};

pub(super) fn policy(source: &Source) -> Result<ForwardPolicy, ConfigError> {
    let areas = |path| {
        source.parse_with(path, "a list of paths such as /admin, POST /orders or app.example.com/admin", |text| {
            text.split(',').filter(|area| !area.trim().is_empty()).map(Area::parse).collect()
        })
    };
    let token = source.switch("forward.token")?;
    Ok(ForwardPolicy { sensitive: areas("forward.sensitive")?, step_up: areas("forward.step-up")?, token })
}
