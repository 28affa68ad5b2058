//! The search tree of a file: a binary tree over the bits of addresses.

use std::net::IpAddr;

use maxminddb::Metadata;

/// Something in a file is not as its format wants it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Damage;

/// A network with a record.
pub(super) struct Leaf {
    /// Its first address, and how many bits after that are free. IPv4 lies in ::/96.
    pub(super) first: u128,
    pub(super) free: u8,
    /// Where its record lies, in the format's own count. The same for all that share it.
    pub(super) record: u32,
}

impl Leaf {
    pub(super) fn last(&self) -> u128 {
        self.first | 1u128.checked_shl(self.free.into()).unwrap_or(0).wrapping_sub(1)
    }

    /// Both ends, if these are IPv4 addresses.
    pub(super) fn v4(&self) -> Option<(u32, u32)> {
        Some((u32::try_from(self.first).ok()?, u32::try_from(self.last()).ok()?))
    }

    /// Its first address.
    pub(super) fn address(&self) -> IpAddr {
        self.v4().map_or_else(|| IpAddr::V6(self.first.into()), |(first, _)| IpAddr::V4(first.into()))
    }
}

pub(super) struct Tree<'a> {
    bytes: &'a [u8],
    nodes: u32,
    /// Of one node, in bytes: 6, 7 or 8.
    width: usize,
    depth: u8,
}

impl<'a> Tree<'a> {
    pub(super) fn new(bytes: &'a [u8], metadata: &Metadata) -> Self {
        Self {
            bytes,
            nodes: metadata.node_count,
            width: usize::from(metadata.record_size / 4),
            depth: if metadata.ip_version == 4 { 32 } else { 128 },
        }
    }

    /// Both children of a node, the one for the bit 0 first.
    fn children(&self, node: u32) -> Result<[u32; 2], Damage> {
        let at = usize::try_from(node).map_err(|_| Damage)? * self.width;
        let node = self.bytes.get(at..at + self.width).ok_or(Damage)?;
        let (short, long) = (self.width / 2, self.width.div_ceil(2));
        let (mut zero, mut one) = ([0; 4], [0; 4]);
        zero[4 - short..].copy_from_slice(&node[..short]);
        one[4 - short..].copy_from_slice(&node[long..]);
        if short < long {
            // Seven bytes: the one in the middle has the first four bits of either.
            (zero[0], one[0]) = (node[short] >> 4, node[short] & 15);
        }
        Ok([zero, one].map(u32::from_be_bytes))
    }

    /// Where IPv4 begins in a tree for both. Other prefixes may lead there too: ::ffff:0:0/96, 2002::/16.
    fn v4(&self) -> Result<Option<u32>, Damage> {
        let mut node = 0;
        for _ in 32..self.depth {
            if node >= self.nodes {
                return Ok(None);
            }
            [node, _] = self.children(node)?;
        }
        Ok((node < self.nodes && self.depth > 32).then_some(node))
    }

    /// Hands over every network that has a record, in the order of addresses.
    ///
    /// No node is passed twice, so this takes no longer than the tree is large, whatever it looks like.
    pub(super) fn leaves(&self, mut each: impl FnMut(Leaf) -> Result<(), Damage>) -> Result<(), Damage> {
        let v4 = self.v4()?;
        let mut left = self.nodes;
        let mut open = vec![(0, 0u128, self.depth)];
        while let Some((node, first, free)) = open.pop() {
            if node > self.nodes {
                each(Leaf { first, free, record: node })?;
            }
            if node >= self.nodes || (Some(node) == v4 && first != 0) {
                continue;
            }
            left = left.checked_sub(1).ok_or(Damage)?;
            let free = free.checked_sub(1).ok_or(Damage)?;
            let [zero, one] = self.children(node)?;
            open.push((one, first | 1 << free, free));
            open.push((zero, first, free));
        }
        Ok(())
    }
}
