//! A program steers the browser, or is there instead of one. Judged by the `User-Agent` only: what browsers leave out of
//! other headers says nothing.

use super::{Rule, Scope, found_if};

pub(super) const RULE: Rule = Rule {
    name: "automated_user_agent",
    points: 40,
    is_floor: false,
    scope: Scope::BeyondTheTable,
    find: |_, input| found_if(input.is_automated, "A program, not a person, seems to use your session."),
};

/// User agents are read this far.
const READ_LIMIT: usize = 1024;

/// How programs call themselves, as product names (RFC 9110 §10.1.5), in lower case. The start of one is enough.
const PROGRAMS: [&str; 29] = [
    "headlesschrome",
    "phantomjs",
    "electron-fetch",
    "playwright",
    "puppeteer",
    "selenium",
    "curl",
    "wget",
    "httpie",
    "python",
    "aiohttp",
    "httpx",
    "scrapy",
    "go-http-client",
    "java/",
    "apache-httpclient",
    "libwww-perl",
    "lwp",
    "perl",
    "php",
    "guzzlehttp",
    "ruby",
    "axios",
    "node",
    "undici",
    "got",
    "reqwest",
    "hyper/",
    "postmanruntime",
];

/// Whether a user agent says that it is a program.
pub fn is_automated(user_agent: &str) -> bool {
    let read = &user_agent[..user_agent.floor_char_boundary(READ_LIMIT)];
    read.split([' ', ';', '(', ')', ',']).any(|product| {
        let product = product.to_ascii_lowercase();
        // "got" is a program, "gotham" is not: a name ends where its version begins.
        let name = product.split('/').next().unwrap_or_default();
        PROGRAMS.iter().any(|program| match program.strip_suffix('/') {
            Some(program) => name == program,
            None => name == *program || name.strip_prefix(program).is_some_and(|rest| rest.starts_with('-')),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{calm, points};
    use super::*;
    use crate::risk::Input;

    #[test]
    fn it_is_there_or_it_is_not() {
        assert_eq!(points(&RULE, &calm()), 0);
        assert_eq!(points(&RULE, &Input { is_automated: true, ..calm() }), 40);
    }

    #[test]
    fn programs_are_known_by_what_they_call_themselves() {
        for agent in [
            "curl/8.14.1",
            "Wget/1.25.0",
            "python-requests/2.32.5",
            "Python/3.13 aiohttp/3.12",
            "Go-http-client/1.1",
            "Java/21.0.2",
            "axios/1.7.2",
            "node",
            "Scrapy/2.12 (+https://scrapy.org)",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/153.0.0.0 Safari/537.36",
        ] {
            assert!(is_automated(agent), "{agent}");
        }
    }

    #[test]
    fn no_real_browser_is_taken_for_a_program() {
        let corpus = include_str!("../../../tests/corpus/user-agents.tsv");
        let agents =
            corpus.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split('\t').nth(2));
        let mut count = 0;
        for agent in agents {
            assert!(!is_automated(agent), "{agent}");
            count += 1;
        }
        assert!(count > 500, "{count}");
        for agent in
            ["", "Mozilla/5.0", "Gotham/1 Nodejoy/2", "Mozilla/5.0 (Linux; Android 16; Curly) Perlmutter/3"]
        {
            assert!(!is_automated(agent), "{agent}");
        }
        // Cut in the middle of a character.
        assert!(!is_automated(&"é".repeat(2_000)));
    }
}
