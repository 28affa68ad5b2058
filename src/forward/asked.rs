//! What a proxy says of the request that it asks about.

use url::Url;

/// A request to an app. What no trusted proxy has said is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// `X-Forwarded-Method`.
    pub method: Option<String>,
    /// `X-Forwarded-Proto`.
    pub scheme: Option<String>,
    /// `X-Forwarded-Host`, with the port if it says one.
    pub host: Option<String>,
    /// `X-Forwarded-Uri`: path and query.
    pub uri: Option<String>,
    /// Whether a person is on their way to a page.
    pub is_navigation: bool,
    /// Whether a WebSocket is to be opened.
    pub is_web_socket: bool,
    /// `Sec-Fetch-Site`, as the browser said it.
    pub fetch_site: Option<String>,
    /// `Origin`, as the browser said it.
    pub origin: Option<String>,
    /// `Referer`, as the browser said it.
    pub referer: Option<String>,
}

/// RFC 9110 §9.2.1. A TRACE is nobody's who has a browser.
const SAFE: [&str; 3] = ["GET", "HEAD", "OPTIONS"];

impl Asked {
    /// Whether it can change something. What opens a WebSocket is a GET, and so is everything that is said through it.
    pub fn is_change(&self) -> bool {
        self.is_web_socket || self.method.as_deref().is_some_and(|method| !SAFE.contains(&method))
    }

    /// Whether another site's page is behind it where that matters. What the browser says of itself counts first (Fetch Metadata), then
    /// the page that it names. A program says neither, and changes nothing with a cookie.
    pub fn is_from_elsewhere(&self) -> bool {
        if !self.is_change() && self.method.is_some() {
            return false;
        }
        match (self.fetch_site.as_deref(), self.origin.as_deref()) {
            (Some(site), _) => !["same-origin", "none"].contains(&site),
            // It may read, as far as anybody knows.
            (None, None) if !self.is_change() => false,
            (None, origin) => !origin.is_some_and(|origin| self.is_at(origin)),
        }
    }

    /// Whether this address is the app's own.
    fn is_at(&self, address: &str) -> bool {
        let (Ok(address), Some(host)) = (Url::parse(address), self.host.as_deref()) else { return false };
        let scheme = self.scheme.as_deref().unwrap_or(address.scheme());
        let Ok(own) = Url::parse(&format!("{scheme}://{host}")) else { return false };
        own.origin().is_tuple() && own.origin() == address.origin()
    }

    /// The origin of the app, if the proxy says all of it.
    pub fn audience(&self) -> Option<String> {
        let url = Url::parse(&format!("{}://{}", self.scheme.as_deref()?, self.host.as_deref()?)).ok()?;
        url.origin().is_tuple().then(|| url.origin().ascii_serialization())
    }

    /// The page that a script runs in, if it is the app's own.
    pub fn page(&self) -> Option<Url> {
        let referer = self.referer.as_deref().filter(|referer| self.is_at(referer))?;
        Url::parse(referer).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: &str) -> Asked {
        let text = |text: &str| Some(text.to_owned());
        Asked { method: text(method), scheme: text("https"), host: text("app.example"), ..Asked::default() }
    }

    #[test]
    fn what_changes_something_must_come_from_the_app_itself() {
        let from = |method, site: Option<&str>, origin: Option<&str>| {
            let own = |text: Option<&str>| text.map(str::to_owned);
            Asked { fetch_site: own(site), origin: own(origin), ..asked(method) }.is_from_elsewhere()
        };
        for method in ["POST", "PUT", "PATCH", "DELETE", "TRACE", "get", "QUERY", ""] {
            for (site, origin, is_elsewhere) in [
                (Some("same-origin"), None, false),
                (Some("none"), None, false),
                // The browser itself knows better than what is said beside it.
                (Some("same-origin"), Some("https://evil.example"), false),
                (Some("same-site"), Some("https://app.example"), true),
                (Some("cross-site"), None, true),
                (Some("cross-site"), Some("https://app.example"), true),
                (Some(""), None, true),
                (None, Some("https://app.example"), false),
                (None, Some("https://app.example:443"), false),
                (None, Some("http://app.example"), true),
                (None, Some("https://app.example:8443"), true),
                (None, Some("https://evil.example"), true),
                (None, Some("https://app.example.evil.example"), true),
                (None, Some("null"), true),
                (None, Some(""), true),
                (None, None, true),
            ] {
                assert_eq!(from(method, site, origin), is_elsewhere, "{method} {site:?} {origin:?}");
            }
        }
        for method in SAFE {
            assert!(!from(method, Some("cross-site"), Some("https://evil.example")), "{method}");
        }
    }

    #[test]
    fn a_web_socket_is_a_change_although_it_is_a_get() {
        let open = |origin: &str| {
            Asked { is_web_socket: true, origin: Some(origin.to_owned()), ..asked("GET") }.is_from_elsewhere()
        };
        assert!(open("https://evil.example"));
        assert!(!open("https://app.example"));
    }

    #[test]
    fn of_what_nobody_has_said_is_taken_what_the_browser_says() {
        let unsaid = |site: Option<&str>| {
            Asked { fetch_site: site.map(str::to_owned), ..Asked::default() }.is_from_elsewhere()
        };
        assert!(!unsaid(None), "a program reads");
        assert!(!unsaid(Some("same-origin")));
        assert!(unsaid(Some("cross-site")), "it may be a form of another site");
        let origin = Some("https://evil.example".to_owned());
        assert!(Asked { origin, ..Asked::default() }.is_from_elsewhere());
    }

    #[test]
    fn a_page_counts_if_it_is_the_apps_own() {
        let page = |referer: &str| {
            let asked = Asked { referer: Some(referer.to_owned()), ..asked("POST") };
            asked.page().map(|url| url.path().to_owned())
        };
        assert_eq!(page("https://app.example/a/b?c").as_deref(), Some("/a/b"));
        for other in ["https://evil.example/a", "http://app.example/a", "/a", "", "about:blank"] {
            assert_eq!(page(other), None, "{other}");
        }
    }
}
