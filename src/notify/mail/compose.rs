//! From what a mail says to the bytes that travel (RFC 5322).

use std::time::{Duration, UNIX_EPOCH};

use lettre::Message;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, MultiPartKind, SinglePart};
use uuid::Uuid;

use super::{Mail, address, html, text};
use crate::clock::Timestamp;

/// RFC 3834 §5: nobody's holiday answer should come back.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// The mail cannot be put into this form.
#[derive(Debug)]
pub struct Unfit;

/// The same id, time and mail give the same bytes.
pub fn compose(mail: &Mail, from: &Mailbox, id: Uuid, at: Timestamp) -> Result<Message, Unfit> {
    let to = address(&mail.to).ok_or(Unfit)?;
    let id = id.simple();
    let body = MultiPart::builder()
        .kind(MultiPartKind::Alternative)
        // In no other mail, and in none of this one's lines.
        .boundary(format!("=_{id}"))
        .build()
        .singlepart(SinglePart::plain(text::render(mail)))
        .singlepart(SinglePart::html(html::render(mail)));
    Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(text::line(&mail.subject))
        .date(UNIX_EPOCH + Duration::from_millis(u64::try_from(at.0).unwrap_or_default()))
        .message_id(Some(format!("<{id}@{}>", from.email.domain())))
        .header(AutoSubmitted)
        .multipart(body)
        .map_err(|_| Unfit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn composed(mail: &Mail) -> String {
        let from = Mailbox::new(Some("Hold, fast".into()), "login@example.com".parse().expect("an address"));
        let message = compose(mail, &from, Uuid::from_u128(7), Timestamp(1_795_376_096_000)).expect("composed");
        String::from_utf8(message.formatted()).expect("text")
    }

    fn headers(mail: &Mail) -> Vec<String> {
        let text = composed(mail);
        let (head, _) = text.split_once("\r\n\r\n").expect("a body");
        // What begins with a space goes on from the line before (RFC 5322 §2.2.3).
        head.replace("\r\n ", " ").split("\r\n").map(ToOwned::to_owned).collect()
    }

    #[test]
    fn headers_are_these_and_no_others() {
        let headers = headers(&Mail::new("ada@example.com", "Hello").paragraph("Text"));
        for expected in [
            "From: =?utf-8?b?SG9sZCwgZmFzdA==?= <login@example.com>",
            "To: ada@example.com",
            "Subject: Hello",
            "Message-ID: <00000000000000000000000000000007@example.com>",
            "Auto-Submitted: auto-generated",
            "Date: Sun, 22 Nov 2026 19:34:56 +0000",
            "MIME-Version: 1.0",
        ] {
            assert!(headers.iter().any(|header| header == expected), "{expected} is not in {headers:?}");
        }
        assert_eq!(headers.len(), 8, "{headers:?}");
    }

    #[test]
    fn nothing_in_a_mail_can_make_a_header() {
        for evil in
            ["Hi\r\nBcc: eve@example.com", "Hi\nBcc: eve@example.com", "Hi\r\n\r\nBcc: x", "Hi\u{85}Bcc: x"]
        {
            let mail = Mail::new("ada@example.com", evil).paragraph(evil).code(evil).footer(evil);
            let headers = headers(&mail);
            assert_eq!(headers.len(), 8, "{headers:?}");
            assert!(!headers.iter().any(|header| header.to_lowercase().starts_with("bcc")), "{headers:?}");
        }
        let from = "ada@example.com\r\nBcc: eve@example.com".parse::<Mailbox>();
        assert!(from.is_err());
        let mail = Mail::new("ada@example.com\r\nBcc: eve@example.com", "Hi");
        let from = "login@example.com".parse().expect("a mailbox");
        assert!(compose(&mail, &from, Uuid::nil(), Timestamp(0)).is_err());
    }

    #[test]
    fn every_line_is_short_and_ascii_whatever_is_said() {
        let mail = Mail::new("ada@example.com", "Grüße an 世界 ".repeat(20)).paragraph("ü世".repeat(400));
        let text = composed(&mail);
        assert!(text.is_ascii());
        // RFC 5322 §2.1.1.
        assert!(text.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));
    }

    #[test]
    fn the_same_mail_is_the_same_bytes() {
        let mail = Mail::new("ada@example.com", "Hello").paragraph("Text").button("Go", "https://a.test");
        assert_eq!(composed(&mail), composed(&mail));
    }
}
