//! The edge: what is refused before any rule is asked, and the one shape that every error has.

use axum::body::Body;
use axum::http::Method;
use serde_json::json;

use crate::support::{Answer, App, Browser, Key, on_both_databases};

on_both_databases!(
    what_is_not_there_is_404,
    a_missing_page_is_a_page_with_the_request_id,
    the_wrong_method_is_405_and_says_which_is_right,
    a_body_that_is_not_json_is_415,
    json_has_many_names,
    a_body_that_does_not_parse_is_invalid_json,
    a_body_of_the_wrong_shape_is_invalid_request,
    a_body_over_64_kib_is_413,
    a_body_of_64_kib_is_read,
    s22_cross_site_posts_are_refused,
    s22_our_own_posts_and_programs_are_let_through,
    no_post_is_answered_with_a_redirect,
    every_answer_has_a_request_id_of_its_own,
    health_and_readiness,
    other_names_of_the_host_are_redirected_for_pages_only,
    d03_forwarded_for_is_believed_only_from_configured_proxies,
);

const POSTS: [&str; 13] = [
    "/auth/passkey/register/options",
    "/auth/passkey/register/verify",
    "/auth/passkey/login/options",
    "/auth/passkey/login/verify",
    "/auth/logout",
    "/auth/step-up/options",
    "/auth/step-up/verify",
    "/auth/session/rotate",
    "/auth/sessions/revoke",
    "/api-keys/revoke",
    "/api-keys",
    "/billing/payout",
    "/auth/introspect",
];
/// What can be read there too.
const BOTH: [&str; 2] = ["/api-keys", "/billing/payout"];
const JSON: (&str, &str) = ("content-type", "application/json");

async fn post(browser: &mut Browser, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
    browser.send(Method::POST, path, headers, body.into()).await
}

async fn what_is_not_there_is_404(app: App) {
    let mut browser = app.browser();
    for path in [
        "/nothing",
        "/auth/nothing",
        "/auth",
        "/auth/passkey",
        "/pkg/nothing.js",
        "/auth/session/",
        "/%00",
        "/../etc/passwd",
    ] {
        browser.get(path).await.refusal(404, "not_found");
    }
    browser.post("/auth/nothing", &json!({})).await.refusal(404, "not_found");
    // Programs ask there, whatever they say they accept.
    browser.open("/auth/nothing").await.refusal(404, "not_found");
    let head = browser.send(Method::HEAD, "/nothing", &[], Body::empty()).await;
    assert_eq!((head.status.as_u16(), head.body.len()), (404, 0));
}

async fn a_missing_page_is_a_page_with_the_request_id(app: App) {
    let answer = app.browser().open("/nothing").await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    let html = answer.text();
    assert!(html.starts_with("<!DOCTYPE html>") && html.contains("There is no page here"), "{html}");
    assert!(html.contains(answer.header("x-request-id")), "{html}");
}

async fn the_wrong_method_is_405_and_says_which_is_right(app: App) {
    let mut browser = app.browser();
    for path in POSTS.into_iter().filter(|path| !BOTH.contains(path)) {
        for method in [Method::GET, Method::PUT, Method::DELETE, Method::OPTIONS] {
            let answer = browser.send(method, path, &[], Body::empty()).await;
            answer.refusal(405, "method_not_allowed");
            assert_eq!(answer.header("allow"), "POST", "{path}");
        }
    }
    for path in BOTH {
        let answer = browser.send(Method::DELETE, path, &[], Body::empty()).await;
        answer.refusal(405, "method_not_allowed");
        let allowed = answer.header("allow");
        assert!(allowed.contains("GET") && allowed.contains("POST"), "{allowed}");
    }
    let gets =
        ["/auth/session", "/auth/passkeys", "/auth/sessions", "/healthz", "/readyz", "/", "/signup", "/account"];
    let pages = [
        "/account/sessions",
        "/account/sessions/panel",
        "/account/api-keys",
        "/account/api-keys/panel",
        "/account/billing",
        "/account/billing/panel",
    ];
    for path in gets.into_iter().chain(pages) {
        let answer = browser.post(path, &json!({})).await;
        answer.refusal(405, "method_not_allowed");
        assert!(answer.header("allow").contains("GET"), "{path}");
    }
}

async fn a_body_that_is_not_json_is_415(app: App) {
    let mut browser = app.browser();
    for path in POSTS {
        for content_type in [
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "application/jsonp",
            "json",
        ] {
            post(&mut browser, path, &[("content-type", content_type)], "{}")
                .await
                .refusal(415, "unsupported_media_type");
        }
    }
}

async fn json_has_many_names(app: App) {
    let mut browser = app.browser();
    for content_type in
        ["application/json", "Application/JSON", "application/json; charset=utf-8", "application/webauthn+json"]
    {
        let answer = post(&mut browser, POSTS[2], &[("content-type", content_type)], "{}").await;
        answer.success();
    }
}

async fn a_body_that_does_not_parse_is_invalid_json(app: App) {
    let mut browser = app.browser();
    let bodies: [&[u8]; 8] = [b"", b" ", b"{", b"{'a':1}", b"nonsense", b"{} {}", b"\xff\xfe", b"{\"a\":\x00}"];
    for path in POSTS {
        for body in bodies {
            post(&mut browser, path, &[JSON], body).await.refusal(400, "invalid_json");
        }
    }
}

async fn a_body_of_the_wrong_shape_is_invalid_request(app: App) {
    let mut browser = app.browser();
    for path in POSTS {
        for body in ["[]", "[\"a@b.test\", null]", "null", "7", "\"text\"", "true"] {
            post(&mut browser, path, &[JSON], body).await.refusal(400, "invalid_request");
        }
    }
    for path in [POSTS[1], POSTS[3]] {
        post(&mut browser, path, &[JSON], "{}").await.refusal(400, "invalid_request");
    }
    let body = "{\"email\":\"a@b.test\",\"email\":\"c@d.test\"}";
    post(&mut browser, POSTS[0], &[JSON], body).await.refusal(400, "invalid_request");
    let lone = "{\"email\":\"\\ud800@b.test\"}";
    assert_eq!(post(&mut browser, POSTS[0], &[JSON], lone).await.status, 400);
    assert_eq!(app.count_ceremonies().await, 0);
}

fn body_of(bytes: usize) -> String {
    let frame = json!({ "filler": "" }).to_string().len();
    json!({ "filler": "x".repeat(bytes - frame) }).to_string()
}

async fn a_body_over_64_kib_is_413(app: App) {
    let mut browser = app.browser();
    for bytes in [64 * 1024 + 1, 200_000, 1024 * 1024 + 1, 3 * 1024 * 1024] {
        for path in POSTS {
            post(&mut browser, path, &[JSON], body_of(bytes)).await.refusal(413, "payload_too_large");
        }
    }
    // In many pieces, without a length said beforehand.
    let pieces = (0..300).map(|_| Ok::<_, std::convert::Infallible>("x".repeat(1024)));
    let body = Body::from_stream(futures::stream::iter(pieces));
    post(&mut browser, POSTS[2], &[JSON], body).await.refusal(413, "payload_too_large");
}

async fn a_body_of_64_kib_is_read(app: App) {
    post(&mut app.browser(), POSTS[2], &[JSON], body_of(64 * 1024)).await.success();
}

async fn s22_cross_site_posts_are_refused(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up("ada@example.test").await;
    let before = app.stored().await;
    for path in POSTS {
        for headers in [
            &[JSON, ("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")][..],
            &[JSON, ("sec-fetch-site", "same-site"), ("origin", "http://other.localhost:3000")],
            &[JSON, ("sec-fetch-site", "cross-site"), ("origin", "")],
            &[JSON, ("origin", "https://evil.example")],
            &[JSON, ("origin", "http://localhost:3001")],
            &[JSON, ("origin", "null")],
        ] {
            let answer = post(&mut browser, path, headers, "{}").await;
            answer.refusal(403, "cross_site");
            assert!(answer.set_cookies().is_empty());
        }
    }
    // Even a good answer is not taken from there.
    let options = browser.begin_sign_in().await;
    let body = json!({ "response": key.get(&options) }).to_string();
    let headers = [JSON, ("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")];
    post(&mut browser, POSTS[3], &headers, body).await.refusal(403, "cross_site");
    assert_eq!(app.stored().await, before);
    browser.session().await.success();
}

async fn s22_our_own_posts_and_programs_are_let_through(app: App) {
    let mut browser = app.browser();
    for headers in [
        &[JSON, ("sec-fetch-site", "same-origin")][..],
        &[JSON, ("sec-fetch-site", "none"), ("origin", "")],
        &[JSON],
        &[JSON, ("origin", "")],
    ] {
        post(&mut browser, POSTS[2], headers, "{}").await.success();
    }
    // Reading is not changing.
    let headers = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
    assert_eq!(browser.send(Method::GET, "/", &headers, Body::empty()).await.status, 200);
}

async fn no_post_is_answered_with_a_redirect(app: App) {
    let mut browser = app.browser();
    let like_a_form = [
        JSON,
        ("accept", "text/html"),
        ("referer", "http://localhost:3000/signup"),
        ("sec-fetch-site", "same-origin"),
    ];
    let options = post(&mut browser, POSTS[0], &like_a_form, json!({ "email": "a@b.test" }).to_string()).await;
    assert_eq!(options.header("location"), "");
    let body = json!({ "response": Key::new().create(&options.success()) }).to_string();
    let answer = post(&mut browser, POSTS[1], &like_a_form, body).await;
    answer.success();
    assert!(answer.set_cookie("__Host-sid").is_some());
    post(&mut browser, POSTS[2], &like_a_form, "{}").await.success();
    // Refusals neither.
    for (path, code) in [(POSTS[1], "invalid_request"), (POSTS[3], "invalid_request")] {
        let answer = post(&mut browser, path, &like_a_form, "{}").await;
        answer.refusal(400, code);
        assert_eq!(answer.header("location"), "");
        assert_eq!(answer.header("serverfnerror"), "");
    }
    let answer = post(&mut browser, POSTS[4], &like_a_form, "{}").await;
    assert_eq!(answer.success(), json!({ "ok": true }));
    assert_eq!(answer.header("location"), "");
}

async fn every_answer_has_a_request_id_of_its_own(app: App) {
    let mut browser = app.browser();
    let mut seen = std::collections::HashSet::new();
    let theirs = ("x-request-id", "00000000000000000000");
    for _ in 0..2 {
        for path in
            ["/", "/signup", "/account", "/healthz", "/readyz", "/auth/session", "/favicon.svg", "/nothing"]
        {
            let answer = browser.send(Method::GET, path, &[theirs], Body::empty()).await;
            let id = answer.header("x-request-id").to_owned();
            assert!(id.len() == 20 && id.chars().all(|c| c.is_ascii_hexdigit()), "{path}: {id:?}");
            assert_ne!(id, theirs.1);
            assert_eq!(answer.headers.get_all("x-request-id").iter().count(), 1);
            assert!(seen.insert(id));
        }
        for (headers, body) in [
            (&[JSON, theirs][..], "{}"),
            (&[JSON, theirs], "{"),
            (&[theirs], "{}"),
            (&[JSON, theirs, ("origin", "https://evil.example")], "{}"),
        ] {
            let answer = post(&mut browser, POSTS[2], headers, body).await;
            assert!(seen.insert(answer.header("x-request-id").to_owned()));
        }
    }
    assert!(!seen.contains(theirs.1));
}

async fn health_and_readiness(app: App) {
    for path in ["/healthz", "/readyz"] {
        assert_eq!(app.browser().get(path).await.success(), json!({ "ok": true }));
    }
}

async fn other_names_of_the_host_are_redirected_for_pages_only(app: App) {
    let mut browser = app.browser();
    let there = ("host", "127.0.0.1:3000");
    let page = ("accept", "text/html");
    for path in ["/", "/signup?a=b%20c", "/nothing", "//evil.example/x"] {
        let answer = browser.send(Method::GET, path, &[there, page], Body::empty()).await;
        assert!(answer.status.is_redirection(), "{path}: {}", answer.status);
        assert_eq!(answer.header("location"), format!("http://localhost:3000{path}"));
    }
    for (method, path, headers) in [
        (Method::GET, "/healthz", &[there][..]),
        (Method::GET, "/", &[there, ("accept", "*/*")]),
        (Method::POST, POSTS[2], &[there, JSON, ("origin", "")]),
        (Method::GET, "/", &[page]),
        (Method::GET, "/", &[page, ("host", "LocalHost:3000")]),
    ] {
        let answer = browser.send(method, path, headers, Body::from("{}")).await;
        assert_eq!(answer.status, 200, "{path} {headers:?}");
    }
}

async fn d03_forwarded_for_is_believed_only_from_configured_proxies(app: App) {
    let trusting = app.beside(&[("HOLDFAST_TRUSTED_PROXIES", "203.0.113.0/24")]).await;
    let forwarded = [JSON, ("x-forwarded-for", "198.51.100.9")];
    for (app, network) in [(&app, "203.0.113.0/24"), (&trusting, "198.51.100.0/24")] {
        let mut browser = app.browser();
        let options = browser.begin_sign_up("ada@example.test").await;
        let body = json!({ "response": Key::new().create(&options) }).to_string();
        post(&mut browser, POSTS[1], &forwarded, body).await.success();
        assert_eq!(app.events().await.last().unwrap().network.as_deref(), Some(network));
    }
}
