//! The likelihood model: how much less this looks like the person than like somebody else. It adds points; it takes none away.
//!
//! It looks at what other signals look at too, so it adds only what it gives beyond theirs.

use super::{Found, Rule, Scope, device_changed, network_changed, new_asn, new_country};
use crate::risk::{Input, Policy, likelihood};

/// These points are the most that the model may give.
pub(super) const RULE: Rule = Rule { name: "unlikely", points: 120, is_floor: false, scope: Scope::Habits, find };

/// Signals of the same facts.
const SAME_FACTS: [Rule; 4] = [device_changed::RULE, network_changed::RULE, new_country::RULE, new_asn::RULE];

fn find(policy: &Policy, input: &Input) -> Option<Found> {
    let evidence = &input.profile.as_ref()?.evidence;
    // Where there is no past there is nothing to be unlike.
    if evidence.past == 0 {
        return None;
    }
    let parts = likelihood::parts(evidence);
    let points = likelihood::points(parts.sum(), &likelihood::MODEL).min(policy.points(RULE.name));
    let given: u32 =
        SAME_FACTS.iter().filter_map(|rule| rule.signal(policy, input)).map(|signal| signal.points).sum();
    let why = parts.why().unwrap_or("This is not how you usually come here.");
    (points > given).then(|| Found { why: why.into(), at_most: points - given })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{calm, points};
    use super::*;
    use crate::risk::Profile;
    use crate::risk::likelihood::{Evidence, Features, Past, Population};

    /// Nobody else has ever signed in.
    struct Nobody;

    impl Population for Nobody {
        fn count(&self, _: likelihood::Feature, _: u64) -> u32 {
            0
        }
        fn total(&self, _: likelihood::Feature) -> u32 {
            0
        }
        fn distinct(&self, _: likelihood::Feature) -> u32 {
            0
        }
    }

    fn features(value: u64) -> Features {
        Features { ip: [Some(value); 3], agent: [Some(value); 4], device: Some(value) }
    }

    /// A request of this kind, of somebody who has come a hundred times with the kind 1.
    fn coming_with(value: u64) -> Input {
        let past: Vec<Past> = (0..100).map(|at_ms| Past { features: features(1), at_ms }).collect();
        let evidence = Evidence::gather(&features(value), &past, &Nobody, 100);
        Input { profile: Some(Profile { evidence, ..Profile::default() }), ..calm() }
    }

    #[test]
    fn what_is_rare_for_the_person_adds_points_and_what_is_usual_none() {
        assert_eq!(points(&RULE, &coming_with(1)), 0);
        assert_eq!(points(&RULE, &coming_with(2)), 120);
    }

    #[test]
    fn what_others_have_given_for_the_same_is_not_given_twice() {
        let changed = Input { device_changed: true, ..coming_with(2) };
        assert_eq!(points(&RULE, &changed), 80);
        let changed = Input { network_changed: true, ..changed };
        assert_eq!(points(&RULE, &changed), 55);
    }
}
