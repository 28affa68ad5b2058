//! The picture: for four attackers, what share of attacks is caught when so many people's sign-ins are challenged.

use super::accuracy::judged;
use super::attackers::Attacker;
use super::metrics::curve;
use super::scores::{ARTICLE, ENGINE, NO_COOKIE, PUBLISHED};
use super::simulate::{Record, Split};

const PANELS: [(Attacker, &str); 4] = [
    (Attacker::Naive, "A1 from anywhere"),
    (Attacker::Vpn, "A2 by a VPN in the country"),
    (Attacker::Town, "A3 in the person's town, same browser"),
    (Attacker::Provider, "A3 with the person's provider too"),
];
const LINES: [(usize, &str, &str); 4] = [
    (ENGINE, "engine", "the engine"),
    (NO_COOKIE, "bare", "the engine, without the device cookie"),
    (PUBLISHED, "published", "the published model"),
    (ARTICLE, "article", "the article's points"),
];
/// The picture ends where this share of sign-ins is challenged.
const MOST: f64 = 0.3;
const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 180.0;

const STYLE: &str = "\
text{font:13px system-ui,sans-serif;fill:#24292f}.t{font-weight:600}.s{font-size:11px;fill:#57606a}\
.g{stroke:#d0d7de;fill:none}path{fill:none;stroke-width:2.2;stroke-linejoin:round}\
.engine{stroke:#0550ae}.bare{stroke:#0550ae;stroke-dasharray:2 4}.published{stroke:#bc4c00;stroke-dasharray:9 4}\
.article{stroke:#6e7781}.paper{fill:#fff}\
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.s{fill:#9198a1}.g{stroke:#3d444d}.engine,.bare{stroke:#6cb6ff}\
.published{stroke:#f0883e}.article{stroke:#9198a1}.paper{fill:#0d1117}}";

/// As SVG.
pub fn chart(records: &[Record], people: usize) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 740 600\" role=\"img\" aria-labelledby=\"t d\">\n\
         <title id=\"t\">Attacks caught, beside people's sign-ins challenged</title>\n\
         <desc id=\"d\">{}</desc>\n<style>{STYLE}</style>\n<rect class=\"paper\" width=\"740\" height=\"600\" rx=\"6\"/>\n",
        description(records)
    );
    svg += &format!(
        "<text class=\"t\" x=\"60\" y=\"26\">Attacks caught, by people's sign-ins challenged</text>\n\
         <text class=\"s\" x=\"60\" y=\"44\">simulated, {people} people, mature accounts, test period</text>\n"
    );
    for (nth, (by, name)) in PANELS.into_iter().enumerate() {
        let (left, top) = (60.0 + 350.0 * (nth % 2) as f64, 82.0 + 244.0 * (nth / 2) as f64);
        svg += &format!("<g transform=\"translate({left} {top})\">\n<text class=\"t\" y=\"-9\">{name}</text>\n");
        for step in 0..=4 {
            let y = HEIGHT * (1.0 - f64::from(step) / 4.0);
            svg += &format!("<path class=\"g\" style=\"stroke-width:1\" d=\"M0 {y}H{WIDTH}\"/>");
            svg += &format!(
                "<text class=\"s\" x=\"-6\" y=\"{}\" text-anchor=\"end\">{} %</text>\n",
                y + 4.0,
                step * 25
            );
        }
        for step in 0..=3 {
            let x = WIDTH * f64::from(step) / 3.0;
            let y = HEIGHT + 17.0;
            svg +=
                &format!("<text class=\"s\" x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{} %</text>\n", step * 10);
        }
        for (way, class, _) in LINES.into_iter().rev() {
            svg += &format!("<path class=\"{class}\" d=\"{}\"/>\n", path(records, way, by));
        }
        svg += "</g>\n";
    }
    for (nth, (_, class, name)) in LINES.into_iter().enumerate() {
        let (x, y) = (60.0 + 350.0 * (nth % 2) as f64, 556.0 + 24.0 * (nth / 2) as f64);
        svg += &format!(
            "<path class=\"{class}\" d=\"M{x} {y}h36\"/><text x=\"{}\" y=\"{}\">{name}</text>\n",
            x + 46.0,
            y + 4.0
        );
    }
    svg + "</svg>\n"
}

/// The curve, up to the right edge. Between two scores that exist, a share is reached by lot: a straight line.
fn path(records: &[Record], way: usize, by: Attacker) -> String {
    let points = curve(&judged(records, way, by, Split::Test, Some(false)), 0.006);
    let mut d = String::new();
    let mut before = (0.0, 0.0);
    for (nth, (cost, caught)) in points.into_iter().enumerate() {
        let is_last = cost > MOST;
        let caught =
            if is_last { before.1 + (caught - before.1) * (MOST - before.0) / (cost - before.0) } else { caught };
        let x = cost.min(MOST) / MOST * WIDTH;
        d += &format!("{}{x:.1} {:.1}", if nth == 0 { 'M' } else { 'L' }, HEIGHT * (1.0 - caught));
        if is_last {
            break;
        }
        before = (cost, caught);
    }
    d
}

/// For who does not see it.
fn description(records: &[Record]) -> String {
    let mut text =
        "Four curves in each of four panels. Where 5 in 100 sign-ins of people are challenged:".to_owned();
    for (by, name) in PANELS {
        let shares = LINES.map(|(way, _, line)| {
            let points = curve(&judged(records, way, by, Split::Test, Some(false)), 0.0);
            let over = points.iter().position(|(cost, _)| *cost > 0.05).unwrap_or(points.len() - 1).max(1);
            let ((x0, y0), (x1, y1)) = (points[over - 1], points[over]);
            let caught = y0 + (y1 - y0) * ((0.05 - x0) / (x1 - x0).max(1e-9)).clamp(0.0, 1.0);
            format!("{line} catches {:.0} %", caught * 100.0)
        });
        text += &format!(" {name}: {}.", shares.join(", "));
    }
    text.replace('&', "&amp;").replace('<', "&lt;")
}
