//! Whatever a person, a thief and the clock do in whatever order: no session that ended is one again, no code that was retired shows
//! anything, no suspended passkey opens anything, and nobody is in before the wait is over. `make soak` walks further.

use serde_json::{Value, json};

use crate::support::mails::ADA;
use crate::support::recovery::{DAY, HOUR, complete, make_codes, restore_token, saved, show, start, status};
use crate::support::seed::{Chance, in_full};
use crate::support::{App, Browser, Key, on_both_databases};

on_both_databases!(c14_no_walk_through_the_database_leaves_the_rules,);

/// So many steps.
fn steps() -> usize {
    if in_full() { 3_000 } else { 250 }
}

/// So many recoveries are watched at once.
const CASES: usize = 3;

/// A recovery as somebody who only reads the documentation would expect it.
struct Case {
    browser: Browser,
    token: String,
    /// The code that came by mail, if one did, and until when it works.
    mailed: Option<(String, i64)>,
    begun_at: i64,
    is_mail_shown: bool,
    is_saved_shown: bool,
    /// From when and until when it can be completed.
    wait: Option<(i64, i64)>,
    end: Option<&'static str>,
}

impl Case {
    fn stage(&self, now: i64) -> &'static str {
        match (self.end, self.wait) {
            (Some(end), _) => end,
            (None, None) if now < self.begun_at + ms(HOUR) => "begun",
            (None, Some((due, _))) if now < due => "waiting",
            (None, Some((_, until))) if now < until => "ready",
            _ => "expired",
        }
    }

    fn is_open(&self, now: i64) -> bool {
        ["waiting", "ready"].contains(&self.stage(now))
    }
}

fn ms(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap() * 1000
}

/// What is true of the account.
struct Walk<'a> {
    app: &'a App,
    chance: Chance,
    cases: Vec<Case>,
    /// Signed in, each with the passkey it was opened by.
    live: Vec<(Browser, Key)>,
    /// Signed in once.
    ended: Vec<Browser>,
    keys: Vec<Key>,
    /// Since when.
    suspended: Vec<(Key, i64)>,
    codes: Vec<String>,
    retired: Vec<String>,
    stopped_at: Option<i64>,
    log: Vec<String>,
    completed: usize,
    restored: usize,
    stopped: usize,
}

async fn c14_no_walk_through_the_database_leaves_the_rules(app: App) {
    let (browser, key, codes) = saved(&app).await;
    let mut walk = Walk {
        app: &app,
        chance: Chance::new(),
        cases: Vec::new(),
        live: vec![(browser, key.clone())],
        ended: Vec::new(),
        keys: vec![key],
        suspended: Vec::new(),
        codes,
        retired: Vec::new(),
        stopped_at: None,
        log: Vec::new(),
        completed: 0,
        restored: 0,
        stopped: 0,
    };
    eprintln!("a walk: HOLDFAST_TEST_SEED={}", walk.chance.seed());
    for _ in 0..steps() {
        walk.step().await;
        walk.check().await;
    }
    walk.finish().await;
    println!(
        "{} steps: {} recoveries completed, {} stopped, {} passkeys brought back; {} ended sessions, {} retired codes",
        steps(),
        walk.completed,
        walk.stopped,
        walk.restored,
        walk.ended.len(),
        walk.retired.len()
    );
    let report = holdfast::audit::verify(&app.state.trail, &[]).await.unwrap();
    assert_eq!(report.faults, Vec::<String>::new());
}

impl Walk<'_> {
    fn pick(&mut self, of: usize) -> usize {
        usize::try_from(self.chance.below(of as u64)).unwrap()
    }

    async fn step(&mut self) {
        let what = self.chance.below(16);
        self.log.push(format!("{what}"));
        match what {
            0 => self.start().await,
            // Without anything in between, as people do it.
            1 | 2 => {
                self.start().await;
                self.show_mail(self.cases.len() - 1).await;
                self.show_saved(self.cases.len() - 1).await;
            }
            3 => self.with_case(Self::show_mail).await,
            4 => self.with_case(Self::show_saved).await,
            5..=7 => self.complete().await,
            8 => self.app.advance(30 + self.chance.below(20 * 60)),
            9 | 10 => self.app.advance(HOUR * (1 + self.chance.below(30))),
            11 if self.chance.below(4) == 0 => self.app.advance(DAY * self.chance.below(20)),
            12 => self.stop().await,
            13 => self.sign_in().await,
            14 if self.chance.below(2) == 0 => self.make_codes().await,
            15 if self.chance.below(2) == 0 => self.restore().await,
            _ => self.app.tell(1).await,
        }
    }

    /// Wherever it has led: whoever is the person can sign in, make codes, and get back in with them.
    async fn finish(&mut self) {
        self.cases.clear();
        self.app.advance(8 * DAY);
        self.sign_in().await;
        self.make_codes().await;
        self.start().await;
        self.show_mail(0).await;
        self.show_saved(0).await;
        self.app.advance(DAY);
        let before = self.completed;
        while self.completed == before {
            self.complete().await;
        }
        self.check().await;
    }

    /// In a browser of before, signed out, or in one that was never here.
    async fn start(&mut self) {
        let mut browser = self.app.browser();
        if !self.live.is_empty() && self.chance.below(2) == 0 {
            let nth = self.pick(self.live.len());
            browser.cookies = self.live[nth].0.cookies.clone();
            browser.cookies.remove("__Host-sid");
        }
        let told = self.app.count_events("recovery_started").await;
        self.app.letters().await;
        let token = start(&mut browser, ADA).await;
        // Whose address it is is looked up when the answer is on its way.
        while self.app.count_events("recovery_started").await == told {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
        let now = self.app.now();
        let letter = self.app.letters().await.into_iter().find(|it| it.subject.starts_with("Your recovery code"));
        let is_blocked = self.stopped_at.is_some_and(|at| now < at + ms(DAY));
        assert!(!is_blocked || letter.is_none(), "a code for an account whose recovery was just stopped");
        let mailed = letter.map(|letter| (letter.code(), now + 10 * 60 * 1000));
        let (is_mail_shown, is_saved_shown, wait, end) = (false, false, None, None);
        let case = Case { browser, token, mailed, begun_at: now, is_mail_shown, is_saved_shown, wait, end };
        if self.cases.len() == CASES {
            let nth = self.cases.iter().position(|case| !case.is_open(now)).unwrap_or_default();
            self.cases.remove(nth);
        }
        self.cases.push(case);
    }

    async fn with_case(&mut self, act: impl AsyncFnOnce(&mut Self, usize)) {
        if !self.cases.is_empty() {
            let nth = self.pick(self.cases.len());
            act(self, nth).await;
        }
    }

    async fn show_mail(&mut self, nth: usize) {
        let now = self.app.now();
        let case = &mut self.cases[nth];
        let (code, until) = case.mailed.clone().unwrap_or_else(|| ("12345678".to_owned(), 0));
        let answer = show(&mut case.browser, &case.token, "mail", &code).await;
        if answer.status.is_success() {
            assert!(now < until && case.stage(now) == "begun" && !case.is_mail_shown, "{:?}", self.log);
            case.is_mail_shown = true;
            self.shown(nth, &answer.json());
        }
    }

    async fn show_saved(&mut self, nth: usize) {
        let now = self.app.now();
        if self.codes.is_empty() {
            return;
        }
        let which = self.pick(self.codes.len());
        let case = &mut self.cases[nth];
        let answer = show(&mut case.browser, &case.token, "saved_code", &self.codes[which]).await;
        if answer.status.is_success() {
            assert!(case.stage(now) == "begun" && !case.is_saved_shown, "{:?}", self.log);
            case.is_saved_shown = true;
            let code = self.codes.remove(which);
            self.retired.push(code);
            self.shown(nth, &answer.json());
        }
    }

    /// The wait begins when both are shown, as long as the browser says, unless another is on or one was stopped lately.
    fn shown(&mut self, nth: usize, answer: &Value) {
        let now = self.app.now();
        let case = &self.cases[nth];
        assert_eq!(answer["wait"].is_object(), case.is_mail_shown && case.is_saved_shown, "{:?}", self.log);
        if answer["wait"].is_object() {
            assert!(self.cases.iter().all(|case| !case.is_open(now)), "two at once: {:?}", self.log);
            assert!(self.stopped_at.is_none_or(|at| now >= at + ms(DAY)), "soon after one was stopped");
            let delay = match answer["wait"]["tier"].as_str().unwrap() {
                "known_device" => HOUR,
                "new_device" => DAY,
                other => panic!("{other}"),
            };
            let due = now + ms(delay);
            self.cases[nth].wait = Some((due, due + ms(7 * DAY)));
        }
    }

    async fn complete(&mut self) {
        let now = self.app.now();
        let ready = self.cases.iter().position(|case| case.stage(now) == "ready");
        let any = (!self.cases.is_empty()).then(|| self.pick(self.cases.len()));
        let Some(nth) = ready.filter(|_| self.chance.below(4) > 0).or(any) else { return };
        let case = &mut self.cases[nth];
        case.browser.cookies.remove("__Host-sid");
        let (key, answer) = complete(&mut case.browser, &case.token).await;
        assert_eq!(answer.status.is_success(), case.stage(now) == "ready", "{}: {:?}", answer.text(), self.log);
        if answer.status.is_success() {
            case.end = Some("completed");
            let browser = case.browser.clone();
            self.completed += 1;
            self.everybody_out();
            self.retired.append(&mut self.codes);
            self.suspended.extend(self.keys.drain(..).map(|key| (key, now)));
            self.keys.push(key.clone());
            self.live.push((browser, key));
            self.app.letters().await;
        }
    }

    fn everybody_out(&mut self) {
        self.ended.extend(self.live.drain(..).map(|(browser, _)| browser));
    }

    /// A passkey was used: what waits is over.
    fn used(&mut self) {
        let now = self.app.now();
        for case in &mut self.cases {
            if case.is_open(now) {
                case.end = Some("stopped");
                self.stopped_at = Some(now);
                self.stopped += 1;
            }
        }
    }

    async fn stop(&mut self) {
        let now = self.app.now();
        let Some(nth) = (!self.cases.is_empty()).then(|| self.pick(self.cases.len())) else { return };
        let case = &mut self.cases[nth];
        let stage = case.stage(now);
        case.browser.post("/auth/recovery/cancel", &json!({ "token": case.token })).await.success();
        if ["begun", "waiting", "ready"].contains(&stage) {
            case.end = Some("stopped");
        }
        if ["waiting", "ready"].contains(&stage) {
            self.stopped_at = Some(now);
            self.stopped += 1;
        }
    }

    async fn sign_in(&mut self) {
        let nth = self.pick(self.keys.len());
        let key = self.keys[nth].clone();
        let mut browser = self.app.browser();
        browser.sign_in(&key).await.success();
        self.used();
        self.live.push((browser, key));
    }

    /// The touch that it takes is one.
    async fn make_codes(&mut self) {
        let Some((mut browser, key)) = self.live.pop() else { return };
        // It may have ended by itself meanwhile.
        if browser.session().await.status.is_success() {
            self.retired.append(&mut self.codes);
            self.codes = make_codes(&mut browser, &key).await;
            self.used();
            self.live.push((browser, key));
        }
    }

    async fn restore(&mut self) {
        if self.suspended.is_empty() {
            return;
        }
        let (nth, now) = (self.pick(self.suspended.len()), self.app.now());
        let (key, since) = self.suspended[nth].clone();
        let mut browser = self.app.browser();
        self.app.letters().await;
        let asked = restore_token(&mut browser, &key).await;
        assert_eq!(asked.status.is_success(), now < since + ms(30 * DAY), "{}: {:?}", asked.text(), self.log);
        if asked.status.is_success() {
            let token = asked.json()["token"].as_str().unwrap().to_owned();
            let letter =
                self.app.letters().await.into_iter().find(|it| it.subject.contains("bring a passkey back"));
            show(&mut browser, &token, "mail", &letter.expect("a code").code()).await.success();
            self.restored += 1;
            self.used();
            self.everybody_out();
            self.suspended.remove(nth);
            self.keys.push(key);
        }
    }

    /// What must be true at any time.
    async fn check(&mut self) {
        let now = self.app.now();
        for case in &mut self.cases {
            let said = status(&mut case.browser, &case.token).await;
            assert_eq!(said["stage"], case.stage(now), "{:?}", self.log);
        }
        if !self.ended.is_empty() {
            let nth = self.pick(self.ended.len());
            assert_eq!(self.ended[nth].session().await.status, 401, "an ended session: {:?}", self.log);
        }
        if !self.suspended.is_empty() {
            let nth = self.pick(self.suspended.len());
            let code = self.app.browser().sign_in(&self.suspended[nth].0).await.code();
            assert!(["passkey_suspended", "passkey_unknown"].contains(&code.as_str()), "{code}: {:?}", self.log);
        }
        if !self.retired.is_empty() && !self.cases.is_empty() && self.chance.below(4) == 0 {
            let (nth, which) = (self.pick(self.cases.len()), self.pick(self.retired.len()));
            let case = &mut self.cases[nth];
            let answer = show(&mut case.browser, &case.token, "saved_code", &self.retired[which]).await;
            assert!(!answer.status.is_success(), "a retired code: {:?}", self.log);
        }
    }
}
