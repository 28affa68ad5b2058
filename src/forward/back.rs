//! Where a person goes on after a page of ours. Whatever an address says, they stay on this host: a link cannot send them to a stranger.

use url::Url;

use super::{App, Asked};

/// A longer address is nobody's.
const LIMIT: usize = 2048;

/// A path and query of this host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Back(String);

impl Back {
    /// What somebody has written into an address. `None` if it leads elsewhere, or nowhere.
    pub(super) fn parse(origin: &Url, text: &str) -> Option<Self> {
        // The sign-in page sends who is signed in on: it would be asked again and again.
        Self::within(origin, text).filter(|back| back.0 != "/" && !back.0.starts_with("/?"))
    }

    /// The same at the host of an app, whose front page is a page like any other. What is ours there leads nowhere.
    pub(super) fn in_app(app: &App, text: &str) -> Option<Self> {
        Self::within(app.origin(), text).filter(|back| !back.0.starts_with("/auth/forward/"))
    }

    fn within(origin: &Url, text: &str) -> Option<Self> {
        if text.len() > LIMIT || text.contains('\\') || text.chars().any(char::is_control) {
            return None;
        }
        let url = origin.join(text).ok()?;
        if url.origin() != origin.origin() || !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        let path = url.path();
        // `//host` would be another host.
        if path.starts_with("//") {
            return None;
        }
        let whole = url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
        // Letters beyond ASCII have grown.
        (whole.len() <= LIMIT).then_some(Self(whole))
    }

    /// Where a request came from that a person can repeat: the page they want, or the one that a script runs in.
    pub(super) fn of(origin: &Url, asked: &Asked) -> Option<Self> {
        Self::of_request(origin, asked).filter(|back| Self::parse(origin, &back.0).is_some())
    }

    /// The same of a request to an app on a host of its own.
    pub(super) fn of_app(app: &App, asked: &Asked) -> Option<Self> {
        Self::of_request(app.origin(), asked).filter(|back| Self::in_app(app, &back.0).is_some())
    }

    fn of_request(origin: &Url, asked: &Asked) -> Option<Self> {
        let host = asked.host.as_deref()?;
        let own = Url::parse(&format!("{}://{host}", origin.scheme())).ok()?;
        // A proxy may leave the port out.
        if own.host() != origin.host() {
            return None;
        }
        if asked.is_navigation && !asked.is_change() {
            return Self::within(origin, asked.uri.as_deref()?);
        }
        let page = asked.page()?;
        Self::within(origin, &page[url::Position::BeforePath..url::Position::AfterQuery])
    }

    /// As the browser is told.
    pub fn path(&self) -> &str {
        &self.0
    }

    /// The request that going there will be.
    pub(super) fn asked(&self, origin: &Url) -> Asked {
        Asked {
            method: Some("GET".to_owned()),
            scheme: Some(origin.scheme().to_owned()),
            host: origin.host_str().map(str::to_owned),
            uri: Some(self.0.clone()),
            is_navigation: true,
            ..Asked::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin() -> Url {
        "https://login.example".parse().expect("an origin")
    }

    fn back(text: &str) -> Option<String> {
        Back::parse(&origin(), text).map(|back| back.0)
    }

    #[test]
    fn a_person_goes_on_where_they_were() {
        for (text, path) in [
            ("/reports", "/reports"),
            ("/reports?q=a%20b&c=%2F#top", "/reports?q=a%20b&c=%2F"),
            ("https://login.example/reports", "/reports"),
            ("https://login.example:443/reports", "/reports"),
            ("/a/../b", "/b"),
            ("reports", "/reports"),
            ("/caf\u{e9}", "/caf%C3%A9"),
        ] {
            assert_eq!(back(text).as_deref(), Some(path), "{text}");
        }
    }

    #[test]
    fn nobody_is_sent_to_a_stranger() {
        for text in [
            "https://evil.example/",
            "//evil.example/a",
            "/\\evil.example/a",
            "\\\\evil.example/a",
            "/\t/evil.example/a",
            "https:evil.example",
            "https:\\evil.example",
            "http://login.example/a",
            "https://login.example:8443/a",
            "https://login.example@evil.example/a",
            "https://evil@login.example/a",
            "https://login.example.evil.example/a",
            "javascript:alert(1)",
            "data:text/html,x",
            "/..//evil.example/a",
            "/%2e%2e//evil.example",
            "//login.example//evil.example",
            "https://login.example//evil.example",
            " //evil.example",
            "/a\r\nset-cookie: x=y",
        ] {
            // What is left of it is a path of this host, or nothing.
            if let Some(path) = back(text) {
                let there = origin().join(&path).expect("a path");
                assert_eq!(there.origin(), origin().origin(), "{text}: {path}");
                assert!(path.starts_with('/') && !path.starts_with("//"), "{text}: {path}");
            }
        }
        for text in [
            "https://evil.example/",
            "//evil.example/a",
            "https://login.example@evil.example/a",
            "/\\evil.example",
        ] {
            assert_eq!(back(text), None, "{text}");
        }
    }

    #[test]
    fn nobody_is_sent_round_in_circles() {
        for text in ["", "/", "/?to=/", "https://login.example", "?to=x", "#x"] {
            assert_eq!(back(text), None, "{text}");
        }
        assert_eq!(back(&format!("/{}", "a".repeat(LIMIT))), None);
    }

    #[test]
    fn a_request_leads_back_to_its_page() {
        let text = |text: &str| Some(text.to_owned());
        let asked = |method: &str, host: &str, is_navigation| Asked {
            method: text(method),
            scheme: text("https"),
            host: text(host),
            uri: text("/reports?q=1"),
            is_navigation,
            referer: text("https://login.example/page?x"),
            ..Asked::default()
        };
        let of = |asked: Asked| Back::of(&origin(), &asked).map(|back| back.0);
        assert_eq!(of(asked("GET", "login.example", true)).as_deref(), Some("/reports?q=1"));
        assert_eq!(of(asked("GET", "login.example", false)).as_deref(), Some("/page?x"));
        assert_eq!(of(asked("POST", "login.example", true)).as_deref(), Some("/page?x"));
        assert_eq!(of(asked("GET", "app.example", true)), None);
        assert_eq!(of(Asked { referer: None, ..asked("POST", "login.example", false) }), None);
        let elsewhere = Asked { referer: text("https://evil.example/a"), ..asked("POST", "login.example", false) };
        assert_eq!(of(elsewhere), None);
        assert_eq!(of(Asked { host: None, ..asked("GET", "", true) }), None);
    }
}
