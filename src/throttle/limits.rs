//! The figures. docs/throttling.md says why they are what they are; a test compares the two.

use std::time::Duration;

use super::gcra::Limit;
pub use crate::store::throttles::Budget;

/// What is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Layer {
    /// Everybody.
    Global,
    /// One host or household: IPv4 /32, IPv6 /64.
    Address,
    /// One customer of a provider: IPv6 /56. IPv4 has none.
    Site,
    /// One network: IPv4 /24, IPv6 /48.
    Network,
    /// One account, from wherever it is tried. Never refuses by itself: it asks for work.
    Account,
    /// One account, tried from one address.
    AccountAtAddress,
    /// One browser that somebody has signed in with before.
    Device,
    /// One mailbox that mails would go to.
    MailTarget,
    /// One address that asks for mails.
    MailSource,
    /// What one address may read. In this process's memory only.
    Ceiling,
}

impl Layer {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 10] = [
        Self::Global,
        Self::Address,
        Self::Site,
        Self::Network,
        Self::Account,
        Self::AccountAtAddress,
        Self::Device,
        Self::MailTarget,
        Self::MailSource,
        Self::Ceiling,
    ];

    /// Its name in the audit trail, in metrics and in the document.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Address => "address",
            Self::Site => "site",
            Self::Network => "network",
            Self::Account => "account",
            Self::AccountAtAddress => "account_at_address",
            Self::Device => "device",
            Self::MailTarget => "mail_target",
            Self::MailSource => "mail_source",
            Self::Ceiling => "ceiling",
        }
    }
}

/// One layer's two limits. `None`: not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of requests.
    pub requests: Option<Limit>,
    /// Of failures.
    pub failures: Option<Limit>,
}

impl Limits {
    /// The limit of this budget.
    pub fn of(self, budget: Budget) -> Option<Limit> {
        match budget {
            Budget::Requests => self.requests,
            Budget::Failures => self.failures,
        }
    }
}

/// The limits of all layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    scale: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self { scale: 1 }
    }
}

impl Policy {
    /// All limits this many times as generous.
    pub fn scaled(scale: u32) -> Self {
        Self { scale: scale.max(1) }
    }

    /// The limits of this layer.
    pub fn of(self, layer: Layer) -> Limits {
        let Limits { requests, failures } = figures(layer);
        Limits {
            requests: requests.map(|limit| limit.scaled(self.scale)),
            failures: failures.map(|limit| limit.scaled(self.scale)),
        }
    }
}

/// As they are in docs/throttling.md.
const fn figures(layer: Layer) -> Limits {
    match layer {
        Layer::Global => both(per_second(10_000, 500), per_second(3_000, 20)),
        Layer::Network => both(per_second(2_400, 120), per_second(600, 2)),
        Layer::Site => both(per_second(1_200, 60), per_second(300, 1)),
        Layer::Address => both(per_second(600, 30), Limit::new(150, Duration::from_secs(2))),
        Layer::Device => both(per_second(60, 1), Limit::new(20, Duration::from_secs(30))),
        Layer::Account => failures(Limit::new(100, Duration::from_secs(36))),
        Layer::AccountAtAddress => failures(Limit::new(10, Duration::from_mins(1))),
        Layer::MailTarget => requests(Limit::new(5, Duration::from_mins(30))),
        Layer::MailSource => requests(Limit::new(20, Duration::from_mins(3))),
        Layer::Ceiling => requests(per_second(6_000, 1_000)),
    }
}

const fn per_second(burst: u32, rate: u64) -> Limit {
    Limit::new(burst, Duration::from_micros(1_000_000 / rate))
}

const fn both(requests: Limit, failures: Limit) -> Limits {
    Limits { requests: Some(requests), failures: Some(failures) }
}

const fn requests(limit: Limit) -> Limits {
    Limits { requests: Some(limit), failures: None }
}

const fn failures(limit: Limit) -> Limits {
    Limits { requests: None, failures: Some(limit) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the document writes it: `600, then 30 a second`, `150, then one in 2 s`, or a dash.
    fn words(limit: Option<Limit>) -> String {
        let Some(Limit { burst, every }) = limit else { return "–".to_owned() };
        let second = Duration::from_secs(1);
        let rate = if every <= second {
            format!("{} a second", second.as_micros() / every.as_micros())
        } else if every.as_secs().is_multiple_of(60) {
            format!("one in {} min", every.as_secs() / 60)
        } else {
            format!("one in {} s", every.as_secs())
        };
        format!("{burst}, then {rate}")
    }

    #[test]
    fn the_document_has_the_figures_of_the_code() {
        let document = include_str!("../../docs/throttling.md");
        for layer in Layer::ALL {
            let Limits { requests, failures } = Policy::default().of(layer);
            let start = format!("| `{}` | ", layer.as_str());
            let row = document.lines().find(|line| line.starts_with(&start));
            let row = row.unwrap_or_else(|| panic!("docs/throttling.md has no row for {layer:?}"));
            let end = format!("| {} | {} |", words(requests), words(failures));
            assert!(row.ends_with(&end), "{row} should end with {end}");
        }
    }

    #[test]
    fn layers_are_numbered_in_the_order_of_their_list() {
        for (number, layer) in Layer::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(layer as u8), number);
        }
    }

    #[test]
    fn wider_layers_are_more_generous() {
        let policy = Policy::default();
        for budget in Budget::ALL {
            for [tight, wide] in
                [[Layer::Address, Layer::Site], [Layer::Site, Layer::Network], [Layer::Network, Layer::Global]]
            {
                let (tight, wide) =
                    (policy.of(tight).of(budget).expect("limit"), policy.of(wide).of(budget).expect("limit"));
                assert!(tight.burst < wide.burst && tight.every > wide.every, "{tight:?} {wide:?}");
            }
        }
    }
}
