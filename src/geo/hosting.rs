//! Whether an organisation rents out computers or tunnels, by its name alone.
//!
//! This is a heuristic. An address in such a network is where a machine stands, not where a person sits: a VPN, a relay, a
//! company's gateway, a rented server. A name says so often enough to treat the place with care, and wrong often enough
//! that nothing may be refused for it. What is missed: small providers with a name that tells nothing, and the rented
//! servers of ordinary carriers. What is caught without need: a carrier that calls itself a cloud.

/// Words that say it by themselves.
const WORDS: &[&str] = &["colo", "idc"];
/// Beginnings and endings of words that say it: Hostinger, OVHcloud, ColoCrossing.
const BEGINNINGS: &[&str] = &["cloud", "coloc", "datacent", "host", "server", "vpn", "vps"];
const ENDINGS: &[&str] = &["cloud", "clouds", "host", "hosting", "hosts", "server", "servers", "vpn", "vps"];
/// Words that only look like it. Two of them are carriers' names.
const OTHERS: &[&str] = &["afrihost", "fiberhost", "ghost", "hostal", "hostel", "hostels", "hosteleria", "hostos"];

/// Large and well-known providers whose names are one word. In order, for the search.
const PROVIDERS: &[&str] = &[
    "31173",
    "aeza",
    "akamai",
    "alibaba",
    "beget",
    "byteplus",
    "cachefly",
    "cdn77",
    "choopa",
    "clouvider",
    "contabo",
    "datacamp",
    "digitalocean",
    "edgecast",
    "fastly",
    "frantech",
    "gandi",
    "gigenet",
    "godaddy",
    "hetzner",
    "ikoula",
    "infomaniak",
    "ionos",
    "ipxo",
    "kamatera",
    "leaseweb",
    "linode",
    "m247",
    "mullvad",
    "myloc",
    "namecheap",
    "netcup",
    "netskope",
    "nforce",
    "ovh",
    "packethub",
    "performive",
    "ponynet",
    "psychz",
    "quadranet",
    "rackspace",
    "reliablesite",
    "scaleway",
    "selectel",
    "sharktech",
    "softlayer",
    "tencent",
    "timeweb",
    "transip",
    "tzulo",
    "velia",
    "vercel",
    "vultr",
    "worldstream",
    "zenlayer",
    "zscaler",
];
/// Providers and phrases of several words.
const PHRASES: &[&[&str]] = &[
    &["amazon", "com"],
    &["amazon", "data", "services"],
    &["amazon", "technologies"],
    &["aruba", "s", "p", "a"],
    &["b2", "net", "solutions"],
    &["constant", "company"],
    &["data", "center"],
    &["data", "centers"],
    &["data", "centre"],
    &["data", "centres"],
    &["digital", "ocean"],
    &["g", "core", "labs"],
    &["google", "asia"],
    &["google", "llc"],
    &["huawei", "international"],
    &["hurricane", "electric"],
    &["latitude", "sh"],
    &["limestone", "networks"],
    &["microsoft", "corporation"],
    &["microsoft", "limited"],
    &["online", "s", "a", "s"],
    &["oracle", "corporation"],
    &["private", "layer"],
    &["proton", "ag"],
    &["sakura", "internet"],
    &["stark", "industries"],
    &["strato", "ag"],
    &["strato", "gmbh"],
    &["virtual", "private"],
    &["volcano", "engine"],
];

/// Whether the name is one of a hosting, cloud, relay or VPN provider.
pub(super) fn is_hosting(organisation: &str) -> bool {
    // Names are short; what is longer was not written for people.
    let name: String = organisation.chars().take(200).flat_map(char::to_lowercase).collect();
    let words: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.iter().any(|word| says_it(word))
        || PHRASES.iter().any(|phrase| words.windows(phrase.len()).any(|part| part == *phrase))
}

fn says_it(word: &str) -> bool {
    let looks_like_it = WORDS.contains(&word)
        || BEGINNINGS.iter().any(|part| word.starts_with(part))
        || ENDINGS.iter().any(|part| word.ends_with(part))
        || PROVIDERS.binary_search(&word).is_ok();
    looks_like_it && !OTHERS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_providers_is_in_order() {
        assert!(PROVIDERS.is_sorted());
    }

    /// Names as they stand in the data of 2026-06-17.
    #[test]
    fn providers_are_told_from_carriers() {
        for name in HOSTING {
            assert!(is_hosting(name), "{name}");
        }
        for name in OTHER {
            assert!(!is_hosting(name), "{name}");
        }
    }

    const HOSTING: &[&str] = &[
        "Amazon.com, Inc.",
        "Amazon Data Services Ireland Ltd",
        "Google LLC",
        "Microsoft Corporation",
        "Oracle Corporation",
        "IBM Cloud",
        "Hangzhou Alibaba Advertising Co.,Ltd.",
        "Shenzhen Tencent Computer Systems Company Limited",
        "Huawei Cloud Service data center",
        "HUAWEI INTERNATIONAL PTE. LTD.",
        "Beijing Volcano Engine Technology Co., Ltd.",
        "Cloudflare, Inc.",
        "Fastly, Inc.",
        "Akamai Technologies, Inc.",
        "DigitalOcean, LLC",
        "The Constant Company, LLC",
        "OVH SAS",
        "Hetzner Online GmbH",
        "Contabo GmbH",
        "Hostinger International Limited",
        "HostRoyale Technologies Pvt Ltd",
        "HostPapa",
        "M247 Europe SRL",
        "Datacamp Limited",
        "IDC, China Telecommunications Corporation",
    ];
    const OTHER: &[&str] = &[
        "Telenor Norge AS",
        "Altibox AS",
        "Comcast Cable Communications, LLC",
        "AT&T Enterprises, LLC",
        "Google Fiber Inc.",
        "Apple Inc.",
        "NTT Communications Corporation",
        "Dimension Data",
        "Vodafone Data - Egypt",
        "HATHWAY CABLE AND DATACOM LIMITED",
        "COLOMBIA TELECOMUNICACIONES S.A. ESP",
        "Colombia Movil",
        "COLT Technology Services Group Limited",
        "1&1 Versatel GmbH",
        "Chunghwa Telecom Co., Ltd.",
        "AFRIHOST SP (PTY) LTD",
        "Latitude AI LLC",
        "Online Services S.A.",
        "Amazonas Telecom",
        "Taiwan Academic Network (TANet) Information Center",
        "CANTV Servicios, Venezuela",
    ];
}
