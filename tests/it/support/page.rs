//! What stands on a page.

use super::Answer;

/// The opening tags of this element.
pub fn tags<'a>(html: &'a str, element: &str) -> Vec<&'a str> {
    let open = format!("<{element}");
    let starts = html.match_indices(&open).map(|(start, _)| &html[start..]);
    starts.map(|rest| &rest[..=rest.find('>').unwrap()]).collect()
}

/// What the page tells the person who comes to it: the words of its boxes, without those for when scripts do not run.
pub fn notice(page: &Answer) -> String {
    assert_eq!(page.status, 200, "{}", page.text());
    let mut html = page.text().to_owned();
    while let Some(start) = html.find("<noscript>") {
        let end = html[start..].find("</noscript>").unwrap() + start;
        html.replace_range(start..end, "");
    }
    let boxes = html.split("<div ").skip(1).filter_map(|rest| rest.split_once('>')).filter(|(tag, _)| {
        tag.contains("class=\"status\"") && !tag.contains("data-unloaded") && !tag.contains("hidden")
    });
    boxes.map(|(_, rest)| words(rest.split("</div>").next().unwrap())).collect()
}

fn words(html: &str) -> String {
    let mut text = String::new();
    for part in html.split('<') {
        text.push_str(part.split_once('>').map_or(part, |(_, words)| words));
        text.push(' ');
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
