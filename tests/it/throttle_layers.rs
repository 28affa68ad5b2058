//! The layers against a model that has none of their cleverness: buckets that drip, one for each counter, asked in turn.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

use holdfast::throttle::{Admission, Budget, Error, Kind, Layer, Limited, Limits, Policy, Source, Throttle};

use super::throttle::strict;
use crate::support::seed::in_full;
use crate::support::{App, on_both_databases};

on_both_databases!(
    l03_layers_decide_as_a_naive_model_does,
    l04_rotation_inside_one_48_is_bounded,
    l05_wider_layers_hold_for_all_processes_once_they_have_been_written,
    l05_wider_layers_are_written_by_themselves,
    l07_mails_are_capped_for_a_mailbox_and_for_who_asks,
    many_at_once_get_no_more_than_the_limit,
);

fn from(address: impl Into<IpAddr>) -> Source {
    Source { address: Some(address.into()), ..Source::default() }
}

async fn try_once(throttle: &Throttle, source: &Source) -> Result<Admission, Limited> {
    match throttle.admit(source, Kind::Ceremony).await {
        Ok(admission) => Ok(admission),
        Err(Error::Limited(limited)) => Err(*limited),
        Err(other) => panic!("{other}"),
    }
}

/// A drop in each interval, in microseconds.
#[derive(Clone, Copy, Default)]
struct Bucket {
    level: i128,
    at: i128,
}

#[derive(Default)]
struct Model {
    buckets: HashMap<(Layer, Vec<u8>, bool), Bucket>,
}

impl Model {
    fn counters(address: IpAddr) -> Vec<(Layer, Vec<u8>)> {
        match address {
            IpAddr::V4(address) => vec![
                (Layer::Address, address.octets().to_vec()),
                (Layer::Network, address.octets()[..3].to_vec()),
                (Layer::Global, vec![]),
            ],
            IpAddr::V6(address) => vec![
                (Layer::Address, address.octets()[..8].to_vec()),
                (Layer::Site, address.octets()[..7].to_vec()),
                (Layer::Network, address.octets()[..6].to_vec()),
                (Layer::Global, vec![]),
            ],
        }
    }

    fn level(&self, counter: &(Layer, Vec<u8>), budget: Budget, now: i128) -> i128 {
        let key = (counter.0, counter.1.clone(), budget == Budget::Failures);
        let bucket = self.buckets.get(&key).copied().unwrap_or_default();
        (bucket.level - (now - bucket.at)).max(0)
    }

    fn has_room(&self, address: IpAddr, now: i128) -> bool {
        Self::counters(address).iter().all(|counter| {
            Budget::ALL.into_iter().all(|budget| {
                let limit = Policy::default().of(counter.0).of(budget).unwrap();
                let drop = i128::try_from(limit.every.as_micros()).unwrap();
                self.level(counter, budget, now) + drop <= drop * i128::from(limit.burst)
            })
        })
    }

    fn pour(&mut self, address: IpAddr, budget: Budget, now: i128) {
        for counter in Self::counters(address) {
            let level = self.level(&counter, budget, now);
            let limit = Policy::default().of(counter.0).of(budget).unwrap();
            let drop = i128::try_from(limit.every.as_micros()).unwrap();
            let key = (counter.0, counter.1, budget == Budget::Failures);
            self.buckets.insert(key, Bucket { level: level + drop, at: now });
        }
    }
}

async fn l03_layers_decide_as_a_naive_model_does(app: App) {
    let app = strict(&app).await;
    let throttle = &app.state.throttle;
    let addresses: Vec<IpAddr> =
        ["203.0.113.1", "203.0.113.2", "203.0.113.3", "203.0.113.4", "203.0.113.5", "198.51.100.1"]
            .into_iter()
            .chain([
                "2001:db8:0:1::1",
                "2001:db8:0:2::1",
                "2001:db8:0:3::1",
                "2001:db8:0:101::1",
                "2001:db8:0:1::2",
            ])
            .map(|text| text.parse().unwrap())
            .collect();
    let mut model = Model::default();
    let mut seed = 20_261_123_u64;
    let mut below = |limit: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % limit
    };
    let mut refused_by: HashMap<Layer, u32> = HashMap::new();
    for step in 0..4_000 {
        if below(200) == 0 {
            app.advance(below(12));
        }
        // Some come more often than others, but both kinds of address as often.
        let index = if below(2) == 0 { below(6) } else { 6 + below(6) % 5 };
        let index = usize::try_from(index).unwrap();
        let (address, now) = (addresses[index], i128::from(app.now()) * 1000);
        let expected = model.has_room(address, now);
        match try_once(throttle, &from(address)).await {
            Ok(admission) => {
                assert!(expected, "step {step}: {address} was let through");
                model.pour(address, Budget::Requests, now);
                if below(8) > 0 {
                    throttle.failed(&from(address), admission).await.unwrap();
                    model.pour(address, Budget::Failures, now);
                }
            }
            Err(limited) => {
                assert!(!expected, "step {step}: {address} was refused: {limited:?}");
                let later = |seconds: u64| model.has_room(address, now + i128::from(seconds) * 1_000_000);
                assert!(later(limited.retry_after) && !later(limited.retry_after - 1), "step {step}: {limited:?}");
                *refused_by.entry(limited.layer).or_default() += 1;
            }
        }
    }
    // It was worth asking: several layers had something to say.
    for layer in [Layer::Address, Layer::Site, Layer::Network] {
        assert!(refused_by.contains_key(&layer), "{refused_by:?}");
    }
}

async fn l04_rotation_inside_one_48_is_bounded(app: App) {
    let app = strict(&app).await;
    let mut admitted = 0;
    // The short form goes past the limit of the /48 with some 5,000 of its networks.
    for number in (0..=u16::MAX).step_by(if in_full() { 1 } else { 13 }) {
        let address = Ipv6Addr::new(0x2001, 0xdb8, 0x77, number, 0, 0, 0, 1);
        match try_once(&app.state.throttle, &from(address)).await {
            Ok(_) => admitted += 1,
            Err(limited) => assert_eq!(limited.layer, Layer::Network),
        }
    }
    let Limits { requests, .. } = Policy::default().of(Layer::Network);
    assert_eq!(Some(admitted), requests.map(|limit| limit.burst));
    // The neighbours are not touched.
    let neighbour = Ipv6Addr::new(0x2001, 0xdb8, 0x78, 0, 0, 0, 0, 1);
    try_once(&app.state.throttle, &from(neighbour)).await.unwrap();
}

async fn exhaust_network(throttle: &Throttle) -> u32 {
    for count in 0..10_000_u32 {
        let host = u8::try_from(count % 200).unwrap();
        if let Err(limited) = try_once(throttle, &from([203, 0, 113, host])).await {
            assert_eq!(limited.layer, Layer::Network);
            return count;
        }
    }
    panic!("never refused");
}

async fn l05_wider_layers_hold_for_all_processes_once_they_have_been_written(app: App) {
    let (first, second) = (strict(&app).await, strict(&app).await);
    assert_eq!(exhaust_network(&first.state.throttle).await, 2_400);
    first.state.throttle.flush().await.unwrap();
    let stranger = from([203, 0, 113, 250]);
    let limited = try_once(&second.state.throttle, &stranger).await.unwrap_err();
    assert_eq!((limited.layer, limited.retry_after), (Layer::Network, 1));
    // What a process has read it believes for a quarter of a second: that is the overshoot.
    let third = strict(&app).await;
    try_once(&third.state.throttle, &from([198, 51, 100, 1])).await.unwrap();
    app.advance(1);
    assert_eq!(exhaust_network(&first.state.throttle).await, 120);
    first.state.throttle.flush().await.unwrap();
    assert_eq!(try_once(&third.state.throttle, &stranger).await.unwrap_err().layer, Layer::Network);
}

async fn l05_wider_layers_are_written_by_themselves(app: App) {
    let app = strict(&app).await;
    try_once(&app.state.throttle, &from([203, 0, 113, 1])).await.unwrap();
    // The address at once; network and everybody a moment later.
    let mut rows = 0;
    for _ in 0..200 {
        rows = app.count("throttles").await;
        if rows == 3 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(rows, 3);
}

async fn l07_mails_are_capped_for_a_mailbox_and_for_who_asks(app: App) {
    let app = strict(&app).await;
    let throttle = &app.state.throttle;
    let mail = async |target: &str, host: u8| match throttle.mail(target, &from([203, 0, 113, host])).await {
        Ok(()) => None,
        Err(Error::Limited(limited)) => Some((limited.layer, limited.retry_after)),
        Err(other) => panic!("{other}"),
    };
    // One mailbox, from everywhere.
    for host in 0..5 {
        assert_eq!(mail("ada@example.test", host).await, None);
    }
    assert_eq!(mail(" ADA@example.test", 9).await, Some((Layer::MailTarget, 1_800)));
    app.advance(1_799);
    assert_eq!(mail("ada@example.test", 9).await, Some((Layer::MailTarget, 1)));
    app.advance(1);
    assert_eq!(mail("ada@example.test", 9).await, None);
    // From one address, to everybody. What was refused for the mailbox has cost the address nothing.
    for number in 0..19 {
        assert_eq!(mail(&format!("{number}@example.test"), 9).await, None);
    }
    assert_eq!(mail("bob@example.test", 9).await, Some((Layer::MailSource, 180)));
    // Nor has that cost the mailbox anything.
    for host in 20..25 {
        assert_eq!(mail("bob@example.test", host).await, None);
    }
    assert_eq!(mail("bob@example.test", 26).await, Some((Layer::MailTarget, 1_800)));
}

async fn many_at_once_get_no_more_than_the_limit(app: App) {
    let (first, second) = (strict(&app).await, strict(&app).await);
    let tries = (0..800).map(|number| {
        let throttle = if number % 2 == 0 { &first } else { &second }.state.throttle.clone();
        tokio::spawn(async move { try_once(&throttle, &from([203, 0, 113, 1])).await.is_ok() })
    });
    let admitted = futures::future::join_all(tries).await.into_iter().filter(|outcome| *outcome.as_ref().unwrap());
    assert_eq!(admitted.count(), 600);
}
