//! Sorted runs of addresses, each with what is known of it, in a few bytes a run.

use std::net::IpAddr;

use super::tree::Damage;

/// What is known of every address: the distinct values, and which run of addresses has which.
#[derive(Debug)]
pub(super) struct Table<T> {
    /// The first is the value of an address that nothing is known of.
    values: Vec<T>,
    v4: Runs,
    /// By the upper half of the address: what is smaller than a /64 is one household or one machine.
    v6: Runs,
}

impl<T: Copy + Default> Table<T> {
    /// `values`, and the runs that point into them, as they were filled.
    pub(super) fn new(mut values: Vec<T>, v4: Runs, v6: Runs) -> Self {
        values.shrink_to_fit();
        Self { values, v4: v4.closed(), v6: v6.closed() }
    }

    pub(super) fn find(&self, address: IpAddr) -> T {
        let value = match address {
            IpAddr::V4(address) => self.v4.find(address.to_bits().into()),
            IpAddr::V6(address) => self.v6.find(upper_half(address.to_bits())),
        };
        usize::try_from(value).ok().and_then(|value| self.values.get(value)).copied().unwrap_or_default()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.values.len() < 2
    }

    #[cfg(test)]
    pub(super) fn values(&self) -> &[T] {
        &self.values
    }
}

/// The part of an IPv6 address that the table tells apart.
pub(super) fn upper_half(address: u128) -> u64 {
    (address >> 64) as u64
}

/// How many runs are read one after the other.
const BLOCK: usize = 32;

/// Runs without gaps: each begins at its start and ends where the next one begins. What is written of one is how far its
/// start is from the one before, and its value; every 32nd is an entry of an index as well.
#[derive(Debug, Default)]
pub(super) struct Runs {
    index: Vec<(u64, u32)>,
    bytes: Vec<u8>,
    count: usize,
    start: u64,
    value: u32,
    last: Option<u64>,
}

impl Runs {
    /// Appends a run, both ends included. Addresses between it and the one before are unknown.
    pub(super) fn push(&mut self, first: u64, last: u64, value: u32) -> Result<(), Damage> {
        let free = match self.last {
            None => 0,
            Some(last) => last.checked_add(1).ok_or(Damage)?,
        };
        if first < free || last < first {
            return Err(Damage);
        }
        if first > free {
            self.begin(free, 0)?;
        }
        self.begin(first, value)?;
        self.last = Some(last);
        Ok(())
    }

    /// The last address that has a run so far.
    pub(super) fn last(&self) -> Option<u64> {
        self.last
    }

    fn begin(&mut self, start: u64, value: u32) -> Result<(), Damage> {
        if self.count > 0 && self.value == value {
            return Ok(());
        }
        if self.count.is_multiple_of(BLOCK) {
            self.index.push((start, u32::try_from(self.bytes.len()).map_err(|_| Damage)?));
        } else {
            write(&mut self.bytes, start - self.start);
        }
        write(&mut self.bytes, value.into());
        (self.start, self.value) = (start, value);
        self.count += 1;
        Ok(())
    }

    fn closed(mut self) -> Self {
        // The very last address has no neighbour, and four thousand million bytes of runs come of no file that is read.
        let _ = self.last.and_then(|last| last.checked_add(1)).map(|free| self.begin(free, 0));
        self.index.shrink_to_fit();
        self.bytes.shrink_to_fit();
        self
    }

    fn find(&self, key: u64) -> u32 {
        self.search(key).unwrap_or(0)
    }

    fn search(&self, key: u64) -> Option<u32> {
        let block = self.index.partition_point(|(start, _)| *start <= key).checked_sub(1)?;
        let (mut start, at) = *self.index.get(block)?;
        let end = self.index.get(block + 1).map_or(self.bytes.len(), |(_, at)| *at as usize);
        let mut bytes = self.bytes.get(at as usize..end)?;
        let mut found = read(&mut bytes)?;
        while !bytes.is_empty() {
            start = start.checked_add(read(&mut bytes)?)?;
            if start > key {
                break;
            }
            found = read(&mut bytes)?;
        }
        u32::try_from(found).ok()
    }
}

/// Seven bits a byte, the lowest first; the eighth says that more come (LEB128).
fn write(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

fn read(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_belong_to_a_run_and_its_neighbours_do_not() {
        let mut v4 = Runs::default();
        for (first, last, value) in [(10, 19, 1), (20, 20, 2), (30, u64::from(u32::MAX), 1)] {
            v4.push(first, last, value).expect("in order");
        }
        let table = Table::new(vec!['?', 'a', 'b'], v4, Runs::default());
        for (address, value) in
            [(0, '?'), (9, '?'), (10, 'a'), (19, 'a'), (20, 'b'), (21, '?'), (29, '?'), (30, 'a'), (u32::MAX, 'a')]
        {
            assert_eq!(table.find(IpAddr::V4(address.into())), value, "{address}");
        }
        assert_eq!(table.find("::1".parse().expect("an address")), '?');
    }

    #[test]
    fn many_runs_are_found_as_they_were_written() {
        // Starts near and far, values small and large, and gaps; more than a few blocks of them.
        let mut runs = Runs::default();
        let mut written = Vec::new();
        let mut first = 3;
        for n in 0..1000u64 {
            let last = first + (n % 7) * (1 << (n % 50));
            let value = u32::try_from(n * n % 70_000 + 1).expect("small");
            runs.push(first, last, value).expect("in order");
            written.push((first, last, value));
            first = last + 1 + n % 3;
        }
        let runs = runs.closed();
        assert!(runs.index.len() > 40, "{} blocks", runs.index.len());
        let mut after = 0;
        for (first, last, value) in written {
            assert_eq!((runs.find(first), runs.find(last)), (value, value), "{first}");
            if first > after {
                assert_eq!((runs.find(after), runs.find(first - 1)), (0, 0), "before {first}");
            }
            after = last + 1;
        }
        assert_eq!((runs.find(after), runs.find(u64::MAX)), (0, 0));
    }

    #[test]
    fn neighbours_of_one_value_are_one_run() {
        let mut runs = Runs::default();
        for first in [0, 10, 20] {
            runs.push(first, first + 9, 1).expect("in order");
        }
        assert_eq!(runs.closed().count, 2);
    }

    #[test]
    fn what_overlaps_or_runs_backwards_is_refused() {
        let mut runs = Runs::default();
        runs.push(10, 19, 1).expect("the first");
        assert_eq!(runs.push(19, 20, 1), Err(Damage));
        assert_eq!(runs.push(5, 6, 1), Err(Damage));
        assert_eq!(runs.push(30, 29, 1), Err(Damage));
        runs.push(20, u64::MAX, 1).expect("to the end");
        assert_eq!(runs.push(u64::MAX, u64::MAX, 1), Err(Damage));
    }
}
