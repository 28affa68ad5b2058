//! What the service says of itself under `/.well-known/`, and how long people can undo.

use std::time::Duration;

use url::Url;

use super::source::{ConfigError, Source};
use super::{parse_duration, parse_origin};
use crate::notify::Settings as NotifySettings;

/// Browsers read at least this many names of the list (WebAuthn Level 3 §5.11.1), and Chromium no more. Origins of one name in
/// several countries count once there; here each counts, so that what starts is read whole by every browser.
const RELATED_ORIGINS: usize = 5;

/// Shorter than an hour nobody reads a mail in time, and longer than a month is no answer to "erase me" (GDPR, article 12).
const DELETION_DELAY: std::ops::RangeInclusive<Duration> = Duration::from_hours(1)..=Duration::from_hours(30 * 24);

/// Other origins whose pages may use this service's passkeys.
pub(super) fn related_origins(source: &Source, origin: &Url) -> Result<Vec<Url>, ConfigError> {
    let expected = format!(
        "a list of at most {RELATED_ORIGINS} origins such as https://example.de, each once and without server.origin"
    );
    source.parse_with("server.related-origins", &expected, |text| {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let list: Vec<Url> = parts.map(parse_origin).collect::<Option<_>>()?;
        let is_new = |(at, url): (usize, &Url)| url != origin && !list[..at].contains(url);
        let is_right = list.len() <= RELATED_ORIGINS && list.iter().enumerate().all(is_new);
        is_right.then_some(list)
    })
}

/// Where to report a hole, as a URI.
pub(super) fn security_contact(source: &Source) -> Result<Option<String>, ConfigError> {
    if source.optional("server.security-contact").is_none() {
        return Ok(None);
    }
    source
        .parse_with("server.security-contact", "a mail address or an https URL", |text| {
            if let Some(address) = NotifySettings::parse_address(text) {
                return Some(format!("mailto:{address}"));
            }
            let url: Url = text.parse().ok()?;
            (url.scheme() == "https" && url.host().is_some()).then(|| url.to_string())
        })
        .map(Some)
}

/// For so long an account that is to be deleted can be kept.
pub(super) fn deletion_delay(source: &Source) -> Result<Duration, ConfigError> {
    source.parse_with("accounts.deletion-delay", "a time from 1h to 30d", |text| {
        parse_duration(text).filter(|delay| DELETION_DELAY.contains(delay))
    })
}

#[cfg(test)]
mod tests {
    use super::super::Config;

    fn parse(env: &[(&str, &str)]) -> Result<Config, String> {
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::parse("test", "", env).map_err(|error| error.to_string())
    }

    const ORIGIN: (&str, &str) = ("HOLDFAST_ORIGIN", "https://example.com");

    #[test]
    fn related_origins_are_secure_few_and_others() {
        let related = |list| parse(&[ORIGIN, ("HOLDFAST_RELATED_ORIGINS", list)]);
        for (list, count) in [
            ("", 0),
            ("https://example.de, https://example.co.uk:8443", 2),
            ("http://localhost:3000", 1),
            ("https://a.test,https://b.test,https://c.test,https://d.test,https://e.test", 5),
        ] {
            assert_eq!(related(list).expect(list).related_origins.len(), count, "{list}");
        }
        for list in [
            "http://example.de",
            "https://example.de/login",
            "example.de",
            "https://*.example.de",
            "https://192.0.2.1",
            "https://example.com",
            "https://example.de,https://EXAMPLE.de",
            "https://a.test,https://b.test,https://c.test,https://d.test,https://e.test,https://f.test",
        ] {
            let error = related(list).expect_err(list);
            assert!(error.contains("HOLDFAST_RELATED_ORIGINS") && !error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn a_contact_is_a_mailbox_or_a_page() {
        let contact = |text| parse(&[("HOLDFAST_SECURITY_CONTACT", text)]).map(|config| config.security_contact);
        assert_eq!(contact(""), Ok(None));
        assert_eq!(contact("security@example.com"), Ok(Some("mailto:security@example.com".to_owned())));
        assert_eq!(contact("https://example.com/report"), Ok(Some("https://example.com/report".to_owned())));
        for text in ["http://example.com/report", "nobody", "a@b.test\nPolicy: x", "a@b.test, c@d.test"] {
            assert!(contact(text).is_err_and(|error| error.contains("HOLDFAST_SECURITY_CONTACT")), "{text}");
        }
    }

    #[test]
    fn a_deletion_can_be_undone_for_an_hour_at_least_and_a_month_at_most() {
        let delay = |text| parse(&[("HOLDFAST_ACCOUNT_DELETION_DELAY", text)]).map(|config| config.deletion_delay);
        assert_eq!(delay(""), Ok(std::time::Duration::from_hours(7 * 24)));
        for text in ["1h", "30d"] {
            assert!(delay(text).is_ok(), "{text}");
        }
        for text in ["59m", "31d", "0d", "soon"] {
            assert!(delay(text).is_err_and(|error| error.contains("HOLDFAST_ACCOUNT_DELETION_DELAY")), "{text}");
        }
    }
}
