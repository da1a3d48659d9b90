//! One population.

use std::collections::BTreeSet;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::archive::Archive;
use super::judge::{Bench, Judge, Law};
use super::mutation::{Kind, Materials};
use crate::expression::Expression;

/// An archive that evolves by itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Island {
    archive: Archive,
    /// Forms that were judged already.
    tried: BTreeSet<u64>,
    /// How well each kind of change did lately.
    merit: Vec<f64>,
}

/// Forms that are remembered; then memory begins anew, with other constants.
const REMEMBERED: usize = 200_000;
/// A loss is worth a closer look below this multiple of the best among laws
/// that are no larger.
pub const PATIENCE: f64 = 30.0;

impl Default for Island {
    fn default() -> Self {
        Self {
            archive: Archive::default(),
            tried: BTreeSet::new(),
            merit: Kind::ALL.iter().map(|(_, weight)| *weight).collect(),
        }
    }
}

impl Island {
    /// Takes in a law from elsewhere.
    pub fn receive(&mut self, law: &Law) {
        self.archive.insert(law.clone());
    }

    /// Its laws.
    pub fn laws(&self) -> impl Iterator<Item = &Law> {
        self.archive.laws()
    }

    /// Makes and judges so many candidates.
    pub fn evolve(
        &mut self,
        candidates: usize,
        judge: &Judge,
        material: &Materials,
        rng: &mut ChaCha8Rng,
        bench: &mut Bench,
    ) {
        for _ in 0..candidates {
            let kind = self.draw(rng);
            let Some(candidate) = self.candidate(kind, material, rng) else {
                continue;
            };
            let candidate = judge.canonical(&candidate);
            if candidate.complexity() > judge.max_complexity()
                || !self.tried.insert(candidate.form())
            {
                continue;
            }
            if self.tried.len() > REMEMBERED {
                self.tried.clear();
            }
            let gain = self.consider(&candidate, judge, bench);
            let merit = &mut self.merit[kind];
            let floor = 0.2 * Kind::ALL[kind].1;
            *merit = (*merit * 0.995 + if gain { 0.02 } else { 0.0 }).clamp(floor, 5.0);
        }
    }

    /// Judges a formula and keeps what is worth it; says whether anything was.
    fn consider(&mut self, candidate: &Expression, judge: &Judge, bench: &mut Bench) -> bool {
        let archive = &self.archive;
        let wanted = |size: usize, loss: f64| loss < PATIENCE * archive.bound(size);
        let laws = judge.judge(candidate, &wanted, bench);
        let mut kept = false;
        for law in laws {
            kept |= self.archive.insert(law);
        }
        kept
    }

    /// A kind of change, by merit.
    fn draw(&self, rng: &mut ChaCha8Rng) -> usize {
        let mut place = rng.random::<f64>() * self.merit.iter().sum::<f64>();
        for (kind, merit) in self.merit.iter().enumerate() {
            place -= merit;
            if place < 0.0 {
                return kind;
            }
        }
        self.merit.len() - 1
    }

    fn candidate(
        &self,
        kind: usize,
        material: &Materials,
        rng: &mut ChaCha8Rng,
    ) -> Option<Expression> {
        if rng.random_bool(0.01) {
            return Some(material.random(rng));
        }
        let Some(parent) = self.parent(rng) else {
            return Some(material.random(rng));
        };
        let other = self.parent(rng).unwrap_or(parent);
        let mut out = material.change(
            Kind::ALL[kind].0,
            &parent.expression,
            &other.expression,
            rng,
        )?;
        // Now and then two steps at once, to leap over a valley.
        if rng.random_bool(0.25) {
            let second = self.draw(rng);
            out = material
                .change(Kind::ALL[second].0, &out, &other.expression, rng)
                .unwrap_or(out);
        }
        Some(out)
    }

    /// A law of a random complexity: the best there or any.
    fn parent(&self, rng: &mut ChaCha8Rng) -> Option<&Law> {
        let sizes = self.archive.complexities();
        if sizes.is_empty() {
            return None;
        }
        let laws = self.archive.of(sizes[rng.random_range(0..sizes.len())]);
        let drawn = |rng: &mut ChaCha8Rng| laws[rng.random_range(0..laws.len())];
        let rounds = [1, 3, 8][rng.random_range(0..3)];
        let first = drawn(rng);
        Some((1..rounds).fold(first, |best, _| {
            let next = drawn(rng);
            if next.loss < best.loss { next } else { best }
        }))
    }
}
