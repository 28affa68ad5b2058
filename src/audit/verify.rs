//! Whether the trail is as it was written. Reads the database and changes nothing; with checkpoints that were kept elsewhere it also
//! finds what the trail alone cannot show.

use std::collections::{HashMap, HashSet};

use super::checkpoint::{Checkpoint, Stand};
use super::read::Digests;
use super::trail::{Error, Trail};
use super::{Recorded, chain};
use crate::store::{auth_event, chain_head, chain_heads, events};

/// As many events are read at once.
const PAGE: u64 = 1000;
/// As many faults are told of a chain: the rest follows from the first few.
const FAULTS: usize = 20;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many chains.
    pub chains: usize,
    /// How many events.
    pub events: u64,
    /// How many of them nobody can read any more, since their person was erased.
    pub erased: u64,
    /// How many checkpoints they were compared with.
    pub checkpoints: usize,
    /// What is not as it was written, a sentence each.
    pub faults: Vec<String>,
}

/// What one chain must be like.
struct Chain<'a> {
    head: &'a chain_head::Model,
    /// What the checkpoints say of it: its hash at these numbers.
    attested: HashMap<i64, Vec<u8>>,
    faults: Vec<String>,
}

/// Check everything.
pub async fn verify(trail: &Trail, checkpoints: &[Checkpoint]) -> Result<Report, Error> {
    let heads = chain_heads::all(trail.store.reader()).await?;
    let mut report = Report { chains: heads.len(), checkpoints: checkpoints.len(), ..Report::default() };
    let named: HashSet<i16> = checkpoints.iter().flat_map(|it| &it.chains).map(|stand| stand.chain).collect();
    for missing in named.iter().filter(|chain| !heads.iter().any(|head| head.chain == **chain)) {
        report.faults.push(format!("Chain {missing} is missing, and a checkpoint names it."));
    }
    for head in &heads {
        let stands: Vec<&Stand> =
            checkpoints.iter().flat_map(|it| &it.chains).filter(|stand| stand.chain == head.chain).collect();
        let mut chain = Chain { head, attested: HashMap::new(), faults: Vec::new() };
        chain.read_checkpoints(&stands);
        chain.walk(trail, &mut report).await?;
        chain.faults.truncate(FAULTS);
        report.faults.append(&mut chain.faults);
    }
    Ok(report)
}

impl Chain<'_> {
    fn fault(&mut self, what: &str) {
        self.faults.push(format!("Chain {}: {what}", self.head.chain));
    }

    fn read_checkpoints(&mut self, stands: &[&Stand]) {
        let (root, hash) = (self.head.root_seq, &self.head.root_hash);
        let is_attested = stands.iter().any(|stand| stand.root.0 == root && stand.root.1 == *hash);
        if root > 0 && !stands.is_empty() && !is_attested {
            self.fault(&format!("it begins after event {root}, and no checkpoint says that it may."));
        }
        for stand in stands {
            let (seq, hash) = &stand.head;
            let earlier = self.attested.insert(*seq, hash.clone());
            if earlier.is_some_and(|earlier| earlier != *hash) {
                self.fault(&format!("two checkpoints differ about event {seq}."));
            }
        }
        if self.attested.get(&root).is_some_and(|attested| attested != hash) {
            self.fault(&format!("event {root}, after which it begins, is not the one that was attested."));
        }
    }

    async fn walk(&mut self, trail: &Trail, report: &mut Report) -> Result<(), Error> {
        let db = trail.store.reader();
        let (mut seq, mut hash) = (self.head.root_seq, self.head.root_hash.clone());
        if seq == 0 && hash != chain::START {
            self.fault("its beginning was altered.");
        }
        while seq < self.head.seq && self.faults.len() < FAULTS {
            let page = events::of_chain(db, self.head.chain, seq, PAGE).await?;
            if page.is_empty() {
                break;
            }
            let opened = self.open(trail, &page).await?;
            for (row, opened) in page.iter().zip(opened) {
                if row.seq > self.head.seq {
                    break;
                }
                report.events += 1;
                report.erased += u64::from(opened.as_ref().is_some_and(|event| event.details.is_none()));
                self.check(trail, row, opened.as_ref(), (seq, &hash));
                (seq, hash) = (row.seq, row.hash.clone());
            }
            if page.iter().any(|row| row.seq > self.head.seq) {
                break;
            }
        }
        if seq < self.head.seq {
            self.fault(&format!("events {} to {} are missing from its end.", seq + 1, self.head.seq));
        } else if hash != self.head.hash {
            self.fault(&format!("its head is not its last event, {seq}."));
        }
        if let Some(last) = self.attested.keys().max().copied().filter(|last| *last > self.head.seq) {
            self.fault(&format!(
                "it had {last} events when a checkpoint was signed, and has {} now.",
                self.head.seq
            ));
        }
        if events::count_outside(db, self.head.chain).await? > 0 {
            self.fault("there are events before its beginning or after its head.");
        }
        Ok(())
    }

    /// Opened, as far as that can be done; what cannot is a fault of its row alone.
    async fn open(&mut self, trail: &Trail, page: &[auth_event::Model]) -> Result<Vec<Option<Recorded>>, Error> {
        let db = trail.store.reader();
        match trail.open_all(db, page.to_vec()).await {
            Ok(opened) => Ok(opened.into_iter().map(Some).collect()),
            Err(Error::Store(error)) => Err(error.into()),
            Err(_) => {
                let mut opened = Vec::new();
                for row in page {
                    let one = trail.open_all(db, vec![row.clone()]).await.ok().and_then(|mut one| one.pop());
                    if one.is_none() {
                        self.fault(&format!("{} cannot be opened.", described(row)));
                    }
                    opened.push(one);
                }
                Ok(opened)
            }
        }
    }

    fn check(&mut self, trail: &Trail, row: &auth_event::Model, opened: Option<&Recorded>, before: (i64, &[u8])) {
        let (seq, hash) = before;
        if row.seq == seq {
            self.fault(&format!("there are two events {seq}."));
        } else if row.seq > seq + 1 {
            self.fault(&format!("events {} to {} are missing.", seq + 1, row.seq - 1));
        } else if chain::link(hash, row) != row.hash {
            self.fault(&format!("{} was altered, or what went before it.", described(row)));
        }
        if self.attested.get(&row.seq).is_some_and(|attested| *attested != row.hash) {
            self.fault(&format!("{} is not the one that was attested.", described(row)));
        }
        let Some(opened) = opened else { return };
        let digests = opened.details.as_ref().map(|details| Digests::of(&trail.keyring, opened.at, details));
        if digests.unwrap_or_default() != Digests::stored(row) {
            self.fault(&format!("{} cannot be found by whom and what it is about.", described(row)));
        }
    }
}

fn described(row: &auth_event::Model) -> String {
    format!("event {} ({}, request {})", row.seq, row.event_type, row.request_id)
}
