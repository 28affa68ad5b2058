//! The charts: sign-ins, touches, risk, limits; each over an hour, a day and a week, with the numbers behind them.

use leptos::prelude::*;
use time::OffsetDateTime;
use time::macros::format_description;

use super::chart::{Chart, Look, Series, svg};
use crate::admin::{Bars, Tally};

/// One thing that a chart counts: what it is called, how it looks, and where its count is.
type Part = (&'static str, Look, fn(&Tally) -> u64);

/// What belongs in one picture.
struct Topic {
    id: &'static str,
    name: &'static str,
    hint: &'static str,
    parts: &'static [Part],
}

static TOPICS: [Topic; 4] = [
    Topic {
        id: "sign-ins",
        name: "Sign-ins",
        hint: "",
        parts: &[
            ("signed in", Look::Plain, |tally| tally.signed_in),
            ("new accounts", Look::Dotted, |tally| tally.signed_up),
            ("refused", Look::Hatched, |tally| tally.refused),
        ],
    },
    Topic {
        id: "touches",
        name: "Touches",
        hint: "The line is how many were asked for. A bar that stays below it: they were not made.",
        parts: &[
            ("made", Look::Plain, |tally| tally.touched),
            ("refused", Look::Hatched, |tally| tally.untouched),
            ("asked for", Look::Line, |tally| tally.asked),
        ],
    },
    Topic {
        id: "risk",
        name: "Risk decisions",
        hint: "",
        parts: &[
            ("below 30 points", Look::Plain, |tally| tally.calm),
            ("30 and more, let through", Look::Dotted, |tally| tally.raised),
            ("a touch asked for", Look::Hatched, |tally| tally.risky),
        ],
    },
    Topic {
        id: "limits",
        name: "Limits reached",
        hint: "One for each counter and window, however many requests it refused.",
        parts: &[("reached", Look::Hatched, |tally| tally.limited)],
    },
];

/// All of it.
#[component]
pub(super) fn Traffic(
    /// The last hour by five minutes.
    hour: Bars,
    /// The last day by hours.
    day: Bars,
    /// The last week by six hours.
    week: Bars,
) -> impl IntoView {
    TOPICS
        .iter()
        .map(|topic| {
            let spans = [
                Span { id: "hour", name: "The last hour", step: "5 minutes", bars: &hour },
                Span { id: "day", name: "The last 24 hours", step: "1 hour", bars: &day },
                Span { id: "week", name: "The last 7 days", step: "6 hours", bars: &week },
            ];
            let [hour, day, week] = spans.map(|span| (span.figure(topic), span.table(topic)));
            view! {
                <section class="stack" aria-labelledby=topic.id>
                    <h3 id=topic.id>{topic.name}</h3>
                    {(!topic.hint.is_empty()).then(|| view! { <p class="meta">{topic.hint}</p> })}
                    <div class="charts">{hour.0} {day.0}</div>
                    <details>
                        <summary>"Seven days, and the numbers" <span class="unseen">": " {topic.name}</span></summary>
                        <div class="charts">{week.0}</div>
                        {hour.1} {day.1} {week.1}
                    </details>
                </section>
            }
        })
        .collect_view()
}

/// A time that is looked back on.
struct Span<'a> {
    id: &'static str,
    name: &'static str,
    step: &'static str,
    bars: &'a Bars,
}

impl Span<'_> {
    fn figure(&self, topic: &Topic) -> AnyView {
        let series: Vec<Series> = topic
            .parts
            .iter()
            .map(|(name, look, count)| Series {
                name,
                look: *look,
                counts: self.bars.iter().map(|(_, tally)| count(tally)).collect(),
            })
            .collect();
        let legend = series.iter().map(|series| {
            let (name, total, class) = (series.name, series.total(), series.look.class());
            view! {
                <li>
                    <span class=format!("swatch {class}")></span>
                    {name} " " <strong>{total}</strong>
                </li>
            }
        });
        let legend = legend.collect_view();
        let ticks = self.bars.iter().map(|(at, _)| self.tick(at.to_date_time())).collect();
        let title = format!("{}, {}", topic.name, self.name.to_lowercase());
        let drawn = svg(&Chart { id: format!("{}-{}", topic.id, self.id), title, series, ticks });
        view! {
            <figure class="stack" data-gap="xs">
                <figcaption class="meta">{self.name} ", by " {self.step}</figcaption>
                <div inner_html=drawn></div>
                <ul class="legend" role="list">
                    {legend}
                </ul>
            </figure>
        }
        .into_any()
    }

    fn table(&self, topic: &Topic) -> AnyView {
        let heads = topic.parts.iter().map(|(name, ..)| view! { <th scope="col">{*name}</th> }).collect_view();
        let rows = self.bars.iter().map(|(at, tally)| {
            let cells = topic.parts.iter().map(|(.., count)| view! { <td>{count(tally)}</td> }).collect_view();
            view! {
                <tr>
                    <th scope="row">
                        <time datetime=at.to_rfc3339()>{self.moment(at.to_date_time())}</time>
                    </th>
                    {cells}
                </tr>
            }
        });
        view! {
            <div class="scroll" tabindex="0" role="region" aria-label=format!("{}, {}: the numbers", topic.name, self.name.to_lowercase())>
                <table class="numbers">
                    <caption>{topic.name} ", " {self.name.to_lowercase()} ", each from that time on for " {self.step}</caption>
                    <thead>
                        <tr>
                            <th scope="col">"From"</th>
                            {heads}
                        </tr>
                    </thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </div>
        }
        .into_any()
    }

    /// What stands below the bar that begins then.
    fn tick(&self, at: OffsetDateTime) -> Option<String> {
        let has_tick = match self.id {
            "hour" => at.minute().is_multiple_of(15),
            "day" => at.hour().is_multiple_of(6),
            _ => at.hour() == 0,
        };
        has_tick.then(|| match self.id {
            "week" => {
                at.format(format_description!("[weekday repr:short] [day padding:none]")).unwrap_or_default()
            }
            _ => at.format(format_description!("[hour]:[minute]")).unwrap_or_default(),
        })
    }

    fn moment(&self, at: OffsetDateTime) -> String {
        let text = match self.id {
            "week" => at.format(format_description!("[weekday repr:short] [day padding:none], [hour]:[minute]")),
            _ => at.format(format_description!("[hour]:[minute]")),
        };
        text.unwrap_or_default()
    }
}
