//! Apps behind the same proxy.

use url::Url;

use super::ConfigError;
use super::source::Source;
use crate::forward::{App, Area, ForwardPolicy};

/// `origin` is our own.
pub(super) fn policy(source: &Source, origin: &Url) -> Result<ForwardPolicy, ConfigError> {
    let areas = |path| {
        source.parse_with(path, "a list of paths such as /admin, POST /orders or app.example.com/admin", |text| {
            text.split(',').filter(|area| !area.trim().is_empty()).map(Area::parse).collect()
        })
    };
    let apps: Vec<App> = source.parse_with(
        "forward.apps",
        "a list of hosts other than the service's own, such as app.example.com",
        |text| {
            let hosts = text.split(',').filter(|host| !host.trim().is_empty());
            let apps: Option<Vec<App>> = hosts.map(|host| App::parse(origin.scheme(), host)).collect();
            apps.filter(|apps| apps.iter().all(|app| app.origin().host() != origin.host()))
        },
    )?;
    let token = source.switch("forward.token")?;
    Ok(ForwardPolicy { sensitive: areas("forward.sensitive")?, step_up: areas("forward.step-up")?, token, apps })
}
