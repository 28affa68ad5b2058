//! Where a person is paid to, checked before anything else is done with it.

use std::fmt;

use iban::{BaseIban, Iban};

use super::super::{Refusal, identity};

/// As long as a name may be in a payment (ISO 20022, as SEPA uses it).
const HOLDER_LIMIT: usize = 70;

/// How long each country's IBANs are (ISO 13616's registry). The crate knows it too and does not say it; a test compares.
const LENGTHS: &str = "\
    AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 \
    EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 \
    KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PL28 \
    PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 \
    VG24 XK20 YE30";

/// An account that money can be sent to.
#[derive(Clone, PartialEq, Eq)]
pub struct PayoutDetails {
    account_holder: String,
    iban: String,
}

impl fmt::Debug for PayoutDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PayoutDetails(…)")
    }
}

impl PayoutDetails {
    /// In their one spelling, if they can be an account.
    pub fn parse(account_holder: &str, iban: &str) -> Result<Self, Refusal> {
        let holder = identity::parse_text(account_holder, HOLDER_LIMIT, Refusal::AccountHolderInvalid)?;
        Ok(Self { account_holder: holder.ok_or(Refusal::AccountHolderInvalid)?, iban: parse_iban(iban)? })
    }

    /// Whose account it is.
    pub fn account_holder(&self) -> &str {
        &self.account_holder
    }

    /// Upper case, without spaces.
    pub fn iban(&self) -> &str {
        &self.iban
    }
}

/// Says what is wrong as exactly as can be known. A refusal repeats nothing of the number.
fn parse_iban(text: &str) -> Result<String, Refusal> {
    // As printed there are spaces in it, and often not the plain ones.
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase();
    let is_plausible = text.is_ascii()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && text.bytes().take(2).filter(u8::is_ascii_alphabetic).count() == 2
        && text.bytes().skip(2).take(2).all(|byte| byte.is_ascii_digit());
    if !is_plausible {
        return Err(Refusal::IbanInvalid);
    }
    let length = length_of(&text[..2]).ok_or(Refusal::IbanCountryUnknown)?;
    if text.len() < length {
        return Err(Refusal::IbanTooShort);
    }
    if text.len() > length {
        return Err(Refusal::IbanTooLong);
    }
    let checked: BaseIban = text.parse().map_err(|_| Refusal::IbanMistyped)?;
    Iban::try_from(checked).map_err(|_| Refusal::IbanMistyped)?;
    Ok(text)
}

fn length_of(country: &str) -> Option<usize> {
    LENGTHS.split_whitespace().find_map(|entry| entry.strip_prefix(country))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use iban::ParseIbanError;

    use super::*;

    #[test]
    fn an_iban_has_one_spelling() {
        for text in ["NO93 8601 1117 947", "no9386011117947", " NO93\u{a0}8601\u{202f}1117\t947 "] {
            assert_eq!(parse_iban(text).as_deref(), Ok("NO9386011117947"), "{text:?}");
        }
        // With letters in it; the shortest and the longest.
        for text in ["GB29NWBK60161331926819", "NO9386011117947", "MT84MALT011000012345MTLCAST001S"] {
            assert_eq!(parse_iban(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_is_wrong_is_told_apart() {
        for (text, refusal) in [
            ("", Refusal::IbanInvalid),
            ("NO", Refusal::IbanTooShort),
            ("12345678901", Refusal::IbanInvalid),
            ("NO93-8601-1117-947", Refusal::IbanInvalid),
            ("NO938601111794٧", Refusal::IbanInvalid),
            ("NOX386011117947", Refusal::IbanInvalid),
            ("ZZ9386011117947", Refusal::IbanCountryUnknown),
            ("NO93 8601 1117 94", Refusal::IbanTooShort),
            ("NO93 8601 1117 9470", Refusal::IbanTooLong),
            ("NO93 8601 1117 948", Refusal::IbanMistyped),
            ("NO93 8601 1171 947", Refusal::IbanMistyped),
            ("ON93 8601 1117 947", Refusal::IbanCountryUnknown),
        ] {
            assert_eq!(parse_iban(text), Err(refusal), "{text:?}");
        }
    }

    /// The check digits that make this one right (ISO 7064 MOD 97-10).
    fn with_check_digits(country: &str, rest: &str) -> String {
        let value = |c: char| c.to_digit(36).map_or(0, u64::from);
        let sum = format!("{rest}{country}00").chars().fold(0, |sum, c| {
            let value = value(c);
            (sum * if value > 9 { 100 } else { 10 } + value) % 97
        });
        format!("{country}{:02}{rest}", 98 - sum)
    }

    #[test]
    fn right_check_digits_over_what_is_no_account_of_that_country_are_refused() {
        assert_eq!(with_check_digits("NO", "86011117947"), "NO9386011117947");
        let letters = with_check_digits("NO", "ABCDEFGHIJK");
        letters.parse::<BaseIban>().expect("the check digits fit");
        assert_eq!(parse_iban(&letters), Err(Refusal::IbanMistyped));
    }

    #[test]
    fn the_lengths_are_those_of_the_crate() {
        for (one, two) in ('A'..='Z').flat_map(|one| ('A'..='Z').map(move |two| (one, two))) {
            let country = format!("{one}{two}");
            let is_known = |rest: &str| match with_check_digits(&country, rest).parse::<Iban>() {
                Err(ParseIbanError::UnknownCountry(_)) => None,
                outcome => Some(outcome.is_ok()),
            };
            let Some(length) = length_of(&country) else {
                assert_eq!(is_known(&"0".repeat(20)), None, "{country}");
                continue;
            };
            // Where there are letters and where digits is the crate's: begin with as many letters as some do, end in them
            // as others do.
            let fits = |length: usize| {
                let filled = |first: usize, last: usize| {
                    let digits = length.checked_sub(4 + first + last)?;
                    Some(["A".repeat(first), "0".repeat(digits), "A".repeat(last)].concat())
                };
                let shapes = (0..=8).flat_map(|first| (0..=4).map(move |last| (first, last)));
                shapes.filter_map(|(first, last)| filled(first, last)).any(|rest| is_known(&rest) == Some(true))
            };
            assert_eq!((15..=34).filter(|length| fits(*length)).collect::<Vec<_>>(), [length], "{country}");
        }
    }

    #[test]
    fn debug_shows_nothing() {
        let details = PayoutDetails::parse("Ada", "NO9386011117947").expect("in order");
        assert_eq!(format!("{details:?}"), "PayoutDetails(…)");
    }
}
