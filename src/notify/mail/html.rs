//! A mail as HTML: quiet, light or dark as the reader likes it, nothing loaded from anywhere.
//!
//! What matters stands in attributes, since some mail programs drop the style sheet; the dark colours can only stand there.

use std::fmt::Write;

use super::{Mail, text};

const STYLE: &str = "body{margin:0;padding:24px 16px;background:#f7f3ec;color:#1e2421}\
.sheet{max-width:480px;margin:0 auto;padding:28px 24px;background:#fffdf9;border-radius:16px}\
.soft{color:#565b53}\
@media (prefers-color-scheme:dark){body{background:#121613!important;color:#eee8dc!important}\
.sheet{background:#1a201c!important;color:#eee8dc!important}.soft{color:#b3b3a6!important}\
.code{background:#262d28!important}}";
const FONT: &str = "font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif";

/// The whole mail.
pub fn render(mail: &Mail) -> String {
    let title = escape(&text::line(&mail.subject));
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <meta name=\"supported-color-schemes\" content=\"light dark\">\
         <title>{title}</title><style>:root{{color-scheme:light dark}}{STYLE}</style></head>\n\
         <body style=\"{FONT}\">\n<div class=\"sheet\">\n\
         <h1 style=\"font-size:19px;line-height:1.3;margin:0 0 16px\">{title}</h1>\n"
    );
    let mut paragraphs = mail.paragraphs.iter();
    if let Some(first) = paragraphs.next() {
        paragraph(&mut out, first);
    }
    if let Some(code) = &mail.code {
        let code = escape(&text::line(code));
        let _ = writeln!(
            out,
            "<p class=\"code\" style=\"margin:0 0 16px;padding:12px 16px;border-radius:10px;background:#eee7da;\
             font:600 24px/1.3 ui-monospace,Menlo,Consolas,monospace;letter-spacing:2px\">{code}</p>"
        );
    }
    for text in paragraphs {
        paragraph(&mut out, text);
    }
    if let Some((label, url)) = &mail.button {
        let (label, url) = (escape(&text::line(label)), escape(&text::line(url)));
        let _ = writeln!(
            out,
            "<p style=\"margin:24px 0\"><a href=\"{url}\" style=\"display:inline-block;padding:11px 20px;\
             border-radius:10px;background:#14513d;color:#fffdf9;text-decoration:none;font-weight:600\">{label}</a></p>"
        );
    }
    if let Some(footer) = &mail.footer {
        let footer = lines(footer);
        let _ = writeln!(out, "<p class=\"soft\" style=\"margin:24px 0 0;font-size:14px\">{footer}</p>");
    }
    out.push_str("</div>\n</body></html>\n");
    out
}

fn paragraph(out: &mut String, text: &str) {
    let _ = writeln!(out, "<p style=\"margin:0 0 16px\">{}</p>", lines(text));
}

fn lines(text: &str) -> String {
    escape(&text::paragraph(text)).replace('\n', "<br>\n")
}

/// As text, and within a quoted attribute.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_said_becomes_markup() {
        let evil = "<script>\"'&</script>";
        let mail = Mail::new("a@b.test", evil)
            .paragraph(evil)
            .code(evil)
            .button(evil, format!("https://a.test/?q={evil}"))
            .footer(evil);
        let html = render(&mail);
        assert!(!html.contains("<script") && !html.contains("q=<"), "{html}");
        assert_eq!(html.matches("&lt;script&gt;&quot;&#39;&amp;&lt;/script&gt;").count(), 7);
    }

    #[test]
    fn nothing_is_loaded_and_there_is_one_link() {
        let mail = Mail::new("a@b.test", "S").paragraph("One\nTwo").button("Look", "https://a.test/x");
        let html = render(&mail);
        assert!(!html.contains("<img") && !html.contains("url(") && !html.contains("@import"), "{html}");
        assert_eq!(html.matches("http").count(), 1);
        assert!(html.contains("One<br>\nTwo"));
    }
}
