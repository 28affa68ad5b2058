//! What a person says of themselves: address and names, checked before anything else is done with them.

use uuid::Uuid;

use super::Refusal;
use crate::store::user;

/// Names and labels longer than this many characters help nobody.
const NAME_LIMIT: usize = 64;
/// RFC 5321 §4.5.3.1.3: a path is at most 256 octets including its angle brackets.
const EMAIL_LIMIT: usize = 254;

/// A person with an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Apps key on this, never on the address.
    pub id: Uuid,
    /// A claim until verified.
    pub email: String,
    /// Whether this person has shown that mail to the address reaches them.
    pub email_verified: bool,
    /// What they like to be called.
    pub display_name: Option<String>,
}

impl From<user::Model> for Account {
    fn from(row: user::Model) -> Self {
        Self {
            id: row.id,
            email: row.email,
            email_verified: row.email_verified_at.is_some(),
            display_name: row.display_name,
        }
    }
}

/// An address in one spelling: trimmed, lower case. One `@` with something on both sides, nothing unprintable;
/// whether mail arrives is found out by sending some.
pub(super) fn parse_email(text: &str) -> Result<String, Refusal> {
    // Before it is looked at: in lower case some letters are longer, or two.
    let text = text.trim().to_lowercase();
    let (local, domain) = text.rsplit_once('@').ok_or(Refusal::EmailInvalid)?;
    let domain_is_plausible = !domain.is_empty()
        && !domain.starts_with(['.', '-'])
        && !domain.ends_with(['.', '-'])
        && !domain.contains("..")
        && domain.chars().all(|c| c.is_alphanumeric() || c == '.' || c == '-');
    let local_is_plausible = !local.is_empty()
        && local.len() <= 64
        && !local.contains(['@', '"', '<', '>', '(', ')', ',', ';', ':', '\\']);
    if text.len() > EMAIL_LIMIT
        || !domain_is_plausible
        || !local_is_plausible
        || !is_showable(&text)
        || text.contains(char::is_whitespace)
    {
        return Err(Refusal::EmailInvalid);
    }
    Ok(text)
}

/// A name to show; `None` if nothing is left after trimming.
pub(super) fn parse_name(text: Option<&str>, refusal: Refusal) -> Result<Option<String>, Refusal> {
    parse_text(text.unwrap_or_default(), NAME_LIMIT, refusal)
}

/// The same for text of at most `limit` characters.
pub(super) fn parse_text(text: &str, limit: usize, refusal: Refusal) -> Result<Option<String>, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if text.chars().count() > limit || !is_showable(text) {
        return Err(refusal);
    }
    Ok(Some(text.to_owned()))
}

/// No control characters, none that reorder or hide the text around them, and something to see.
fn is_showable(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || is_trick(c))
        && text.chars().any(|c| !c.is_whitespace() && !is_joiner(c))
}

/// Characters without a face of their own (Unicode's Default_Ignorable_Code_Point, blank letters, noncharacters), but for
/// the joiners that emoji and several scripts need.
fn is_trick(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}'
        | '\u{3164}' | '\u{fdd0}'..='\u{fdef}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    ) || u32::from(c) & 0xfffe == 0xfffe
}

/// Joiners and variation selectors: fine between characters, nothing on their own.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_trimmed_and_lowered() {
        assert_eq!(parse_email("  Ada.Lovelace+x@Example.TEST ").as_deref(), Ok("ada.lovelace+x@example.test"));
        assert_eq!(parse_email("zoë@bücher.example").as_deref(), Ok("zoë@bücher.example"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.test", "a".repeat(65));
        for text in [
            "",
            "ada",
            "@",
            "ada@",
            "@example.test",
            "a b@example.test",
            "a@b@c.test",
            "a@.test",
            "a@b..c",
            "a@b\u{202e}c.test",
            "<a>@b.test",
            &long,
        ] {
            assert_eq!(parse_email(text), Err(Refusal::EmailInvalid), "{text:?}");
        }
    }

    #[test]
    fn names_keep_their_letters_and_lose_their_tricks() {
        fn parse(text: &str) -> Result<Option<String>, Refusal> {
            parse_name(Some(text), Refusal::DisplayNameInvalid)
        }
        assert_eq!(parse(" Zoë 👩‍💻 "), Ok(Some("Zoë 👩‍💻".into())));
        assert_eq!(parse("   "), Ok(None));
        assert_eq!(parse(&"x".repeat(64)).map(|name| name.is_some()), Ok(true));
        assert_eq!(parse(&"x".repeat(65)), Err(Refusal::DisplayNameInvalid));
        assert_eq!(parse("nul\0"), Err(Refusal::DisplayNameInvalid));
        for trick in ["gnp.\u{202e}exe", "\u{3164}", "\u{200d}", "a\u{61c}b", "a\u{ad}b", "\u{e0041}", "\u{ffff}"]
        {
            assert_eq!(parse(trick), Err(Refusal::DisplayNameInvalid), "{trick:?}");
        }
    }
}
