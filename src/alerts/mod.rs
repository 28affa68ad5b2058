//! What somebody should look at. Rules read the audit trail as it grows; each is one small file in `rules/` and a row of its table.
//!
//! | file | what |
//! |---|---|
//! | `seen` | an event, as rules see it |
//! | `rehearse` | what the rules would raise, from memory |
//! | `rule` | what a rule is |
//! | `rules/` | one file each |
//! | `signal` | what other systems hear of sessions and credentials, on the way |
//! | `tell` | to the log, the operator's mail, a webhook |
//! | `windows` | the events of the last hours, by what each rule groups them by. No I/O, no clock |
//! | `desk` | what people see of them, and that somebody saw to one |
//! | `forget` | without a person who is erased |
//! | `watch` | the trail read on, alerts kept, once each |

mod desk;
mod forget;
mod rehearse;
mod rule;
mod rules;
mod seen;
mod signal;
mod tell;
mod watch;
mod windows;

pub use desk::Acknowledged;
pub use forget::forget_person;
pub use rehearse::rehearse;
pub use rule::{Key, Rule, Severity};
pub use rules::RULES;
pub use seen::Seen;
pub use watch::{About, Alert, MEMORY, Watcher};
