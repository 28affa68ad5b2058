//! Counts as bars, drawn on the server: no script, no library, no style in the attributes.
//!
//! Who does not see colours tells the parts by their patterns, who does not see has the picture's description and the
//! table beside it. The words here are all our own, so nothing needs escaping.

use std::fmt::Write;

/// How a part of a bar looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// As it should be.
    Plain,
    /// Worth noticing.
    Dotted,
    /// Worth a look.
    Hatched,
    /// No part of the bar: a line where it might have reached.
    Line,
}

impl Look {
    /// Its class in the stylesheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Dotted => "dotted",
            Self::Hatched => "hatched",
            Self::Line => "line",
        }
    }
}

/// One thing that is counted.
#[derive(Clone, Debug)]
pub(super) struct Series {
    /// What it is called.
    pub(super) name: &'static str,
    /// How it looks.
    pub(super) look: Look,
    /// A count for each bar.
    pub(super) counts: Vec<u64>,
}

impl Series {
    /// All of them.
    pub(super) fn total(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// A chart.
#[derive(Clone, Debug)]
pub(super) struct Chart {
    /// Names it in the page: letters and hyphens.
    pub(super) id: String,
    /// What is counted, and over what time.
    pub(super) title: String,
    /// From the ground up.
    pub(super) series: Vec<Series>,
    /// What stands below each bar; nothing below most.
    pub(super) ticks: Vec<Option<String>>,
}

/// The drawing, in units that are about pixels.
const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 172.0;
const LEFT: f64 = 34.0;
const RIGHT: f64 = 4.0;
const TOP: f64 = 18.0;
const BOTTOM: f64 = 24.0;
/// With more bars than this there is no room for a number above each.
const NUMBERED: usize = 12;

/// The chart as SVG.
pub(super) fn svg(chart: &Chart) -> String {
    let Chart { id, title, series, ticks } = chart;
    let heights: Vec<u64> = (0..ticks.len()).map(|bar| height(series, bar)).collect();
    let lines = series.iter().filter(|series| series.look == Look::Line).flat_map(|series| series.counts.iter());
    let top = nice(heights.iter().chain(lines).copied().max().unwrap_or_default());
    let ground = HEIGHT - BOTTOM;
    let y = |count: u64| ground - (ground - TOP) * ratio(count, top);
    let step = (WIDTH - LEFT - RIGHT) / ratio_of(ticks.len());
    let bar_width = step * 0.72;

    let mut svg = format!(
        r#"<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="{id}-title" aria-describedby="{id}-desc">"#
    );
    // Writing to a String does not fail.
    let _ =
        write!(svg, r#"<title id="{id}-title">{title}</title><desc id="{id}-desc">{}</desc>"#, described(chart));
    let _ = write!(
        svg,
        r#"<defs><pattern id="{id}-hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="ground" d="M0 0h5v5H0z"/><path class="hatch" d="M0 0h2.6v5H0z"/></pattern><pattern id="{id}-dots" width="5" height="5" patternUnits="userSpaceOnUse"><path class="ground" d="M0 0h5v5H0z"/><circle class="dot" cx="2.5" cy="2.5" r="1.5"/></pattern></defs>"#
    );
    let marks = if top > 1 && top.is_multiple_of(2) { vec![0, top / 2, top] } else { vec![0, top] };
    for mark in marks {
        let (at, end) = (y(mark), WIDTH - RIGHT);
        let _ = write!(svg, r#"<path class="grid" d="M{LEFT} {at:.1}H{end}"/>"#);
        let _ = write!(svg, r#"<text class="mark" x="{:.1}" y="{:.1}">{mark}</text>"#, LEFT - 5.0, at + 4.0);
    }
    for (bar, tick) in ticks.iter().enumerate() {
        let x = LEFT + step * ratio_of(bar) + (step - bar_width) / 2.0;
        let mut below = 0;
        for series in series {
            let count = series.counts.get(bar).copied().unwrap_or_default();
            if count == 0 {
                continue;
            }
            if series.look == Look::Line {
                let at = y(count);
                let _ = write!(svg, r#"<path class="line" d="M{:.1} {at:.1}h{:.1}"/>"#, x - 1.0, bar_width + 2.0);
                continue;
            }
            let (from, to) = (y(below), y(below + count));
            let fill = match series.look {
                Look::Hatched => format!(r#" fill="url(#{id}-hatch)""#),
                Look::Dotted => format!(r#" fill="url(#{id}-dots)""#),
                Look::Plain | Look::Line => String::new(),
            };
            let class = series.look.class();
            let tall = from - to;
            let _ = write!(
                svg,
                r#"<rect class="{class}" x="{x:.1}" y="{to:.1}" width="{bar_width:.1}" height="{tall:.1}"{fill}/>"#
            );
            below += count;
        }
        let sum = heights.get(bar).copied().unwrap_or_default();
        let is_highest = heights.iter().position(|height| Some(height) == heights.iter().max()) == Some(bar);
        if sum > 0 && (ticks.len() <= NUMBERED || is_highest) {
            let (x, y) = (x + bar_width / 2.0, y(sum) - 5.0);
            let _ = write!(svg, r#"<text class="number" x="{x:.1}" y="{y:.1}">{sum}</text>"#);
        }
        if let Some(tick) = tick {
            let (x, y) = (LEFT + step * ratio_of(bar), ground + 16.0);
            let _ = write!(svg, r#"<path class="tick" d="M{x:.1} {ground}v4"/>"#);
            let _ = write!(svg, r#"<text class="time" x="{x:.1}" y="{y:.1}">{tick}</text>"#);
        }
    }
    svg.push_str("</svg>");
    svg
}

/// How high a bar is: all parts on each other.
fn height(series: &[Series], bar: usize) -> u64 {
    let parts = series.iter().filter(|series| series.look != Look::Line);
    parts.filter_map(|series| series.counts.get(bar)).sum()
}

/// In words: how many there were in all.
fn described(chart: &Chart) -> String {
    let parts: Vec<String> =
        chart.series.iter().map(|series| format!("{}: {}", series.name, series.total())).collect();
    let whole = parts.join(", ");
    if chart.series.iter().all(|series| series.total() == 0) {
        format!("Nothing. {whole}.")
    } else {
        format!("{whole}. The numbers of each bar are in the table.")
    }
}

/// The next number from here up that is easy to read on an axis: 1, 2, 4, 6, 8, 10, 20, 40 and so on.
fn nice(most: u64) -> u64 {
    let mut unit = 1_u64;
    loop {
        for step in [1, 2, 4, 6, 8, 10] {
            let mark = unit.saturating_mul(step);
            if mark >= most.max(1) {
                return mark;
            }
        }
        unit = unit.saturating_mul(10);
    }
}

#[expect(clippy::cast_precision_loss, reason = "a picture is a few hundred pixels high")]
fn ratio(count: u64, top: u64) -> f64 {
    count as f64 / top.max(1) as f64
}

#[expect(clippy::cast_precision_loss, reason = "there are a few dozen bars")]
fn ratio_of(bars: usize) -> f64 {
    bars as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(series: Vec<(&'static str, Look, Vec<u64>)>) -> Chart {
        let bars = series[0].2.len();
        let series = series.into_iter().map(|(name, look, counts)| Series { name, look, counts }).collect();
        let ticks = (0..bars).map(|bar| (bar % 3 == 0).then(|| format!("{bar:02}:00"))).collect();
        Chart { id: "sign-ins-hour".into(), title: "Sign-ins, the last hour".into(), series, ticks }
    }

    fn attributes(svg: &str, element: &str, name: &str) -> Vec<String> {
        svg.split(&format!("<{element} "))
            .skip(1)
            .map(|rest| {
                let tag = rest.split('>').next().unwrap();
                let value = tag.split(&format!("{name}=\"")).nth(1);
                value.and_then(|value| value.split('"').next()).unwrap_or_default().to_owned()
            })
            .collect()
    }

    #[test]
    fn a_bar_is_as_high_as_what_it_counts() {
        let svg = svg(&chart(vec![("ok", Look::Plain, vec![0, 4, 8]), ("no", Look::Hatched, vec![0, 4, 0])]));
        assert_eq!(attributes(&svg, "rect", "height"), ["65.0", "65.0", "130.0"], "of 130 for 8");
        assert_eq!(attributes(&svg, "rect", "y"), ["83.0", "18.0", "18.0"], "on each other");
        assert_eq!(attributes(&svg, "rect", "class"), ["plain", "hatched", "plain"]);
        assert_eq!(attributes(&svg, "rect", "fill"), ["", "url(#sign-ins-hour-hatch)", ""]);
        assert!(svg.matches(r#"class="number""#).count() == 2 && svg.contains(">8</text>"), "{svg}");
    }

    #[test]
    fn it_says_what_it_shows_to_who_does_not_see_it() {
        let drawn =
            svg(&chart(vec![("signed in", Look::Plain, vec![1, 2]), ("refused", Look::Hatched, vec![0, 0])]));
        assert!(drawn.contains(
            r#"role="img" aria-labelledby="sign-ins-hour-title" aria-describedby="sign-ins-hour-desc""#
        ));
        assert!(drawn.contains(r#"<title id="sign-ins-hour-title">Sign-ins, the last hour</title>"#));
        assert!(drawn.contains("signed in: 3, refused: 0. The numbers of each bar are in the table."), "{drawn}");
        let empty = svg(&chart(vec![("signed in", Look::Plain, vec![0, 0])]));
        assert!(empty.contains("Nothing. signed in: 0.") && !empty.contains("<rect"), "{empty}");
        assert!(!empty.contains("NaN") && !empty.contains("inf"), "{empty}");
    }

    #[test]
    fn a_line_marks_what_might_have_been_and_adds_nothing() {
        let svg = svg(&chart(vec![("made", Look::Plain, vec![2]), ("asked", Look::Line, vec![4])]));
        assert_eq!(attributes(&svg, "rect", "height"), ["65.0"]);
        assert!(svg.contains(r#"<path class="line" d="M"#));
        assert!(svg.contains(">2</text>"), "the number is the bar's");
    }

    #[test]
    fn of_many_bars_the_highest_alone_has_a_number_and_all_stay_inside() {
        let counts: Vec<u64> = (0..28).map(|bar| u64::from(bar == 20) * 1234 + 1).collect();
        let svg = svg(&chart(vec![("ok", Look::Plain, counts)]));
        assert_eq!(svg.matches(r#"class="number""#).count(), 1);
        assert!(svg.contains(">1235</text>") && svg.contains(">2000</text>") && svg.contains(">1000</text>"));
        for (x, width) in attributes(&svg, "rect", "x").iter().zip(attributes(&svg, "rect", "width")) {
            let (x, width): (f64, f64) = (x.parse().unwrap(), width.parse().unwrap());
            assert!(x >= LEFT && x + width <= WIDTH, "{x} {width}");
        }
    }

    #[test]
    fn nothing_in_it_needs_a_policy_that_allows_styles() {
        let svg = svg(&chart(vec![("ok", Look::Dotted, vec![3, 1, 2, 9])]));
        assert!(!svg.contains("style") && !svg.contains("<script") && !svg.contains(" on"), "{svg}");
    }

    #[test]
    fn axes_end_at_numbers_that_are_easy_to_read() {
        for (most, mark) in
            [(0, 1), (1, 1), (3, 4), (5, 6), (7, 8), (9, 10), (11, 20), (45, 60), (101, 200), (1235, 2000)]
        {
            assert_eq!(nice(most), mark, "{most}");
        }
        assert_eq!(nice(u64::MAX), u64::MAX);
    }
}
