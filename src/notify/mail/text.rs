//! A mail as plain text, and what text may hold.

use std::fmt::Write;

use super::Mail;

/// A subject or name is not longer.
const LINE_LIMIT: usize = 150;

/// On one line: no control characters, nothing invisible that turns the text around or hides in it, no run of spaces.
pub fn line(text: &str) -> String {
    let visible = text.replace(|c: char| c.is_control() || is_invisible(c), " ");
    let words: Vec<&str> = visible.split_whitespace().collect();
    words.join(" ").chars().take(LINE_LIMIT).collect::<String>().trim_end().to_owned()
}

/// Characters that are not seen, but change how others are read.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// The whole mail.
pub fn render(mail: &Mail) -> String {
    let mut out = String::new();
    let mut paragraphs = mail.paragraphs.iter();
    let mut part = |text: &str| {
        let _ = write!(out, "{text}\n\n");
    };
    if let Some(first) = paragraphs.next() {
        part(&paragraph(first));
    }
    if let Some(code) = &mail.code {
        part(&format!("    {}", line(code)));
    }
    paragraphs.for_each(|text| part(&paragraph(text)));
    if let Some((label, url)) = &mail.button {
        part(&format!("{}:\n{}", line(label), line(url)));
    }
    if let Some(footer) = &mail.footer {
        // By it mail programs know that what follows is no part of the text.
        part(&format!("-- \n{}", paragraph(footer)));
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// Lines of a paragraph stay lines.
pub fn paragraph(text: &str) -> String {
    let visible = |line: &str| line.replace(|c: char| c.is_control() || is_invisible(c), "");
    text.lines().map(visible).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(line("Hello\r\nBcc: eve@example.com"), "Hello Bcc: eve@example.com");
        assert_eq!(line(" a\t\u{0}b\u{202e}\u{2028}c "), "a b c");
        assert_eq!(line("Grüße, 世界"), "Grüße, 世界");
        assert_eq!(line(&"ä".repeat(500)).chars().count(), LINE_LIMIT);
    }

    #[test]
    fn parts_come_in_order() {
        let mail = Mail::new("a@b.test", "S")
            .paragraph("One")
            .paragraph("Two\r\nlines")
            .code("123 456")
            .button("Look", "https://a.test/x")
            .footer("Why");
        assert_eq!(render(&mail), "One\n\n    123 456\n\nTwo\nlines\n\nLook:\nhttps://a.test/x\n\n-- \nWhy\n");
    }
}
