//! Apps on hosts of their own: a session goes on there with a cookie of that host. The browser has a jar of cookies for each.

use axum::body::Body;
use axum::http::Method;
use serde_json::json;
use url::Url;

use crate::support::agents::{CHROME_WINDOWS, FIREFOX_LINUX};
use crate::support::mails::ADA;
use crate::support::{Answer, App, Browser, Key, on_both_databases};

on_both_databases!(
    a_session_goes_on_at_an_apps_host,
    whoever_is_signed_out_signs_in_on_the_way,
    a_code_is_good_once_for_half_a_minute_for_one_host_in_one_browser,
    of_many_who_bring_a_code_at_once_one_goes_on,
    it_ends_with_its_session_at_the_next_request,
    a_cookie_of_one_host_is_worth_nothing_at_another,
    it_is_renewed_on_the_way_and_the_one_before_fades,
    a_session_with_a_key_proves_it_before_it_is_renewed,
    a_part_that_takes_a_touch_is_opened_at_the_login,
    risk_is_weighed_there_as_anywhere,
    nobody_is_sent_to_a_stranger,
    a_host_that_nobody_named_is_nobodys_app,
);

const HOST: &str = "app.localhost:4000";
const OTHER: &str = "other.localhost:4000";
const HTML: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");

async fn with_apps(app: &App) -> App {
    app.beside(&[
        ("HOLDFAST_TRUSTED_PROXIES", "203.0.113.77"),
        ("HOLDFAST_FORWARD_APPS", "app.localhost:4000, other.localhost:4000"),
        ("HOLDFAST_FORWARD_STEP_UP", "app.localhost:4000/admin"),
    ])
    .await
}

/// A person's browser, as each host sees it.
#[derive(Clone)]
struct Person {
    login: Browser,
    there: Browser,
    key: Key,
}

impl Person {
    async fn signed_up(app: &App) -> Self {
        let mut login = app.browser().disguised(CHROME_WINDOWS);
        let key = login.sign_up(ADA).await;
        Self { login, there: app.browser().disguised(CHROME_WINDOWS), key }
    }

    /// What the proxy in front of the app asks when the browser sends this there.
    async fn ask(&mut self, host: &str, method: &str, uri: &str, more: &[(&str, &str)]) -> Answer {
        let about = [
            ("x-forwarded-method", method),
            ("x-forwarded-proto", "http"),
            ("x-forwarded-host", host),
            ("x-forwarded-uri", uri),
        ];
        self.there.send(Method::GET, "/auth/forward", &[&about, more].concat(), Body::empty()).await
    }

    async fn visit(&mut self, uri: &str) -> Answer {
        self.ask(HOST, "GET", uri, &[HTML]).await
    }

    /// Open an address, whichever host it is at.
    async fn open(&mut self, url: &Url) -> Answer {
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        if url.port() == Some(3000) {
            return self.login.open(path).await;
        }
        let host = url[url::Position::BeforeHost..url::Position::AfterPort].to_owned();
        self.there.send(Method::GET, path, &[HTML, ("host", &host)], Body::empty()).await
    }

    /// Follow the browser from here until nobody sends it on: to a page of the app, or of the login. What it is told last, and where.
    async fn travel(&mut self, from: Url) -> (Answer, Url) {
        let mut url = from;
        for _ in 0..10 {
            if url.port() == Some(4000) && !url.path().starts_with("/auth/forward/") {
                let answer = self.visit(&url[url::Position::BeforePath..]).await;
                return (answer, url);
            }
            let answer = self.open(&url).await;
            if answer.status != 303 {
                return (answer, url);
            }
            url = url.join(answer.header("location")).unwrap();
        }
        panic!("it goes on for ever at {url}")
    }

    /// From where an answer sends a person who is on their way to a page.
    async fn go_on(&mut self, answer: &Answer) -> (Answer, Url) {
        self.travel(answer.header("x-auth-redirect").parse().unwrap()).await
    }

    /// Be at home at the app's host.
    async fn arrive(&mut self) {
        let refused = self.visit("/").await;
        self.go_on(&refused).await.0.success();
    }

    /// Up to the moment at which the browser has a code in its address.
    async fn code(&mut self) -> Url {
        let start: Url = format!("http://{HOST}/auth/forward/start?to=%2Fa").parse().unwrap();
        let login = start.join(self.open(&start).await.header("location")).unwrap();
        let callback: Url = self.open(&login).await.header("location").parse().unwrap();
        assert!(callback.query().is_some_and(|query| query.starts_with("code=")), "{callback}");
        callback
    }
}

async fn a_session_goes_on_at_an_apps_host(app: App) {
    let app = with_apps(&app).await;
    let mut ada = Person::signed_up(&app).await;
    let refused = ada.visit("/reports?q=a%20b").await;
    refused.refusal(401, "no_session");
    let start = format!("http://{HOST}/auth/forward/start?to=%2Freports%3Fq%3Da%2520b");
    assert_eq!(refused.header("x-auth-redirect"), start);
    let (answer, url) = ada.go_on(&refused).await;
    answer.success();
    assert_eq!(url.as_str(), format!("http://{HOST}/reports?q=a%20b"));
    let own = ada.login.session().await.success();
    assert_eq!(answer.header("x-auth-user"), own["user"]["id"].as_str().unwrap());
    assert_eq!(answer.header("x-auth-session"), own["session"]["id"].as_str().unwrap());
    assert!(answer.set_cookies().is_empty());
    let held: Vec<&String> = ada.there.cookies.keys().collect();
    assert_eq!(held, ["__Host-app", "__Host-app-state"]);
    assert_ne!(ada.there.cookies["__Host-app"], ada.login.sid());
    // For scripts as well, and for what they change.
    ada.ask(HOST, "POST", "/orders", &[("sec-fetch-site", "same-origin")]).await.success();
    ada.ask(HOST, "POST", "/orders", &[("sec-fetch-site", "same-site")]).await.refusal(403, "cross_site");
    assert_eq!(app.count_events("session_extended").await, 1);
    // Using the app is using the session.
    for _ in 0..30 {
        app.advance(60 * 60);
        let answer = ada.visit("/").await;
        if answer.status != 200 {
            ada.go_on(&answer).await.0.success();
        }
    }
    ada.login.session().await.success();
}

async fn whoever_is_signed_out_signs_in_on_the_way(app: App) {
    let app = with_apps(&app).await;
    let mut ada = Person::signed_up(&app).await;
    ada.login.sign_out().await.success();
    let refused = ada.visit("/a?b").await;
    let (page, sign_in) = ada.go_on(&refused).await;
    assert_eq!((page.status.as_u16(), sign_in.path()), (200, "/"));
    assert!(page.text().contains("you go on where you were"), "{}", page.text());
    let key = ada.key.clone();
    ada.login.sign_in(&key).await.success();
    // The page loads itself again.
    let (answer, url) = ada.travel(sign_in).await;
    answer.success();
    assert_eq!(url.as_str(), format!("http://{HOST}/a?b"));
}

async fn a_code_is_good_once_for_half_a_minute_for_one_host_in_one_browser(app: App) {
    let app = with_apps(&app).await;
    let mut ada = Person::signed_up(&app).await;
    let invalid = |answer: Answer| {
        answer.refusal(400, "app_code_invalid");
        assert!(answer.set_cookies().is_empty(), "{answer:?}");
    };
    let callback = ada.code().await;
    let arrived = ada.open(&callback).await;
    assert_eq!((arrived.status.as_u16(), arrived.header("location")), (303, "/a"));
    let cookie = arrived.set_cookie("__Host-app").unwrap();
    for attribute in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age=604800"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    invalid(ada.open(&callback).await);

    // Somebody else's browser, which has a cookie of its own; and after that nobody's.
    let callback = ada.code().await;
    let mut thief = Person { there: app.browser(), ..ada.clone() };
    thief.open(&format!("http://{HOST}/auth/forward/start?to=%2F").parse().unwrap()).await;
    invalid(thief.open(&callback).await);
    invalid(ada.open(&callback).await);

    // At another app.
    let callback = ada.code().await;
    let other: Url = callback.as_str().replace(HOST, OTHER).parse().unwrap();
    invalid(ada.open(&other).await);

    // Too late by a moment.
    let callback = ada.code().await;
    app.advance(30);
    invalid(ada.open(&callback).await);

    // A newer one ends the one before.
    let (first, second) = (ada.code().await, ada.code().await);
    invalid(ada.open(&first).await);
    assert_eq!(ada.open(&second).await.status, 303);

    // Its session is over.
    let callback = ada.code().await;
    ada.login.sign_out().await.success();
    invalid(ada.open(&callback).await);
    for path in ["/auth/forward/callback", "/auth/forward/callback?code=x"] {
        invalid(ada.open(&format!("http://{HOST}{path}").parse().unwrap()).await);
    }
    assert_eq!(app.count("app_codes").await, 0);
}

async fn of_many_who_bring_a_code_at_once_one_goes_on(app: App) {
    let app = with_apps(&app).await;
    let mut ada = Person::signed_up(&app).await;
    for _ in 0..10 {
        let callback = ada.code().await;
        let tries = (0..8).map(|_| {
            let (mut tab, callback) = (ada.clone(), callback.clone());
            async move { tab.open(&callback).await.status == 303 }
        });
        let arrived = futures::future::join_all(tries).await.into_iter().filter(|arrived| *arrived).count();
        assert_eq!(arrived, 1);
    }
}

async fn it_ends_with_its_session_at_the_next_request(app: App) {
    let app = with_apps(&app).await;
    let mut ada = Person::signed_up(&app).await;
    let key = ada.key.clone();
    ada.arrive().await;
    // Ended from elsewhere.
    let mut elsewhere = app.browser();
    elsewhere.sign_in(&key).await.success();
    elsewhere.guarded_post("/auth/sessions/revoke", &json!({ "others": true }), &key).await.success();
    ada.visit("/").await.refusal(401, "invalid_session");
    // Signed out at the login.
    ada.login.sign_in(&key).await.success();
    ada.arrive().await;
    ada.login.sign_out().await.success();
    ada.visit("/").await.refusal(401, "invalid_session");
    // Idled out.
    ada.login.sign_in(&key).await.success();
    ada.arrive().await;
    app.advance(24 * 60 * 60);
    ada.ask(HOST, "GET", "/", &[]).await.refusal(401, "invalid_session");
    // Another process knows as much.
    ada.login.sign_in(&key).await.success();
    ada.arrive().await;
    let other = with_apps(&app).await;
    let mut there = Person { there: ada.there.at(&other), ..ada.clone() };
    there.visit("/").await.success();
    ada.login.sign_out().await.success();
    there.visit("/").await.refusal(401, "invalid_session");
}

async fn a_cookie_of_one_host_is_worth_nothing_at_another(app: App) {
    let app = with_apps(&app).await;
    let mut ada = Person::signed_up(&app).await;
    ada.arrive().await;
    ada.visit("/").await.success();
    ada.ask(OTHER, "GET", "/", &[HTML]).await.refusal(401, "invalid_session");
    // The cookie of the one under the name of the other.
    let mut mixed = ada.clone();
    mixed.there.cookies.insert("__Host-sid".into(), ada.there.cookies["__Host-app"].clone());
    mixed.ask("localhost:3000", "GET", "/app/", &[HTML]).await.refusal(401, "invalid_session");
    mixed.there.cookies.insert("__Host-app".into(), ada.login.sid());
    mixed.visit("/").await.refusal(401, "invalid_session");
    // With the login's own cookie at the app's host nobody is let in either.
    let mut planted = Person { there: ada.login.clone(), ..ada.clone() };
    planted.visit("/").await.refusal(401, "no_session");
}

async fn it_is_renewed_on_the_way_and_the_one_before_fades(app: App) {
    let app = with_apps(&app).await;
    let mut ada = Person::signed_up(&app).await;
    ada.arrive().await;
    app.advance(17 * 60);
    let mut before = ada.clone();
    let overdue = ada.visit("/a").await;
    overdue.refusal(401, "rotation_overdue");
    // A script goes on for an hour.
    ada.ask(HOST, "GET", "/api", &[]).await.success();
    ada.go_on(&overdue).await.0.success();
    assert_ne!(ada.there.cookies["__Host-app"], before.there.cookies["__Host-app"]);
    // What was under way with the one before.
    before.ask(HOST, "GET", "/api", &[]).await.success();
    app.advance(10);
    before.ask(HOST, "GET", "/api", &[]).await.refusal(401, "invalid_session");
    ada.visit("/a").await.success();
    app.advance(75 * 60);
    let script = ada.ask(HOST, "GET", "/api", &[("referer", "http://app.localhost:4000/page?x")]).await;
    script.refusal(401, "rotation_overdue");
    assert_eq!(script.header("x-auth-page"), format!("http://{HOST}/auth/forward/start?to=%2Fpage%3Fx"));
    // Nothing of before stays for long.
    let tidy = holdfast::jobs::JOBS.iter().find(|job| job.name == "tidy").unwrap();
    (tidy.work)(&app.state.jobs()).await.unwrap();
    assert_eq!(app.count("app_sessions").await, 1);
}

async fn a_session_with_a_key_proves_it_before_it_is_renewed(app: App) {
    let app = with_apps(&app).await;
    let mut login = app.browser().disguised(CHROME_WINDOWS);
    let key = login.sign_up_bound(ADA).await;
    let mut ada = Person { login, there: app.browser().disguised(CHROME_WINDOWS), key };
    ada.arrive().await;
    app.advance(17 * 60);
    let overdue = ada.visit("/a").await;
    overdue.refusal(401, "rotation_overdue");
    // Who has only the login's cookie is not sent on.
    let mut thief = Person { login: ada.login.cookies_only(), ..ada.clone() };
    let (page, url) = thief.go_on(&overdue).await;
    assert_eq!(url.path(), "/continue", "{page:?}");
    let (page, url) = ada.go_on(&overdue).await;
    assert!(page.shows_island("Prove"), "{}", page.text());
    ada.login.rotate().await.success();
    ada.travel(url).await.0.success();
}

async fn a_part_that_takes_a_touch_is_opened_at_the_login(app: App) {
    let app = with_apps(&app).await;
    let mut ada = Person::signed_up(&app).await;
    ada.arrive().await;
    let refused = ada.visit("/admin/users").await;
    let area = "app.localhost:4000/admin";
    let asked = refused.refusal(403, "step_up_required");
    assert_eq!(asked["stepUp"], json!({ "action": "app_open", "params": { "area": area } }));
    let (page, url) = ada.go_on(&refused).await;
    assert_eq!((page.status.as_u16(), url.path()), (403, "/continue"));
    assert!(page.text().contains("One more touch"), "{}", page.text());
    let key = ada.key.clone();
    ada.login.step_up("app_open", json!({ "area": area }), &key).await.success();
    let (opened, at) = ada.travel(url).await;
    opened.success();
    assert_eq!(at.path(), "/admin/users");
    ada.ask(HOST, "POST", "/admin/users", &[("sec-fetch-site", "same-origin")]).await.success();
    // It is opened in this app's cookie, until the touch has run out; renewing does not close it.
    app.advance(5 * 60);
    let start: Url = format!("http://{HOST}/auth/forward/start?to=%2Fadmin").parse().unwrap();
    ada.travel(start).await.0.success();
    app.advance(5 * 60);
    ada.visit("/admin").await.refusal(403, "step_up_required");
    // Another browser of the same session's cookies has not made that touch.
    ada.login.step_up("app_open", json!({ "area": area }), &key).await.success();
    let mut thief = ada.clone();
    thief.login.cookies.remove("__Host-step-up");
    let start: Url = format!("http://{HOST}/auth/forward/start?to=%2Fadmin").parse().unwrap();
    thief.travel(start).await.0.refusal(403, "step_up_required");
}

async fn risk_is_weighed_there_as_anywhere(app: App) {
    let app = with_apps(&app).await;
    let mut ada = Person::signed_up(&app).await;
    ada.arrive().await;
    let mut thief = Person { there: ada.there.disguised(FIREFOX_LINUX), ..ada.clone() };
    // Through the proxy, from another network.
    let elsewhere = [HTML, ("x-forwarded-for", "198.51.100.7")];
    thief.ask(HOST, "GET", "/", &elsewhere).await.refusal(403, "step_up_required");
    ada.visit("/").await.success();
}

async fn nobody_is_sent_to_a_stranger(app: App) {
    let app = with_apps(&app).await;
    let mut ada = Person::signed_up(&app).await;
    let state = "A".repeat(43);
    for query in [
        format!("app=evil.example&to=%2F&state={state}"),
        format!("app=app.localhost:4000%2F..&to=%2F&state={state}"),
        format!("app=u@app.localhost:4000&to=%2F&state={state}"),
        format!("app=app.localhost&to=%2F&state={state}"),
        format!("app={HOST}&to=https%3A%2F%2Fevil.example%2F&state={state}"),
        format!("app={HOST}&to=%2F%2Fevil.example&state={state}"),
        format!("app={HOST}&to=%2Fauth%2Fforward%2Fstart&state={state}"),
        format!("app={HOST}&to=%2F&state=short"),
        format!("app={HOST}&to=%2F"),
        format!("app={HOST}&state={state}"),
    ] {
        let answer = ada.login.open(&format!("/continue?{query}")).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/account"), "{query}");
    }
    // Whoever makes somebody follow such a link sends a code to the app, which is nothing to a browser without the cookie.
    let link = format!("/continue?app={HOST}&to=%2F&state={state}");
    let callback: Url = ada.login.open(&link).await.header("location").parse().unwrap();
    assert_eq!(callback.origin().ascii_serialization(), format!("http://{HOST}"));
    ada.open(&callback).await.refusal(400, "app_code_invalid");
    for to in ["https%3A%2F%2Fevil.example", "%2F%2Fevil.example", "%2Fauth%2Fforward%2Fcallback"] {
        let start: Url = format!("http://{HOST}/auth/forward/start?to={to}").parse().unwrap();
        assert_eq!(ada.open(&start).await.header("location"), "/", "{to}");
    }
}

async fn a_host_that_nobody_named_is_nobodys_app(app: App) {
    let app = with_apps(&app).await;
    let mut ada = Person::signed_up(&app).await;
    for host in ["evil.example", "localhost:3000", "app.localhost", ""] {
        for path in ["/auth/forward/start?to=%2F", "/auth/forward/callback?code=x"] {
            let answer = ada.there.send(Method::GET, path, &[("host", host)], Body::empty()).await;
            answer.refusal(404, "not_found");
            assert!(answer.set_cookies().is_empty());
        }
    }
    ada.arrive().await;
    // Of a stranger who calls Holdfast past the proxy, no app is known.
    let mut direct = Person { there: ada.there.at(&app.beside(&[]).await), ..ada.clone() };
    direct.visit("/").await.refusal(401, "no_session");
}
