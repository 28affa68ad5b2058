//! Whom to name where places are shown: most of these data are free on that condition.

/// Somebody to name, and where the name leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credit {
    /// What to show, in the words their licence asks for.
    pub text: &'static str,
    /// Where it leads.
    pub link: &'static str,
}

pub(super) const DB_IP: Credit = Credit { text: "IP Geolocation by DB-IP", link: "https://db-ip.com" };
const MAXMIND: Credit = Credit { text: "GeoLite data created by MaxMind", link: "https://www.maxmind.com" };
const ROUTE_VIEWS: Credit = Credit { text: "Routes by RouteViews", link: "https://www.routeviews.org" };
const NRO: Credit = Credit { text: "Registrations by the NRO", link: "https://www.nro.net" };
const IPINFO: Credit = Credit { text: "IP address data by IPinfo", link: "https://ipinfo.io" };
const IP2LOCATION: Credit = Credit { text: "IP2Location LITE data", link: "https://lite.ip2location.com" };
const IP_LOCATION_DB: Credit = Credit { text: "ip-location-db", link: "https://github.com/sapics/ip-location-db" };

/// Words in a file's kind or description, and whom they mean.
const BY_WORD: &[(&str, Credit)] = &[
    ("dbip", DB_IP),
    ("db-ip", DB_IP),
    ("geolite", MAXMIND),
    ("geolite2", MAXMIND),
    ("routeviews", ROUTE_VIEWS),
    ("nro", NRO),
    ("ipinfo", IPINFO),
    ("ip2location", IP2LOCATION),
];

/// The credits of one file, by what it calls itself. A file that nobody here knows is its operator's to credit.
pub(super) fn of(kind: &str, description: &str) -> Vec<Credit> {
    let text = format!("{kind} {description}").to_ascii_lowercase();
    let words: Vec<&str> = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).collect();
    let named = |word: &str| words.iter().any(|found| *found == word || found.starts_with(&format!("{word}-")));
    let mut credits: Vec<Credit> = Vec::new();
    for (word, credit) in BY_WORD {
        if named(word) && !credits.contains(credit) {
            credits.push(*credit);
        }
    }
    // The files of ip-location-db say what is in them, and not whose it is.
    if credits.is_empty()
        && ["ipv4", "ipv6", "ipvall"].iter().any(|ending| kind.to_ascii_lowercase().ends_with(ending))
    {
        credits.push(IP_LOCATION_DB);
    }
    credits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_credited_to_whom_it_names() {
        for (kind, description, credits) in [
            ("DBIP-City-Lite", "", vec![DB_IP]),
            ("DBIP-Country-Lite", "IP Geolocation by DB-IP", vec![DB_IP]),
            ("GeoLite2-City", "GeoLite2City database", vec![MAXMIND]),
            (
                "holdfast-asn",
                "by RouteViews, NRO and DB-IP, from @ip-location-db/asn",
                vec![DB_IP, ROUTE_VIEWS, NRO],
            ),
            ("country ipvAll", "", vec![IP_LOCATION_DB]),
            ("Our own", "of our offices; no nrobotics here", vec![]),
        ] {
            assert_eq!(of(kind, description), credits, "{kind}");
        }
    }
}
