//! What is known of whoever is asking, before any rule has spoken.

use std::net::IpAddr;

use ipnet::{Ipv4Net, Ipv6Net};

use crate::secret::Secret;

/// One request's facts, as the edge read them.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// Joins the answer, the log line and the audit row.
    pub request_id: String,
    /// The client's address, proxies already seen through.
    pub address: Option<IpAddr>,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
    /// The session cookie, if one was sent.
    pub session: Presented,
    /// The ceremony cookie, if a well-formed one was sent.
    pub browser: Option<Secret>,
}

/// A cookie that should hold a secret.
#[derive(Clone, Debug, Default)]
pub enum Presented {
    /// No such cookie came.
    #[default]
    Nothing,
    /// One came whose value cannot be ours.
    Malformed,
    /// One came that may be ours.
    Secret(Secret),
}

impl Caller {
    /// The address shortened to its network: IPv4 /24, IPv6 /48. IPv4 written as IPv6 counts as IPv4.
    pub fn ip_prefix(&self) -> Option<String> {
        let network = match self.address?.to_canonical() {
            IpAddr::V4(address) => Ipv4Net::new(address, 24).ok()?.trunc().to_string(),
            IpAddr::V6(address) => Ipv6Net::new(address, 48).ok()?.trunc().to_string(),
        };
        Some(network)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shortened_to_its_network() {
        let prefix = |address: &str| Caller { address: address.parse().ok(), ..Caller::default() }.ip_prefix();
        assert_eq!(prefix("203.0.113.77").as_deref(), Some("203.0.113.0/24"));
        assert_eq!(prefix("::ffff:203.0.113.77").as_deref(), Some("203.0.113.0/24"));
        assert_eq!(prefix("2001:db8:1:2::3").as_deref(), Some("2001:db8:1::/48"));
    }
}
