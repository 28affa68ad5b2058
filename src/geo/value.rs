//! Fields that files write in more than one way.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

/// A number of any width, whole or not; the reader itself would insist on one of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number(pub(super) f64);

impl Number {
    /// The number as a whole one, if it is.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "asked before")]
    pub(super) fn whole(self) -> Option<u32> {
        (self.0.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&self.0)).then_some(self.0 as u32)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor)
    }
}

struct NumberVisitor;

#[expect(clippy::cast_precision_loss, reason = "no number that means something here has more than 32 bits")]
impl Visitor<'_> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }
    fn visit_f32<E>(self, value: f32) -> Result<Number, E> {
        Ok(Number(f64::from(value)))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Number, E> {
        Ok(Number(value))
    }
    fn visit_i32<E>(self, value: i32) -> Result<Number, E> {
        Ok(Number(f64::from(value)))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Number, E> {
        Ok(Number(value as f64))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Number, E> {
        Ok(Number(value as f64))
    }
}

/// A country's code: in MaxMind's layout in a map, in others as text; where it is a name instead, it is passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CountryCode<'a>(pub(super) Option<&'a str>);

impl<'de: 'a, 'a> Deserialize<'de> for CountryCode<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CountryVisitor)
    }
}

struct CountryVisitor;

impl<'de> Visitor<'de> for CountryVisitor {
    type Value = CountryCode<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a country")
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<CountryCode<'de>, E> {
        Ok(CountryCode((text.len() == 2).then_some(text)))
    }
    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<CountryCode<'de>, M::Error> {
        let mut code = None;
        while let Some(key) = map.next_key::<&str>()? {
            if key == "iso_code" {
                code = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(CountryCode(code))
    }
}

#[cfg(test)]
mod tests {
    use serde::de::IntoDeserializer;
    use serde::de::value::{BorrowedStrDeserializer, Error, F32Deserializer, I32Deserializer, U64Deserializer};

    use super::*;

    #[test]
    fn numbers_of_every_width_are_numbers() {
        let float: F32Deserializer<Error> = 1.5f32.into_deserializer();
        let signed: I32Deserializer<Error> = (-3i32).into_deserializer();
        let large: U64Deserializer<Error> = u64::MAX.into_deserializer();
        let numbers = [Number::deserialize(float), Number::deserialize(signed), Number::deserialize(large)];
        let numbers = numbers.map(|number| number.expect("a number"));
        assert_eq!(numbers[..2], [Number(1.5), Number(-3.0)]);
        assert_eq!(numbers.map(Number::whole), [None, None, None]);
        assert_eq!(Number(f64::from(u32::MAX)).whole(), Some(u32::MAX));
        assert_eq!(Number(f64::NAN).whole(), None);
    }

    #[test]
    fn a_country_by_name_is_passed_over() {
        let country = |text| CountryCode::deserialize(BorrowedStrDeserializer::<Error>::new(text)).expect("text");
        assert_eq!(country("NO"), CountryCode(Some("NO")));
        assert_eq!(country("Norway"), CountryCode(None));
    }
}
