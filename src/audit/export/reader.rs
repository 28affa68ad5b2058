//! Reads all chains at once, each in its order, the oldest event first, and never more than a page of them at a time.

use std::collections::{BTreeMap, VecDeque};

use super::{Cursor, ExportError};
use crate::audit::{Error, Recorded, Trail};
use crate::clock::Timestamp;
use crate::store::{auth_event, chain_heads, events};

/// As many events are held at once, over all chains.
const PAGE: u64 = 1000;
/// Of one chain at least so many are read at once, or there would be as many queries as events.
const OF_CHAIN: u64 = 32;
/// As many gaps are told of one by one.
const NOTICES: usize = 20;

/// One chain, as far as it has been read.
struct Chain {
    /// The last that was handed out.
    done: i64,
    /// The last that is to be: where the chain ended when the export began.
    end: i64,
    ready: VecDeque<Recorded>,
}

pub(super) struct Reader<'a> {
    trail: &'a Trail,
    chains: BTreeMap<i16, Chain>,
    page: u64,
    /// What was not as it was written.
    pub(super) notices: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) async fn open(
        trail: &'a Trail,
        since: Option<Timestamp>,
        after: &Cursor,
    ) -> Result<Self, ExportError> {
        let db = trail.store.reader();
        let heads = chain_heads::all(db).await.map_err(Error::from)?;
        if let Some(unknown) = after.0.keys().find(|chain| !heads.iter().any(|head| head.chain == **chain)) {
            return Err(ExportError::UnknownChain(*unknown));
        }
        let page = (PAGE / heads.len().max(1) as u64).max(OF_CHAIN);
        let mut reader = Self { trail, chains: BTreeMap::new(), page, notices: Vec::new() };
        for head in heads {
            let named = after.0.get(&head.chain).copied();
            if let Some(seq) = named.filter(|seq| *seq > head.seq) {
                return Err(ExportError::Ahead { chain: head.chain, seq });
            }
            let done = match (named, since) {
                (Some(seq), _) => seq,
                (None, None) => head.root_seq,
                (None, Some(since)) => {
                    let first = events::first_since(db, head.chain, since.0).await.map_err(Error::from)?;
                    // Of what is written from here on nothing may be missed: the next export begins after the head.
                    first.map_or(head.seq, |first| (first - 1).min(head.seq))
                }
            };
            reader.chains.insert(head.chain, Chain { done, end: head.seq, ready: VecDeque::new() });
        }
        Ok(reader)
    }

    /// The oldest that is left.
    pub(super) async fn next(&mut self) -> Result<Option<Recorded>, Error> {
        let empty: Vec<i16> =
            self.chains.iter().filter(|(_, chain)| chain.is_empty()).map(|(id, _)| *id).collect();
        for id in empty {
            self.fill(id).await?;
        }
        let oldest = self.chains.iter().filter_map(|(id, chain)| Some((chain.ready.front()?.at, *id))).min();
        let Some(chain) = oldest.and_then(|(_, id)| self.chains.get_mut(&id)) else { return Ok(None) };
        let event = chain.ready.pop_front();
        if let Some(event) = &event {
            chain.done = event.seq;
        }
        Ok(event)
    }

    /// Where to go on.
    pub(super) fn cursor(&self) -> Cursor {
        Cursor(self.chains.iter().map(|(id, chain)| (*id, chain.done)).collect())
    }

    async fn fill(&mut self, id: i16) -> Result<(), Error> {
        let Some((done, end)) = self.chains.get(&id).map(|chain| (chain.done, chain.end)) else { return Ok(()) };
        let mut rows = events::of_chain(self.trail.store.reader(), id, done, self.page).await?;
        rows.retain(|row| row.seq <= end);
        let mut last = done;
        for row in &rows {
            self.note_gap(id, last, row.seq - 1);
            last = row.seq;
        }
        if rows.is_empty() {
            self.note_gap(id, done, end);
        }
        let ready = self.open_all(rows).await?;
        if let Some(chain) = self.chains.get_mut(&id) {
            // Nothing more is there, whatever the head says: not asked for again.
            chain.done = if ready.is_empty() { end } else { done };
            chain.ready = ready.into();
        }
        Ok(())
    }

    /// Retention has cut them off, or somebody has deleted them. Which of the two, `holdfast audit verify` says.
    fn note_gap(&mut self, chain: i16, done: i64, end: i64) {
        if end > done {
            self.note(format!("Events {} to {end} of chain {chain} are not there any more.", done + 1));
        }
    }

    fn note(&mut self, what: String) {
        if self.notices.len() < NOTICES {
            self.notices.push(what);
        }
    }

    /// Opened, as far as that can be done: one that cannot be read must not keep the others back.
    async fn open_all(&mut self, rows: Vec<auth_event::Model>) -> Result<Vec<Recorded>, Error> {
        let db = self.trail.store.reader();
        match self.trail.open_all(db, rows.clone()).await {
            Err(Error::Store(error)) => return Err(error.into()),
            Ok(opened) => return Ok(opened),
            Err(_) => {}
        }
        let mut all = Vec::new();
        for row in rows {
            let mut opened = self.trail.open_all(db, vec![row.clone()]).await.unwrap_or_default();
            all.push(opened.pop().unwrap_or_else(|| {
                self.note(format!("Event {} of chain {} cannot be opened.", row.seq, row.chain));
                Recorded::closed(row)
            }));
        }
        Ok(all)
    }
}

impl Chain {
    fn is_empty(&self) -> bool {
        self.ready.is_empty() && self.done < self.end
    }
}
