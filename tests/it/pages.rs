//! Pages and the headers that guard them.

use axum::body::Body;
use axum::http::Method;
use serde_json::json;

use crate::support::{Answer, App, Key, on_both_databases, tags};

on_both_databases!(
    every_kind_of_answer_has_the_security_headers,
    each_page_has_a_nonce_of_its_own_on_every_script,
    pages_have_no_inline_handlers_or_styles,
    s21_answers_about_a_person_are_not_stored,
    hsts_is_sent_with_an_https_origin_only,
    pages_name_what_they_load_by_quoted_absolute_path,
    files_of_the_site_can_be_kept_and_revalidated,
    account_needs_a_session_and_the_other_pages_need_none,
    a_name_with_markup_in_it_stays_text,
);

/// Pages for people who are signed in.
const SIGNED_IN: [&str; 5] =
    ["/account", "/account/sessions", "/account/api-keys", "/account/billing", "/account/recovery"];

fn check_security_headers(answer: &Answer, what: &str) {
    let policy = answer.header("content-security-policy");
    assert!(!policy.is_empty(), "{what}");
    for forbidden in ["unsafe-inline", "'unsafe-eval'", "sandbox", "*", "http:", "https:", "data:"] {
        assert!(!policy.contains(forbidden), "{what}: {forbidden} in {policy}");
    }
    for directive in
        ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'self'", "'wasm-unsafe-eval'", "'nonce-"]
    {
        assert!(policy.contains(directive), "{what}: no {directive} in {policy}");
    }
    assert_eq!(answer.header("x-frame-options"), "DENY", "{what}");
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{what}");
    assert_eq!(answer.header("referrer-policy"), "strict-origin-when-cross-origin", "{what}");
    assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{what}");
    let permissions = answer.header("permissions-policy");
    for allowed in ["publickey-credentials-get=(self)", "publickey-credentials-create=(self)"] {
        assert!(permissions.contains(allowed), "{what}: {permissions}");
    }
    for (name, _) in &answer.headers {
        assert_eq!(answer.headers.get_all(name).iter().count().min(2), 1, "{what}: {name} twice");
    }
}

async fn every_kind_of_answer_has_the_security_headers(app: App) {
    let mut browser = app.browser();
    for path in
        ["/", "/signup", "/account", "/nothing", "/auth/session", "/healthz", "/favicon.svg", "/auth/logout"]
    {
        check_security_headers(&browser.get(path).await, path);
        check_security_headers(&browser.open(path).await, path);
        check_security_headers(&browser.send(Method::HEAD, path, &[], Body::empty()).await, path);
    }
    browser.sign_up("ada@example.test").await;
    for path in SIGNED_IN {
        check_security_headers(&browser.open(path).await, path);
    }
    check_security_headers(&browser.open("/").await, "a redirect");
    check_security_headers(&browser.session().await, "session");
    let json = ("content-type", "application/json");
    for (what, headers, body) in [
        ("options", &[json][..], "{}".to_owned()),
        ("400", &[json], "{".to_owned()),
        ("403", &[json, ("origin", "https://evil.example")], "{}".to_owned()),
        ("413", &[json], "x".repeat(70_000)),
        ("415", &[], "{}".to_owned()),
    ] {
        let answer = browser.send(Method::POST, "/auth/passkey/login/options", headers, body.into()).await;
        check_security_headers(&answer, what);
    }
    let host = [("host", "127.0.0.1:3000"), ("accept", "text/html")];
    check_security_headers(&browser.send(Method::GET, "/", &host, Body::empty()).await, "to the canonical host");
}

/// The nonce that the policy names.
fn nonce(answer: &Answer) -> String {
    let policy = answer.header("content-security-policy");
    let (_, rest) = policy.split_once("'nonce-").unwrap();
    rest.split_once('\'').unwrap().0.to_owned()
}

async fn each_page_has_a_nonce_of_its_own_on_every_script(app: App) {
    let mut browser = app.browser();
    let mut pages = Vec::new();
    for path in ["/", "/signup", "/nothing", "/"] {
        pages.push(browser.open(path).await);
    }
    browser.sign_up("ada@example.test").await;
    for path in SIGNED_IN {
        pages.push(browser.open(path).await);
    }
    let mut seen = std::collections::HashSet::new();
    for page in &pages {
        let nonce = nonce(page);
        assert!(nonce.len() >= 22, "16 bytes at least: {nonce}");
        let scripts = tags(page.text(), "script");
        assert!(!scripts.is_empty());
        for script in scripts {
            assert!(script.contains(&format!("nonce=\"{nonce}\"")), "{script} under {nonce}");
        }
        assert!(seen.insert(nonce), "a nonce came twice");
    }
}

async fn pages_have_no_inline_handlers_or_styles(app: App) {
    let mut browser = app.browser();
    let mut pages = vec![browser.open("/").await, browser.open("/signup").await, browser.open("/nothing").await];
    browser.sign_up("ada@example.test").await;
    for path in SIGNED_IN {
        pages.push(browser.open(path).await);
    }
    for page in &pages {
        let html = page.text();
        assert!(!html.contains("<style") && !html.contains("javascript:"), "{html}");
        for tag in html.match_indices('<').map(|(start, _)| &html[start..]).map(|t| &t[..t.find('>').unwrap_or(1)])
        {
            assert!(!tag.contains(" style=") && !tag.contains(" onclick=") && !tag.contains(" onload="), "{tag}");
        }
    }
}

async fn s21_answers_about_a_person_are_not_stored(app: App) {
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    let reads =
        ["/auth/session", "/auth/passkeys", "/auth/sessions", "/api-keys", "/billing/payout", "/nothing", "/"];
    let panels = ["/account/sessions/panel", "/account/api-keys/panel", "/account/billing/panel"];
    for path in SIGNED_IN.iter().chain(&reads).chain(&panels) {
        assert_eq!(browser.open(path).await.header("cache-control"), "no-store", "{path}");
    }
    assert_eq!(browser.post("/auth/passkey/login/options", &json!({})).await.header("cache-control"), "no-store");
    assert_eq!(browser.sign_out().await.header("cache-control"), "no-store");
    for path in ["/", "/signup", "/auth/session"] {
        assert_eq!(browser.open(path).await.header("cache-control"), "no-store", "{path}");
    }
}

async fn hsts_is_sent_with_an_https_origin_only(app: App) {
    for path in ["/", "/auth/session", "/nothing"] {
        assert_eq!(app.browser().get(path).await.header("strict-transport-security"), "");
    }
    let secure = app.beside(&[("HOLDFAST_ORIGIN", "https://login.example.com")]).await;
    for path in ["/", "/auth/session", "/nothing", "/favicon.svg"] {
        let answer = secure.browser().get(path).await;
        assert!(answer.header("strict-transport-security").starts_with("max-age="), "{path}");
    }
    // The relying party follows from the origin.
    let mut browser = secure.browser();
    assert_eq!(browser.begin_sign_in().await["rpId"], "login.example.com");
    browser.sign_up("ada@example.test").await;
    browser.session().await.success();
}

async fn pages_name_what_they_load_by_quoted_absolute_path(app: App) {
    let mut browser = app.browser();
    for path in ["/", "/signup", "/nothing"] {
        let html = browser.open(path).await.text().to_owned();
        for file in ["/pkg/holdfast.js", "/pkg/holdfast.wasm", "/pkg/holdfast.css"] {
            let quoted = html.split('"').find(|text| text.starts_with(file));
            let address = quoted.unwrap_or_else(|| panic!("{path} does not name {file}: {html}"));
            // Built or not, the same address is served from here.
            let answer = browser.get(address).await;
            if answer.status == 200 {
                assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable", "{address}");
            } else {
                answer.refusal(404, "not_found");
            }
        }
    }
}

async fn files_of_the_site_can_be_kept_and_revalidated(app: App) {
    let mut browser = app.browser();
    let plain = browser.get("/pkg/holdfast.css").await;
    if plain.status == 404 {
        // Nothing is built here: `make test` builds the site before it runs the tests.
        plain.refusal(404, "not_found");
        return;
    }
    assert_eq!(plain.header("content-type"), "text/css; charset=utf-8");
    assert_eq!(plain.header("cache-control"), "no-cache", "without a version in the address");
    let etag = plain.header("etag").to_owned();
    assert!(!etag.is_empty());
    let again = browser.send(Method::GET, "/pkg/holdfast.css", &[("if-none-match", &etag)], Body::empty()).await;
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
    let head = browser.send(Method::HEAD, "/pkg/holdfast.css", &[], Body::empty()).await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    browser.post("/pkg/holdfast.css", &json!({})).await.refusal(405, "method_not_allowed");
    for hidden in [
        "/pkg/holdfast.css.br",
        "/pkg/holdfast.css.gz",
        "/pkg/../../../Cargo.toml",
        "/pkg/%2e%2e/%2e%2e/site.stamp",
    ] {
        browser.get(hidden).await.refusal(404, "not_found");
    }
}

async fn account_needs_a_session_and_the_other_pages_need_none(app: App) {
    let mut browser = app.browser();
    for path in SIGNED_IN {
        let answer = browser.open(path).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/"));
    }
    for path in ["/", "/signup"] {
        let answer = browser.open(path).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    }
    browser.sign_up("ada@example.test").await;
    for path in ["/", "/signup"] {
        let answer = browser.open(path).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/account"));
    }
    let page = browser.open("/account").await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("ada@example.test") && page.text().contains("Not verified yet"));
    browser.sign_out().await.success();
    let page = browser.open("/?signed-out").await;
    assert!(page.text().contains("You are signed out."));
    assert_eq!(browser.open("/account").await.status, 303);
}

async fn a_name_with_markup_in_it_stays_text(app: App) {
    for name in [
        "<script>alert(1)</script>",
        "</title><img src=x onerror=alert(1)>",
        "\" onmouseover=\"alert(1)",
        "<!--",
        "&lt;b&gt;",
    ] {
        let mut browser = app.browser();
        let body = json!({ "email": "ada@example.test", "displayName": name });
        let options = browser.post("/auth/passkey/register/options", &body).await.success();
        let body = json!({ "response": Key::new().create(&options), "label": name });
        let made = browser.post("/auth/passkey/register/verify", &body).await.success();
        assert_eq!(made["user"]["displayName"], name, "kept as typed");
        let page = browser.open("/account").await;
        let html = page.text();
        let may_stand = !name.contains(['<', '&']);
        assert!(may_stand || !html.contains(name), "{name} as it was typed is in {html}");
        let escaped = name.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        assert!(html.contains(&escaped), "{escaped} is not in {html}");
        assert_eq!(tags(html, "img").len(), 0);
        assert!(html.match_indices('<').all(|(at, _)| !html[at..].split('>').next().unwrap().contains("onmouse")));
        let nonce = nonce(&page);
        assert!(tags(html, "script").iter().all(|script| script.contains(&nonce)));
    }
}
