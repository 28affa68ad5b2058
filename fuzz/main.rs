//! libFuzzer around the targets, for `make soak`: HOLDFAST_FUZZ_TARGET names one of them. `--list` says which there are.
//!
//! Built by scripts/fuzz.sh, which has our crate compiled with what tells libFuzzer where an input has led.

#![no_main]
#![allow(clippy::expect_used, missing_docs, reason = "a target that cannot go on should stop")]

mod mutate;
#[allow(dead_code, reason = "libFuzzer is given the folders of the seeds by scripts/fuzz.sh")]
mod seeds;
mod service;
#[allow(dead_code, reason = "scripts/fuzz.sh reads how long inputs may be, and the short form how often")]
mod targets;

use std::sync::OnceLock;

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

use mutate::Dice;
use targets::{TARGETS, Target};

fn target() -> &'static Target {
    static TARGET: OnceLock<&Target> = OnceLock::new();
    TARGET.get_or_init(|| {
        let name = std::env::var("HOLDFAST_FUZZ_TARGET").unwrap_or_default();
        TARGETS.iter().find(|target| target.name == name).expect("HOLDFAST_FUZZ_TARGET names a target")
    })
}

/// From the seed that libFuzzer hands over.
struct Seeded(u64);

impl Dice for Seeded {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap_or_default()
    }
}

fuzz_target!(|bytes: &[u8]| (target().read)(bytes));

// Every other input is changed by libFuzzer itself, which knows what was compared with what.
fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut dice = Seeded(u64::from(seed) | 1 << 40);
    if dice.below(2) == 0 {
        return fuzzer_mutate(data, size, max_size);
    }
    let mut input = data[..size].to_vec();
    mutate::mutate(&mut input, &[], max_size.min(data.len()), &mut dice);
    data[..input.len()].copy_from_slice(&input);
    input.len()
});
