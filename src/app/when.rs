//! Moments, as people say them.

use leptos::prelude::*;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

/// How long ago, with the exact time behind it. In the browser the exact time is rewritten in the person's zone.
#[component]
pub(super) fn When(
    /// The moment, RFC 3339.
    at: String,
    /// The present, RFC 3339.
    now: String,
) -> impl IntoView {
    let moment = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
    let said = match (moment(&at), moment(&now)) {
        (Some(at), Some(now)) => ago((now - at).whole_seconds()),
        _ => at.clone(),
    };
    let exact = moment(&at)
        .and_then(|at| {
            at.format(format_description!("[day padding:none] [month repr:long] [year], [hour]:[minute] UTC")).ok()
        })
        .unwrap_or_else(|| at.clone());
    view! { <time datetime=at title=exact>{said}</time> }
}

/// How long until then, with the exact time beside it: somebody is waiting for it.
#[component]
pub(super) fn Ahead(
    /// The moment, RFC 3339.
    at: String,
    /// The present, RFC 3339.
    now: String,
) -> impl IntoView {
    let moment = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
    let said = match (moment(&at), moment(&now)) {
        (Some(at), Some(now)) => ahead((at - now).whole_seconds()),
        _ => String::new(),
    };
    let format = format_description!("[day padding:none] [month repr:long], [hour]:[minute] UTC");
    let exact = moment(&at).and_then(|at| at.format(format).ok()).unwrap_or_else(|| at.clone());
    let title = exact.clone();
    view! {
        {said}
        ", on "
        <time datetime=at title=title>
            {exact}
        </time>
    }
}

fn ahead(seconds: i64) -> String {
    let (count, unit) = match seconds {
        ..60 => return "within a minute".to_owned(),
        60..5_400 => ((seconds + 59) / 60, "minute"),
        5_400..172_800 => ((seconds + 3_599) / 3_600, "hour"),
        _ => ((seconds + 43_200) / 86_400, "day"),
    };
    format!("in {count} {unit}{}", if count == 1 { "" } else { "s" })
}

fn ago(seconds: i64) -> String {
    let (count, unit) = match seconds {
        ..45 => return "just now".to_owned(),
        45..3600 => (((seconds + 30) / 60).max(1), "minute"),
        3600..86_400 => (seconds / 3600, "hour"),
        86_400..2_592_000 => (seconds / 86_400, "day"),
        2_592_000..31_536_000 => (seconds / 2_592_000, "month"),
        _ => (seconds / 31_536_000, "year"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}

#[cfg(test)]
mod tests {
    use super::{ago, ahead};

    #[test]
    fn what_is_to_come_is_said_as_people_say_it() {
        for (seconds, said) in [
            (-5, "within a minute"),
            (59, "within a minute"),
            (60, "in 1 minute"),
            (3_600, "in 60 minutes"),
            (86_399, "in 24 hours"),
            (86_400, "in 24 hours"),
            (2 * 86_400, "in 2 days"),
            (7 * 86_400 + 2, "in 7 days"),
        ] {
            assert_eq!(ahead(seconds), said);
        }
    }

    #[test]
    fn moments_are_said_as_people_say_them() {
        for (seconds, said) in [
            (-5, "just now"),
            (44, "just now"),
            (45, "1 minute ago"),
            (120, "2 minutes ago"),
            (3600, "1 hour ago"),
            (86_400, "1 day ago"),
            (31 * 86_400, "1 month ago"),
            (800 * 86_400, "2 years ago"),
        ] {
            assert_eq!(ago(seconds), said);
        }
    }
}
