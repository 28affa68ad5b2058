//! Our cookies: their names, and the one way they are written and read.
//!
//! `__Host-` (RFC 6265bis §4.1.3.2) pins each to this very host, `Secure` and `Path=/`; no sibling can set it.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use axum_extra::extract::cookie::{Cookie, SameSite};

use crate::auth::Presented;
use crate::secret::Secret;

/// The session.
pub const SESSION: &str = "__Host-sid";
/// The browser that began a ceremony.
pub const CEREMONY: &str = "__Host-ceremony";

/// A browser that somebody signed in from. It opens nothing.
pub const KNOWN_DEVICE: &str = "__Host-device";
/// The browser that a touch was made in. Without it the touch is no use: who copied the session cookie before has not this.
pub const STEP_UP: &str = "__Host-step-up";
/// What came with a link of a mail, while its page is looked at.
pub const LINK: &str = "__Host-link";
/// A recovery that was begun in this browser.
pub const RECOVERY: &str = "__Host-recovery";
/// A session that goes on at an app's host.
pub const APP_SESSION: &str = "__Host-app";
/// The browser that is about to, at an app's host.
pub const APP_STATE: &str = "__Host-app-state";
/// What DBSC binds.
pub const BOUND: &str = "__Host-bound";

/// The token that a `Set-Cookie` header hands out under this name, if one does.
pub fn issued(headers: &HeaderMap, name: &str) -> Option<Option<Secret>> {
    headers.get_all(header::SET_COOKIE).iter().find_map(|value| {
        let value = value.to_str().ok()?.strip_prefix(name)?.strip_prefix('=')?;
        Some(Secret::parse(value.split(';').next().unwrap_or_default()))
    })
}

/// A `Set-Cookie` value that hands out a secret.
pub fn issue(name: &'static str, secret: &Secret, lifetime: Duration) -> Option<HeaderValue> {
    let seconds = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
    write(name, secret.expose(), seconds)
}

/// A `Set-Cookie` value that takes a cookie back.
pub fn expire(name: &'static str) -> Option<HeaderValue> {
    write(name, String::new(), 0)
}

/// Reads a cookie that should hold a secret.
///
/// Names are compared byte for byte and nothing is decoded: to a browser `%5F%5FHost-sid` has no `__Host-` prefix, so a
/// sibling site could set it. A neighbour's odd bytes must not hide ours either.
pub fn read(headers: &HeaderMap, name: &str) -> Presented {
    let mut found = Presented::Nothing;
    let pairs =
        headers.get_all(header::COOKIE).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b';'));
    for pair in pairs {
        let pair = pair.trim_ascii();
        let Some(equals) = pair.iter().position(|byte| *byte == b'=') else { continue };
        if &pair[..equals] != name.as_bytes() {
            continue;
        }
        let value = std::str::from_utf8(&pair[equals + 1..]).ok().and_then(Secret::parse);
        found = match (found, value) {
            (Presented::Nothing, Some(secret)) => Presented::Secret(secret),
            (Presented::Secret(first), Some(second)) if first == second => Presented::Secret(first),
            // Two that differ: one of them is not ours, and there is no telling which.
            _ => return Presented::Malformed,
        };
    }
    found
}

/// Adds a `Set-Cookie` header.
pub fn append(headers: &mut HeaderMap, cookie: Option<HeaderValue>) {
    if let Some(cookie) = cookie {
        headers.append(header::SET_COOKIE, cookie);
    }
}

fn write(name: &'static str, value: String, max_age_seconds: i64) -> Option<HeaderValue> {
    let cookie = Cookie::build((name, value))
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(time::Duration::seconds(max_age_seconds));
    HeaderValue::from_str(&cookie.to_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_host_bound_and_out_of_scripts_reach() {
        let secret = Secret::generate().expect("entropy");
        let header = issue(SESSION, &secret, Duration::from_mins(1)).expect("header");
        let text = header.to_str().expect("ascii");
        assert!(text.starts_with(&format!("__Host-sid={}", secret.expose())), "{text}");
        for attribute in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age=60"] {
            assert!(text.contains(attribute), "{text}");
        }
        assert!(!text.contains("Domain"));
    }

    fn reading(cookies: &[&[u8]]) -> Presented {
        let mut headers = HeaderMap::new();
        for cookie in cookies {
            headers.append(header::COOKIE, HeaderValue::from_bytes(cookie).expect("header"));
        }
        read(&headers, SESSION)
    }

    #[test]
    fn a_sibling_cannot_slip_a_cookie_in_by_another_spelling() {
        let ours = Secret::generate().expect("entropy");
        let theirs = Secret::generate().expect("entropy").expose();
        let good = format!("__Host-sid={}", ours.expose());
        for name in ["%5F%5FHost-sid", "__host-sid", "__Host-sid%20", "__Host-sid "] {
            let tossed = format!("{name}={theirs}");
            for line in [format!("{tossed}; {good}"), format!("{good}; {tossed}")] {
                let found = reading(&[line.as_bytes()]);
                // A space before `=` is trimmed by nobody here, so that spelling too is another name.
                assert!(matches!(&found, Presented::Secret(secret) if *secret == ours), "{line}: {found:?}");
            }
            assert!(matches!(reading(&[tossed.as_bytes()]), Presented::Nothing), "{tossed}");
        }
    }

    #[test]
    fn two_that_differ_are_none_and_two_alike_are_one() {
        let (a, b) = (Secret::generate().expect("entropy"), Secret::generate().expect("entropy"));
        let (a, b) = (format!("__Host-sid={}", a.expose()), format!("__Host-sid={}", b.expose()));
        assert!(matches!(reading(&[format!("{a}; {b}").as_bytes()]), Presented::Malformed));
        assert!(matches!(reading(&[a.as_bytes(), b.as_bytes()]), Presented::Malformed));
        assert!(matches!(reading(&[a.as_bytes(), a.as_bytes()]), Presented::Secret(_)));
    }

    #[test]
    fn a_neighbours_odd_bytes_do_not_hide_ours() {
        let ours = format!("__Host-sid={}", Secret::generate().expect("entropy").expose());
        let line = [b"name=Zo\xc3\xab; ".as_slice(), ours.as_bytes(), b"; x=\xff"].concat();
        assert!(matches!(reading(&[&line]), Presented::Secret(_)));
    }

    #[test]
    fn reading_tells_absent_from_malformed() {
        let mut headers = HeaderMap::new();
        assert!(matches!(read(&headers, SESSION), Presented::Nothing));
        headers.insert(header::COOKIE, HeaderValue::from_static("__Host-sid=short"));
        assert!(matches!(read(&headers, SESSION), Presented::Malformed));
    }
}
