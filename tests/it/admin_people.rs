//! Looking for events, looking at somebody, and ending their sessions.

use serde_json::json;

use super::coverage::calls;
use crate::support::mails::ADA;
use crate::support::recovery::saved;
use crate::support::{App, Browser, Key, flip_last_bit, notice, on_both_databases};

on_both_databases!(
    events_are_found_by_person_request_network_kind_and_time,
    a_long_list_comes_in_parts_without_gap_or_double,
    what_cannot_be_looked_for_is_said,
    what_was_searched_for_is_recorded_without_anybodys_address,
    an_address_that_several_claim_shows_them_all,
    an_operator_sees_why_and_never_a_token,
    somebody_is_shown_with_their_sessions_and_that_is_recorded,
    one_session_is_ended_with_a_touch_for_exactly_that,
    all_sessions_are_ended_but_never_ones_own,
    other_systems_are_told_who_ended_it,
    names_are_shown_as_text,
    c10_no_call_of_an_operators_lets_anybody_into_somebodys_account,
);

const REVOKE: &str = "/admin/sessions/revoke";

async fn found(browser: &mut Browser, query: &str) -> String {
    let answer = browser.get(&format!("/admin/events/panel?{query}")).await;
    answer.ok();
    answer.text().to_owned()
}

/// How many events a list has.
fn count(html: &str) -> usize {
    html.matches("Chain and number").count()
}

/// The places of the events in it.
fn places(html: &str) -> Vec<String> {
    html.split("Chain and number</dt>")
        .skip(1)
        .map(|rest| rest.split("<dd>").nth(1).unwrap().split('<').next().unwrap().to_owned())
        .collect()
}

async fn events_are_found_by_person_request_network_kind_and_time(app: App) {
    let mut ada = app.browser();
    let key = ada.sign_up("ada@example.test").await;
    let mut afar = app.browser();
    afar.address = Some("198.51.100.9".parse().unwrap());
    let entered = afar.sign_in(&key).await;
    let request = entered.header("x-request-id").to_owned();
    app.advance(2 * 3600);
    let options = ada.begin_sign_in().await;
    let bad = flip_last_bit(&key.get(&options), "signature");
    app.browser().finish_sign_in(bad.clone()).await;
    ada.finish_sign_in(bad).await.refusal(400, "signature_invalid");
    app.browser().sign_up("bob@example.test").await;
    let (mut browser, ..) = app.opened_console().await;
    let id = app.id_of("ada@example.test").await;

    for (query, kinds) in [
        (format!("person={id}"), vec!["authn_login_fail", "authn_login_success", "user_created"]),
        (
            "person=+Ada%40Example.TEST+".to_owned(),
            vec!["authn_login_fail", "authn_login_success", "user_created"],
        ),
        (format!("person={id}&kind=user_created"), vec!["user_created"]),
        (format!("request={request}"), vec!["authn_login_success"]),
        ("network=198.51.100.77".to_owned(), vec!["authn_login_success"]),
        ("network=198.51.100.0%2F24&kind=authn_login_fail".to_owned(), vec![]),
        (format!("person={id}&since=1h"), vec!["authn_login_fail"]),
        ("kind=authn_login_success&person=&request=&network=&since=".to_owned(), vec!["authn_login_success"]),
    ] {
        let html = found(&mut browser, &query).await;
        let list = html.split("id=\"found\"").nth(1).unwrap();
        let shown: Vec<&str> =
            list.split("<h3><code>").skip(1).map(|rest| rest.split('<').next().unwrap()).collect();
        assert_eq!(shown, kinds, "{query}");
    }
    // Asked for nothing: whatever there is, the newest first.
    let all = found(&mut browser, "").await;
    assert!(count(&all) > 8, "{all}");
    // The form is filled in as it was sent, and the panel asks the same.
    let frame = browser.open(&format!("/admin/events?person={id}&since=1h")).await;
    assert!(frame.text().contains(&format!("data-about=\"/admin/events/panel?person={id}&amp;since=1h\"")));
    assert!(frame.text().contains(&format!("value=\"{id}\"")), "{}", frame.text());
}

async fn a_long_list_comes_in_parts_without_gap_or_double(app: App) {
    let (mut browser, ..) = app.opened_console().await;
    // All at one moment, in many chains.
    for _ in 0..60 {
        let mut stranger = app.browser();
        let options = stranger.begin_sign_in().await;
        stranger.finish_sign_in(Key::new().get(&options)).await.refusal(400, "passkey_unknown");
    }
    let first = found(&mut browser, "kind=authn_login_fail").await;
    assert_eq!(count(&first), 50);
    let (_, link) = first.split_once("cursor=").expect("a way on");
    let cursor = link.split('"').next().unwrap();
    let second = found(&mut browser, &format!("kind=authn_login_fail&cursor={cursor}")).await;
    assert_eq!(count(&second), 10);
    let all: std::collections::BTreeSet<_> = places(&first).into_iter().chain(places(&second)).collect();
    assert_eq!(all.len(), 60);
    assert!(second.contains("Newest") && !second.contains("cursor="));
    browser.get("/admin/events/panel?cursor=x").await.refusal(400, "invalid_request");
}

async fn what_cannot_be_looked_for_is_said(app: App) {
    let (mut browser, ..) = app.opened_console().await;
    for (query, said) in [
        ("network=203.0.0.0%2F16", "/24 (IPv4) and /48 (IPv6)"),
        ("network=here", "no IP address and no network"),
        ("kind=x", "no such kind of event"),
        ("request=%27+OR+1%3D1", "no request id"),
        ("since=9y", "how far to look back"),
        ("person=nobody%40example.test", "No account has this id or address."),
    ] {
        let html = found(&mut browser, query).await;
        assert!(html.contains(said) && count(&html) == 0, "{query}: {html}");
    }
    assert_eq!(count(&found(&mut browser, "person=00000000-0000-0000-0000-000000000007").await), 0);
}

async fn what_was_searched_for_is_recorded_without_anybodys_address(app: App) {
    app.browser().sign_up("ada@example.test").await;
    let (mut browser, ..) = app.opened_console().await;
    let id = app.id_of("ada@example.test").await;
    for (query, kept) in [
        ("person=ada%40example.test", format!("person {id}")),
        ("person=eve%40example.test", "person nobody".to_owned()),
        (
            "network=203.0.113.5&kind=authn_login_fail&since=24h",
            "network 203.0.113.5; kind authn_login_fail; since 24h".to_owned(),
        ),
        ("", "everything".to_owned()),
    ] {
        let answer = browser.get(&format!("/admin/events/panel?{query}")).await;
        answer.ok();
        let event = app.events_of("authz_admin").await.pop().unwrap();
        assert_eq!(event.request_id, answer.header("x-request-id"));
        assert_eq!((event.reason.as_deref(), event.details.search), (Some("searched"), Some(kept)));
    }
    let trail = app.events().await;
    assert!(
        trail.iter().all(|event| !format!("{event:?}").contains("eve@")),
        "an address is none of the trail's business"
    );
}

async fn an_address_that_several_claim_shows_them_all(app: App) {
    app.browser().sign_up("boss@example.test").await;
    app.browser().sign_up("boss@example.test").await;
    let (mut browser, ..) = app.opened_console().await;
    let html = found(&mut browser, "person=boss%40example.test").await;
    assert!(html.contains("Anybody can claim an address."), "{html}");
    for user in app.stored().await.users.iter().filter(|user| user.email.starts_with("boss")) {
        assert!(html.contains(&format!("/admin/people/{}", user.id)));
    }
    assert_eq!(html.matches("<code>user_created</code>").count(), 2);
}

async fn an_operator_sees_why_and_never_a_token(app: App) {
    let mut ada = app.browser();
    ada.sign_up("ada@example.test").await;
    ada.user_agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".into();
    ada.get("/api-keys").await.refusal(403, "step_up_required");
    let (mut browser, ..) = app.opened_console().await;
    let html = found(&mut browser, "kind=authn_step_up_required").await;
    for part in [
        "sensitive_route",
        "points",
        "device_changed",
        "203.0.113.0/24",
        "session_continue",
        "refused",
        "Firefox on Linux",
    ] {
        assert!(html.contains(part), "{part} in {html}");
    }
    let all = found(&mut browser, "").await;
    for secret in ada.cookies.values().chain(browser.cookies.values()) {
        assert!(!all.contains(secret.as_str()));
    }
}

async fn somebody_is_shown_with_their_sessions_and_that_is_recorded(app: App) {
    let mut ada = app.browser();
    let key = ada.sign_up("ada@example.test").await;
    app.browser().sign_in(&key).await.success();
    let (mut browser, _, operator) = app.opened_console().await;
    let id = app.id_of("ada@example.test").await;
    let panel = browser.get(&format!("/admin/people/{id}/panel")).await;
    panel.ok();
    for part in ["ada@example.test", "(not verified)", "Sessions (2)", "203.0.113.0/24", "End all their sessions"]
    {
        assert!(panel.text().contains(part), "{part} in {}", panel.text());
    }
    assert!(!panel.text().contains("Operator</span>"));
    let event = app.events_of("authz_admin").await.pop().unwrap();
    assert_eq!(event.reason.as_deref(), Some("looked_at_person"));
    assert_eq!((event.user_id, event.details.actor), (Some(id), Some(operator)));
    // Who is looked at for a reason is not warned.
    let activity = ada.get("/auth/events").await.success();
    assert!(!activity.to_string().contains("authz_admin"), "{activity:#}");
    // But the next operator sees it.
    let html = found(&mut browser, &format!("person={id}&kind=authz_admin")).await;
    assert_eq!(count(&html), 1);
    // And that the operator is one is shown.
    let own = browser.get(&format!("/admin/people/{operator}/panel")).await;
    assert!(own.text().contains("Operator</span>") && own.text().contains("Yours, here"), "{}", own.text());
    let nobody = browser.get("/admin/people/00000000-0000-0000-0000-000000000007/panel").await;
    assert!(nobody.text().contains("No account has this id."));
    browser.get("/admin/people/seven/panel").await.refusal(404, "not_found");
    assert_eq!(browser.open(&format!("/admin/people/{id}")).await.status, 200);
}

async fn session_id(browser: &mut Browser) -> String {
    browser.session().await.success()["session"]["id"].as_str().unwrap().to_owned()
}

async fn one_session_is_ended_with_a_touch_for_exactly_that(app: App) {
    let mut ada = app.browser();
    let key = ada.sign_up("ada@example.test").await;
    let mut other = app.browser();
    other.sign_in(&key).await.success();
    let elsewhere = app.beside(&[]).await;
    let (mut browser, operators_key, operator) = app.opened_console().await;
    let user = app.id_of("ada@example.test").await;
    let (one, two) = (session_id(&mut ada).await, session_id(&mut other).await);

    let body = json!({ "user": user, "id": one });
    let asked = browser.post(REVOKE, &body).await.refusal(403, "step_up_required");
    assert_eq!(asked["stepUp"], json!({ "action": "admin_session_revoke", "params": body }));
    for params in [json!({ "user": user, "id": two }), json!({ "user": user, "all": true })] {
        browser.step_up("admin_session_revoke", params, &operators_key).await.success();
        browser.post(REVOKE, &body).await.refusal(403, "step_up_required");
    }
    browser.step_up("session_revoke", json!({ "id": one }), &operators_key).await.success();
    browser.post(REVOKE, &body).await.refusal(403, "step_up_required");
    ada.session().await.success();
    let done = browser.guarded_post(REVOKE, &body, &operators_key).await.success();
    assert_eq!(done, json!({ "ok": true, "revoked": 1 }));

    // The very next request, at any process.
    ada.at(&elsewhere).session().await.refusal(401, "invalid_session");
    ada.session().await.refusal(401, "invalid_session");
    other.session().await.success();
    let said = notice(&ada.open("/").await);
    assert!(said.contains("The people who run this service ended this session."), "{said}");
    let event = app.events_of("session_revoked").await.pop().unwrap();
    assert_eq!(event.reason.as_deref(), Some("operator"));
    assert_eq!((event.user_id, event.details.actor), (Some(user), Some(operator)));
    assert_eq!(event.session_id.unwrap().to_string(), one);
    // They see it in their activity, without who.
    let activity = other.get("/auth/events").await.success();
    assert_eq!(activity["events"][0]["reason"], "operator");
    assert!(!activity.to_string().contains(&operator.to_string()), "{activity:#}");
    browser.post(REVOKE, &body).await.refusal(404, "session_not_found");
    // Somebody else's session under this person's name is none of theirs.
    let mixed = json!({ "user": operator, "id": two });
    browser.post(REVOKE, &mixed).await.refusal(404, "session_not_found");
    for nonsense in [
        json!({}),
        json!({ "user": user }),
        json!({ "user": "x", "all": true }),
        json!({ "user": user, "id": two, "all": true }),
    ] {
        browser.post(REVOKE, &nonsense).await.refusal(400, "invalid_request");
    }
}

async fn all_sessions_are_ended_but_never_ones_own(app: App) {
    let mut ada = app.browser();
    let key = ada.sign_up("ada@example.test").await;
    let mut other = app.browser();
    other.sign_in(&key).await.success();
    let (mut browser, operators_key, operator) = app.opened_console().await;
    let body = json!({ "user": app.id_of("ada@example.test").await, "all": true });
    let done = browser.guarded_post(REVOKE, &body, &operators_key).await.success();
    assert_eq!(done["revoked"], 2);
    for browser in [&mut ada, &mut other] {
        browser.session().await.refusal(401, "invalid_session");
    }
    let own = session_id(&mut browser).await;
    browser.post(REVOKE, &json!({ "user": operator, "id": own })).await.refusal(409, "session_is_current");
    browser.post(REVOKE, &json!({ "user": operator, "all": true })).await.refusal(404, "session_not_found");
    let mut elsewhere = app.browser();
    elsewhere.sign_in(&operators_key).await.success();
    browser.guarded_post(REVOKE, &json!({ "user": operator, "all": true }), &operators_key).await.success();
    elsewhere.session().await.refusal(401, "invalid_session");
    browser.session().await.success();
}

async fn other_systems_are_told_who_ended_it(app: App) {
    let app = app.beside(&[("HOLDFAST_WEBHOOK_URL", "http://localhost:9/hook")]).await;
    let mut ada = app.browser();
    ada.sign_up("ada@example.test").await;
    let (mut browser, key, _) = app.opened_console().await;
    let body = json!({ "user": app.id_of("ada@example.test").await, "all": true });
    browser.guarded_post(REVOKE, &body, &key).await.success();
    let rows = app.outbox_rows().await;
    let sealed =
        rows.iter().find(|row| row.channel == "webhook").and_then(|row| Some((row.id, row.payload.clone()?)));
    let (id, sealed) = sealed.expect("a notice");
    let text = app.state.keyring.open("outbox payload", id.as_bytes(), &sealed).unwrap();
    let content: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let told: serde_json::Value = serde_json::from_str(content["webhook"].as_str().unwrap()).unwrap();
    assert_eq!(told["type"], "session.revoked");
    let event = &told["data"]["events"]["https://schemas.openid.net/secevent/caep/event-type/session-revoked"];
    assert_eq!(event["initiating_entity"], "admin");
    assert!(event["reason_admin"]["en"].as_str().is_some_and(|text| text.ends_with('.')), "{told:#}");
    assert_eq!(told["data"]["user"], body["user"]);
}

async fn names_are_shown_as_text(app: App) {
    let mut ada = app.browser();
    let begin = json!({ "email": "ada@example.test", "displayName": "<img src=x onerror=alert(1)> \u{5d0}\u{5d3}\u{5d4}" });
    let options = ada.post("/auth/passkey/register/options", &begin).await.success();
    let mut key = ada.new_key();
    ada.finish_sign_up(key.create(&options)).await.success();
    let (mut browser, ..) = app.opened_console().await;
    let id = app.id_of("ada@example.test").await;
    for path in [format!("/admin/people/{id}/panel"), "/admin/events/panel?person=ada%40example.test".to_owned()] {
        let html = browser.get(&path).await.text().to_owned();
        assert!(html.contains("<bdi>&lt;img src=x") && !html.contains("<img"), "{html}");
    }
    // What is typed is shown in the form, and nowhere does it become markup.
    let frame = browser.open("/admin/events?person=%22%3E%3Cimg+src%3Dx%3E").await;
    assert!(!frame.text().contains("<img"), "{}", frame.text());
    let html = found(&mut browser, "person=%22%3E%3Cimg+src%3Dx%3E").await;
    assert!(!html.contains("<img"), "{html}");
}

/// Support ends sessions, and that is all: whoever talks an operator into something does not get a passkey, a code or an
/// address by it.
async fn c10_no_call_of_an_operators_lets_anybody_into_somebodys_account(app: App) {
    let (_, ada, _) = saved(&app).await;
    let id = app.id_of(ADA).await;
    let passkey = app.stored().await.credentials[0].id;
    let (mut browser, key, _) = app.opened_console().await;
    let mut own = browser.new_key();
    let response =
        own.create(&browser.guarded_post("/auth/passkey/register/options", &json!({}), &key).await.json());
    let hers = || async {
        let credentials = app.stored().await.credentials.into_iter().filter(|row| row.user_id == id);
        let mut counts = Vec::new();
        let ada = format!("(SELECT id FROM users WHERE email = '{ADA}' AND email_verified_at IS NOT NULL)");
        for (table, which) in
            [("addresses", "1 = 1"), ("recovery_codes", "1 = 1"), ("recoveries", "mail_at + saved_at > 0")]
        {
            counts.push(app.count(&format!("{table} WHERE user_id IN {ada} AND {which}")).await);
        }
        (credentials.map(|row| (row.id, row.label)).collect::<Vec<_>>(), counts)
    };
    let before = hers().await;
    let mut tried = 0;
    for path in calls().iter().filter(|path| !["/auth/logout", "/account/delete"].contains(&path.as_str())) {
        let body = json!({
            "user": id, "userId": id, "id": passkey, "email": ADA, "label": "Mine", "all": true, "others": false,
            "method": "mail", "code": "123456", "token": "none", "response": response,
        });
        for body in [body, json!({ "user": id }), json!({ "id": passkey }), json!({ "email": ADA })] {
            browser.guarded_post(path, &body, &key).await;
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried}");
    let after = hers().await;
    assert_eq!(after, before);
    app.browser().sign_in(&ada).await.success();
    app.browser().sign_in(&own).await;
}
