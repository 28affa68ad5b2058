//! Our cookies: their names, and the one way they are written and read.
//!
//! `__Host-` (RFC 6265bis §4.1.3.2) pins each to this very host, `Secure` and `Path=/`; no sibling can set it.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};

use crate::auth::Presented;
use crate::secret::Secret;

/// The session.
pub const SESSION: &str = "__Host-sid";
/// The browser that began a ceremony.
pub const CEREMONY: &str = "__Host-ceremony";

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
pub fn read(headers: &HeaderMap, name: &str) -> Presented {
    match CookieJar::from_headers(headers).get(name) {
        None => Presented::Nothing,
        Some(cookie) => Secret::parse(cookie.value()).map_or(Presented::Malformed, Presented::Secret),
    }
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
        let header = issue(SESSION, &secret, Duration::from_secs(60)).expect("header");
        let text = header.to_str().expect("ascii");
        assert!(text.starts_with(&format!("__Host-sid={}", secret.expose())), "{text}");
        for attribute in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age=60"] {
            assert!(text.contains(attribute), "{text}");
        }
        assert!(!text.contains("Domain"));
    }

    #[test]
    fn reading_tells_absent_from_malformed() {
        let mut headers = HeaderMap::new();
        assert!(matches!(read(&headers, SESSION), Presented::Nothing));
        headers.insert(header::COOKIE, HeaderValue::from_static("__Host-sid=short"));
        assert!(matches!(read(&headers, SESSION), Presented::Malformed));
    }
}
