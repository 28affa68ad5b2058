//! The article's: what is asked for matters. The person is told in what way.

use super::{Found, Rule, Scope, found_if};
use crate::risk::Input;

pub(super) const RULE: Rule = Rule {
    name: "sensitive_route",
    points: 20,
    is_floor: true,
    scope: Scope::Always,
    find: |_, input| find(input),
};

/// What is at stake, by how the route ends.
const AT_STAKE: [(&str, &str); 3] = [
    ("billing", "This can change where your money goes."),
    ("api-keys", "This can let programs act for you."),
    ("sessions", "This shows and ends the sessions of your account."),
];

fn find(input: &Input) -> Option<Found> {
    let route = input.route.as_deref().unwrap_or_default();
    let at_stake = AT_STAKE.iter().find(|(end, _)| route.ends_with(end)).map(|(_, why)| *why);
    found_if(input.is_sensitive, at_stake.unwrap_or("This is something only you should be able to do."))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{calm, points};
    use super::*;

    #[test]
    fn it_is_there_or_it_is_not() {
        assert_eq!(points(&RULE, &calm()), 0);
        assert_eq!(points(&RULE, &Input { is_sensitive: true, ..calm() }), 20);
    }

    #[test]
    fn the_person_is_told_what_is_at_stake() {
        let why = |route: Option<&str>| {
            find(&Input { is_sensitive: true, route: route.map(str::to_owned), ..calm() }).unwrap().why
        };
        assert!(why(Some("/account/billing")).contains("money"));
        assert!(why(Some("/billing")).contains("money"));
        assert!(why(Some("/api-keys")).contains("programs"));
        assert!(why(Some("/admin")).contains("only you"));
        assert!(why(None).contains("only you"));
    }
}
