//! Parts of apps that matter, as the configuration names them.

use super::{App, Asked};
use crate::auth::Refusal;

/// A longer name names nothing.
const LIMIT: usize = 200;

/// `[METHOD ][HOST]/path`: everything at that path and below it, of every app that is not told apart by its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    method: Option<String>,
    host: Option<String>,
    segments: Vec<String>,
    name: String,
}

impl Area {
    /// As the configuration writes it.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (method, place) = match text.split_once(' ') {
            Some((method, place)) => (Some(method), place.trim()),
            None => (None, text),
        };
        if method.is_some_and(|method| method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_uppercase()))
        {
            return None;
        }
        let (host, path) = place.split_at(place.find('/')?);
        let is_host = |host: &str| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte));
        let is_path = path.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#%\\;\"<>".contains(&byte));
        let segments = path_of(path).0;
        // One that reads otherwise than it is written would not be what somebody meant.
        let is_plain = format!("/{}", segments.join("/")) == path.to_ascii_lowercase();
        (place.len() <= LIMIT && is_host(host) && is_path && is_plain).then(|| Self {
            method: method.map(str::to_owned),
            host: (!host.is_empty()).then(|| tidy_host(host)),
            segments,
            name: place.to_owned(),
        })
    }

    /// Whether a request is for it. In doubt it is: an app may read a path otherwise than we do.
    fn holds(&self, asked: &Asked) -> bool {
        let is_method = match (&self.method, &asked.method) {
            (Some(own), Some(method)) => own == method,
            _ => true,
        };
        let is_host = match (&self.host, &asked.host) {
            (Some(own), Some(host)) => is_host(own, host),
            _ => true,
        };
        let is_path = asked.uri.as_deref().is_none_or(|uri| {
            let (resolved, plain) = path_of(uri);
            resolved.starts_with(&self.segments) || plain.starts_with(&self.segments)
        });
        is_method && is_host && is_path
    }
}

/// Whether a request names this host. Without a port it is meant whatever the port.
fn is_host(own: &str, asked: &str) -> bool {
    let asked = tidy_host(asked);
    *own == asked || Some(own) == asked.rsplit_once(':').map(|(name, _)| name)
}

/// A host in one spelling.
fn tidy_host(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}

/// The segments of a path as apps may read it: decoded, in lower case, without what stands behind a `;` or a NUL, with and without `..` followed.
fn path_of(uri: &str) -> (Vec<String>, Vec<String>) {
    let path = uri.split('?').next().unwrap_or_default();
    // Twice: a proxy in between may decode once more. No browser sends a `#`; whoever does means something by it.
    let path = decode(&decode(path)).replace(['\\', '#'], "/").to_lowercase();
    let (mut resolved, mut plain) = (Vec::new(), Vec::new());
    for segment in path.split('/') {
        match segment.split([';', '\0']).next().unwrap_or_default().trim() {
            "" | "." => {}
            ".." => drop(resolved.pop()),
            segment => {
                resolved.push(segment.to_owned());
                plain.push(segment.to_owned());
            }
        }
    }
    (resolved, plain)
}

fn decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// What matters in the apps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForwardPolicy {
    /// Reading it weighs, changing it takes a touch.
    pub sensitive: Vec<Area>,
    /// Even reading it takes a touch.
    pub step_up: Vec<Area>,
    /// Whether apps get who it is signed, too.
    pub token: bool,
    /// Apps on hosts of their own.
    pub apps: Vec<App>,
}

impl ForwardPolicy {
    /// The sensitive area that a request is for. One that nobody has named all of is for one.
    pub(super) fn sensitive_area(&self, asked: &Asked) -> Option<String> {
        if asked.method.is_none() || asked.host.is_none() || asked.uri.is_none() {
            return Some("unnamed".to_owned());
        }
        self.sensitive.iter().chain(&self.step_up).find(|area| area.holds(asked)).map(|area| area.name.clone())
    }

    /// The area that must have been opened with a touch for this request.
    pub(super) fn area_to_open(&self, asked: &Asked) -> Result<Option<String>, Refusal> {
        // Which method it is may not be known, but which path.
        let may_change = asked.is_change() || (asked.method.is_none() && asked.uri.is_some());
        let changed: &[Area] = if may_change { &self.sensitive } else { &[] };
        let found = self.step_up.iter().chain(changed).find(|area| area.holds(asked));
        match found {
            // It may be for that area, and for any other one.
            Some(_) if asked.uri.is_none() => Err(Refusal::ForwardedUriMissing),
            found => Ok(found.map(|area| area.name.clone())),
        }
    }

    /// The same request, without a host that is neither ours nor named here: a proxy that takes any would let whoever makes one up past
    /// what is said of one.
    pub(super) fn with_known_host(&self, asked: &Asked, own: Option<&str>) -> Asked {
        let mut asked = asked.clone();
        let named = self.sensitive.iter().chain(&self.step_up).filter_map(|area| area.host.as_deref());
        let apps = self.apps.iter().map(App::host);
        asked.host = asked.host.filter(|host| named.chain(apps).chain(own).any(|known| is_host(known, host)));
        asked
    }

    /// The names of all that a touch can open.
    pub(super) fn areas(&self) -> impl Iterator<Item = &str> {
        self.step_up.iter().chain(&self.sensitive).map(|area| area.name.as_str())
    }

    /// Whether there is one of this name.
    pub(super) fn has_area(&self, name: &str) -> bool {
        self.sensitive.iter().chain(&self.step_up).any(|area| area.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(text: &str) -> Area {
        Area::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    fn asked(method: &str, host: &str, uri: &str) -> Asked {
        let text = |text: &str| Some(text.to_owned());
        Asked { method: text(method), host: text(host), uri: text(uri), ..Asked::default() }
    }

    #[test]
    fn an_area_is_a_path_with_all_that_is_below_it() {
        let admin = area("/admin");
        for uri in ["/admin", "/admin/", "/admin/users", "/admin?x=1", "/admin#x"] {
            assert!(admin.holds(&asked("GET", "a.example", uri)), "{uri}");
        }
        for uri in ["/", "/administration", "/public", "/public/admin", "/?/admin", "/a?b=/admin"] {
            assert!(!admin.holds(&asked("GET", "a.example", uri)), "{uri}");
        }
        assert!(area("/").holds(&asked("GET", "a.example", "/whatever")));
    }

    #[test]
    fn however_an_app_may_read_a_path_it_is_in_the_area() {
        let admin = area("/admin");
        for uri in [
            "//admin",
            "/./admin",
            "/ADMIN",
            "/%61dmin",
            "/%2561dmin",
            "/x/../admin",
            "/x/%2e%2e/admin",
            "/admin;a=b",
            "/\\admin",
            "/%5cadmin",
            "/%2fadmin",
            "/admin%2fusers",
            "/admin/../public",
            "/..;/admin",
            "/admin%20",
            "/admin%00.png",
            "/admin#/../../public",
            "/public#/../../admin",
            "/public%23/../../admin",
            "/public%3f/../../admin",
        ] {
            assert!(admin.holds(&asked("GET", "a.example", uri)), "{uri}");
        }
    }

    #[test]
    fn an_area_may_be_of_one_app_or_one_method() {
        let of_app = area("app.example/pay");
        for (host, is_in) in [
            ("app.example", true),
            ("APP.example.", true),
            ("app.example:8443", true),
            ("b.example", false),
            ("app.example.evil.example", false),
        ] {
            assert_eq!(of_app.holds(&asked("GET", host, "/pay")), is_in, "{host}");
        }
        let deleting = area("DELETE /files");
        assert!(deleting.holds(&asked("DELETE", "a.example", "/files/1")));
        assert!(!deleting.holds(&asked("GET", "a.example", "/files/1")));
        // Whoever does not say cannot be told apart.
        assert!(deleting.holds(&Asked { method: None, ..asked("", "a.example", "/files/1") }));
        assert!(of_app.holds(&Asked { host: None, ..asked("GET", "", "/pay") }));
        assert!(of_app.holds(&Asked { uri: None, ..asked("GET", "app.example", "") }));
    }

    #[test]
    fn reading_weighs_and_changing_takes_a_touch() {
        let policy = ForwardPolicy {
            sensitive: vec![area("/pay")],
            step_up: vec![area("/admin")],
            token: false,
            apps: Vec::new(),
        };
        let of = |method, uri| {
            let asked = asked(method, "a.example", uri);
            (policy.sensitive_area(&asked), policy.area_to_open(&asked).expect("said"))
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(of("GET", "/pay"), (some("/pay"), None));
        assert_eq!(of("POST", "/pay"), (some("/pay"), some("/pay")));
        assert_eq!(of("GET", "/admin"), (some("/admin"), some("/admin")));
        assert_eq!(of("POST", "/"), (None, None));
        let unsaid = Asked { uri: None, ..asked("GET", "a.example", "") };
        assert_eq!(policy.sensitive_area(&unsaid), some("unnamed"));
        assert_eq!(policy.area_to_open(&unsaid), Err(Refusal::ForwardedUriMissing));
        assert_eq!(ForwardPolicy::default().area_to_open(&unsaid), Ok(None), "there is nothing it could be for");
        let unsaid = Asked { method: None, ..asked("", "a.example", "/pay") };
        assert_eq!(policy.area_to_open(&unsaid), Ok(some("/pay")), "it may be a change");
    }

    #[test]
    fn a_host_that_nobody_has_named_is_in_every_area() {
        let policy = ForwardPolicy {
            sensitive: vec![],
            step_up: vec![area("app.example/admin")],
            token: false,
            apps: Vec::new(),
        };
        for (host, is_in) in [
            ("app.example", true),
            ("made-up.example", true),
            ("login.example", false),
            ("login.example:443", false),
        ] {
            let asked = policy.with_known_host(&asked("GET", host, "/admin"), Some("login.example"));
            assert_eq!(policy.area_to_open(&asked).expect("said").is_some(), is_in, "{host}");
        }
    }

    #[test]
    fn what_reads_otherwise_than_it_is_written_is_no_area() {
        for good in ["/", "/admin", "POST /a/b", "app.example/Admin", "app.example:8443/a.b_c~d"] {
            assert!(Area::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "admin",
            "post /a",
            "POST",
            "/a b",
            "/a?b",
            "/a#b",
            "/a/",
            "//a",
            "/a/../b",
            "/%61",
            "/a;b",
            "/a\\b",
            "a_b/c",
            "https://app.example/a",
            "POST  ",
            &format!("/{}", "a".repeat(LIMIT)),
        ] {
            assert_eq!(Area::parse(bad), None, "{bad}");
        }
    }
}
