//! One session, and at once another operator and another family of browsers: the cookie has moved to another machine.

use super::{Found, Rule, Scope, found_if};
use crate::risk::Input;

pub(super) const RULE: Rule = Rule {
    name: "session_split",
    points: 60,
    is_floor: false,
    scope: Scope::Habits,
    find: |_, input| find(input),
};

fn find(input: &Input) -> Option<Found> {
    let session = input.session?;
    found_if(
        session.asn_changed && session.family_changed,
        "Your session has moved to another browser on another network at once.",
    )
}

#[cfg(test)]
mod tests {
    use super::super::testing::{calm, points};
    use super::*;
    use crate::risk::SessionPast;

    #[test]
    fn s18_both_change_at_once_or_it_is_no_split() {
        for (asn_changed, family_changed, expected) in
            [(false, false, 0), (true, false, 0), (false, true, 0), (true, true, 60)]
        {
            let session = Some(SessionPast { asn_changed, family_changed, ..SessionPast::default() });
            assert_eq!(points(&RULE, &Input { session, ..calm() }), expected);
        }
        assert_eq!(points(&RULE, &Input { session: None, ..calm() }), 0);
    }
}
