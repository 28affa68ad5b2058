//! Chance that can be repeated: who fails says the seed, and who has the seed sees the same again.

/// Whether floods come in full, as `make soak` has them.
pub fn in_full() -> bool {
    std::env::var_os("HOLDFAST_TEST_FULL").is_some()
}

/// SplitMix64: small, and good enough to choose with.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// From `HOLDFAST_TEST_SEED`, or from nowhere.
    pub fn new() -> Self {
        let named = std::env::var("HOLDFAST_TEST_SEED").ok();
        Self(named.map_or_else(rand::random, |seed| seed.parse().expect("HOLDFAST_TEST_SEED is a number")))
    }

    /// What would have to be named to see the same again.
    pub fn seed(&self) -> u64 {
        self.0
    }

    /// Another that goes on by itself.
    pub fn split(&mut self) -> Self {
        Self(self.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below this one.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}
