//! What is known of whoever is asking, before any rule has spoken.

use std::net::IpAddr;

use ipnet::{Ipv4Net, Ipv6Net};

use super::device::Device;
use super::proof::ProofHeader;
use crate::secret::Secret;
use crate::throttle::Source;

/// One request's facts, as the edge read them.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// Joins the answer, the log line and the audit row.
    pub request_id: String,
    /// The trace that the request is a part of: 32 hexadecimal digits.
    pub trace_id: Option<String>,
    /// The client's address, proxies already seen through.
    pub address: Option<IpAddr>,
    /// The method, as a proof of possession must name it.
    pub method: String,
    /// The path, without its query.
    pub path: String,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
    /// The `Accept-Language` header.
    pub accept_language: Option<String>,
    /// The session cookie, if one was sent.
    pub session: Presented,
    /// The cookie of an app's host, where a session goes on there.
    pub app_session: Presented,
    /// The ceremony cookie, if a well-formed one was sent.
    pub browser: Option<Secret>,
    /// The cookie by which a browser is known again, if a well-formed one was sent. It opens nothing.
    pub known_device: Option<Secret>,
    /// The cookie that a touch gives to the browser it was made in, if a well-formed one was sent.
    pub step_up: Option<Secret>,
    /// The cookie that DBSC binds, if a well-formed one was sent.
    pub bound_cookie: Option<Secret>,
    /// The `DPoP` header.
    pub proof: ProofHeader,
    /// The sensitive part of an app that the request is for, if it is one to an app (`forward`).
    pub app_route: Option<String>,
    /// Whether a proof of work came along and was redeemed.
    pub has_worked: bool,
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
        self.shortened(24)
    }

    /// The wider network that a move is judged by: IPv4 /16, IPv6 /48.
    pub fn network(&self) -> Option<String> {
        self.shortened(16)
    }

    fn shortened(&self, ipv4_bits: u8) -> Option<String> {
        let network = match self.address?.to_canonical() {
            IpAddr::V4(address) => Ipv4Net::new(address, ipv4_bits).ok()?.trunc().to_string(),
            IpAddr::V6(address) => Ipv6Net::new(address, 48).ok()?.trunc().to_string(),
        };
        Some(network)
    }

    /// Who asks, as far as throttling goes.
    pub fn source(&self) -> Source {
        let device = self.known_device.as_ref().map(Secret::hash);
        Source { address: self.address, device, has_worked: self.has_worked }
    }

    /// The coarse device.
    pub fn device(&self) -> Device {
        Device::of(self.user_agent.as_deref(), self.accept_language.as_deref())
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

    #[test]
    fn d02_a_move_is_judged_by_the_wider_network_and_mapped_addresses_are_ipv4() {
        let network = |address: &str| Caller { address: address.parse().ok(), ..Caller::default() }.network();
        assert_eq!(network("203.0.113.77").as_deref(), Some("203.0.0.0/16"));
        // CVE-2026-30827: masked as IPv6, every IPv4 client would be in one network.
        assert_eq!(network("::ffff:203.0.113.77").as_deref(), Some("203.0.0.0/16"));
        assert_ne!(network("::ffff:203.0.113.77"), network("::ffff:198.51.100.7"));
        assert_eq!(network("2001:db8:1:2::3").as_deref(), Some("2001:db8:1::/48"));
    }
}
