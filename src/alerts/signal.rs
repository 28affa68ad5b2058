//! An event of a session or a credential, for other systems: a webhook in CAEP's words, in the order in which it happened to that person.

use crate::audit::Recorded;
use crate::audit::export::caep;
use crate::notify::Message;

/// Under the event's place in the trail, so that it is kept once. A person's events are all in one chain, which is read in its order; so the
/// person is the lane.
pub(super) fn of(event: &Recorded, issuer: &str) -> Option<Message> {
    let (name, claims) = caep(event, issuer)?;
    let person = event.details.as_ref()?.user?;
    let key = format!("caep {}:{}:{}", event.chain, event.seq, event.request_id);
    Some(Message::webhook(key, format!("caep.{name}"), claims).in_lane(format!("person {person}")))
}
