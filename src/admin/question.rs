//! What is asked of the trail, as an operator types it.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use time::Duration;
use uuid::Uuid;

use crate::audit::EventType;
use crate::clock::Timestamp;

/// As it was typed. Nothing is left out of what is nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// An id or an address of mail.
    pub person: Option<String>,
    /// The id of a request.
    pub request: Option<String>,
    /// An address or a network.
    pub network: Option<String>,
    /// A kind of event.
    pub kind: Option<String>,
    /// How far back: one of [`SINCE`].
    pub since: Option<String>,
}

/// How far back one may look, with what that is called.
pub const SINCE: [(&str, &str); 4] = [
    ("1h", "The last hour"),
    ("24h", "The last 24 hours"),
    ("7d", "The last 7 days"),
    ("30d", "The last 30 days"),
];

/// Longer than anything that could be meant.
const LIMIT: usize = 254;

/// Why a question has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// No address and no network.
    Network,
    /// Events know wider networks than this or narrower ones than this.
    Prefix,
    /// No id of a request.
    Request,
    /// No kind of event.
    Kind,
    /// No such time.
    Since,
    /// Nobody's id, and no address.
    Person,
}

impl Question {
    /// What was typed; empty fields are none.
    #[must_use]
    pub fn tidied(self) -> Self {
        let tidy = |text: Option<String>| {
            text.map(|text| text.trim().chars().take(LIMIT).collect::<String>()).filter(|text| !text.is_empty())
        };
        Self {
            person: tidy(self.person),
            request: tidy(self.request),
            network: tidy(self.network),
            kind: tidy(self.kind),
            since: tidy(self.since),
        }
    }

    /// The query of an address that asks the same.
    pub fn query(&self, cursor: Option<&str>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let parts = [
            ("person", &self.person),
            ("request", &self.request),
            ("network", &self.network),
            ("kind", &self.kind),
            ("since", &self.since),
        ];
        for (name, value) in parts {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        if let Some(cursor) = cursor {
            query.append_pair("cursor", cursor);
        }
        query.finish()
    }

    /// What is asked, as it was typed. `None`: nothing.
    pub fn in_words(&self) -> Option<String> {
        let parts = [&self.person, &self.network, &self.request, &self.kind, &self.since];
        let parts: Vec<&str> = parts.into_iter().filter_map(Option::as_deref).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// The id, if it is one.
    pub(super) fn id(&self) -> Option<Uuid> {
        Uuid::parse_str(self.person.as_deref()?).ok()
    }

    /// The network as events have it: IPv4 /24, IPv6 /48. An address is in one.
    pub(super) fn network(&self) -> Result<Option<String>, Misfit> {
        let Some(text) = self.network.as_deref() else { return Ok(None) };
        let network = match (text.parse::<IpNet>(), text.parse::<IpAddr>()) {
            (Ok(network), _) => network,
            (_, Ok(address)) => address.to_canonical().into(),
            _ => return Err(Misfit::Network),
        };
        let network = match network {
            IpNet::V4(network) if network.prefix_len() >= 24 => Ipv4Net::new(network.addr(), 24).map(IpNet::from),
            IpNet::V6(network) if network.prefix_len() >= 48 => Ipv6Net::new(network.addr(), 48).map(IpNet::from),
            _ => return Err(Misfit::Prefix),
        };
        Ok(network.ok().map(|network| network.trunc().to_string()))
    }

    /// The id of a request: letters and digits, as we make them.
    pub(super) fn request(&self) -> Result<Option<String>, Misfit> {
        let is_id =
            |text: &String| text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        match &self.request {
            Some(text) if !is_id(text) => Err(Misfit::Request),
            request => Ok(request.clone()),
        }
    }

    pub(super) fn kind(&self) -> Result<Option<String>, Misfit> {
        match &self.kind {
            Some(word) if EventType::parse(word).is_none() => Err(Misfit::Kind),
            kind => Ok(kind.clone()),
        }
    }

    pub(super) fn since(&self, now: Timestamp) -> Result<Option<Timestamp>, Misfit> {
        let Some(word) = self.since.as_deref() else { return Ok(None) };
        let long = match word {
            "1h" => Duration::hours(1),
            "24h" => Duration::hours(24),
            "7d" => Duration::days(7),
            "30d" => Duration::days(30),
            _ => return Err(Misfit::Since),
        };
        Ok(Some(now.minus(long.unsigned_abs())))
    }
}

impl Misfit {
    /// What to do about it.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Network => "That is no IP address and no network. Write it like 203.0.113.7 or 2001:db8:1::/48.",
            Self::Prefix => {
                "Events know networks of /24 (IPv4) and /48 (IPv6). A wider one cannot be searched for."
            }
            Self::Request => "That is no request id. It has letters, digits and hyphens only.",
            Self::Kind => "There is no such kind of event. Choose one from the list.",
            Self::Since => "Choose from the list how far to look back.",
            Self::Person => "No account has this id or address.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Result<Option<String>, Misfit> {
        Question { network: Some(text.to_owned()), ..Question::default() }.tidied().network()
    }

    #[test]
    fn an_address_is_looked_for_by_the_network_that_events_have() {
        for (typed, known) in [
            ("203.0.113.77", "203.0.113.0/24"),
            (" 203.0.113.0/24 ", "203.0.113.0/24"),
            ("203.0.113.64/26", "203.0.113.0/24"),
            ("::ffff:203.0.113.77", "203.0.113.0/24"),
            ("2001:db8:1:2::3", "2001:db8:1::/48"),
            ("2001:db8:1::/56", "2001:db8:1::/48"),
        ] {
            assert_eq!(network(typed), Ok(Some(known.to_owned())), "{typed}");
        }
        assert_eq!(network("203.0.0.0/16"), Err(Misfit::Prefix));
        assert_eq!(network("2001:db8::/32"), Err(Misfit::Prefix));
        assert_eq!(network("203.0.113"), Err(Misfit::Network));
        assert_eq!(network("  "), Ok(None));
    }

    #[test]
    fn a_question_survives_its_query() {
        let question = Question {
            person: Some("ada+x&y=z@example.test".into()),
            kind: Some("authn_login_fail".into()),
            ..Question::default()
        };
        assert_eq!(
            question.query(Some("7-1")),
            "person=ada%2Bx%26y%3Dz%40example.test&kind=authn_login_fail&cursor=7-1"
        );
        assert_eq!(Question::default().query(None), "");
    }

    #[test]
    fn what_is_nothing_of_ours_is_said() {
        let asked = |kind: &str, request: &str, since: &str| Question {
            kind: Some(kind.into()),
            request: Some(request.into()),
            since: Some(since.into()),
            ..Question::default()
        };
        let nonsense = asked("x", "a b", "9y");
        assert_eq!(nonsense.kind(), Err(Misfit::Kind));
        assert_eq!(nonsense.request(), Err(Misfit::Request));
        assert_eq!(nonsense.since(Timestamp(0)), Err(Misfit::Since));
        for (word, _) in SINCE {
            assert!(asked("x", "x", word).since(Timestamp(0)).is_ok(), "{word}");
        }
    }
}
