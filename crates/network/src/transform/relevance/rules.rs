//! The rules of linear maps.
//!
//! A map `z_k = Σ_j c_jk + b_k` has the contributions `c_jk = x_j w_jk`; `z⁺`
//! and `z⁻` are the sums of the positive and the negative ones, biases among
//! them unless they are ignored; `stab(z) = z + ε sign(z)`, `sign(0) = 1`.
//!
//! | rule | `R_j = Σ_k` | reference |
//! |---|---|---|
//! | epsilon | `c_jk R_k / stab(z_k)` | Bach et al., PLoS ONE 10 (2015) e0130140, eq. 58 |
//! | gamma | `(c_jk + γ c^±_jk) R_k / (z_k + γ z^±_k)`, `±` the sign of `z_k` | Montavon et al. 2019, section 10.2.3; for any sign of the inputs Andéol et al., arXiv:2106.09405 |
//! | alpha–beta | `(α c⁺_jk / z⁺_k − β c⁻_jk / z⁻_k) R_k` | Bach et al. 2015, eq. 60 |
//! | w² | `w_jk² / (Σ_i w_ik² + b_k²) R_k` | Montavon et al., arXiv:1512.02479, eq. 5 |
//! | flat | `1 / n_k R_k` | Lapuschkin et al., arXiv:1902.10178, supplement |
//! | box | `(x_j w_jk − l_j w⁺_jk − h_j w⁻_jk) R_k / Σ_i (…)` | Montavon et al., arXiv:1512.02479, eq. 10 |
//!
//! All but epsilon are stabilised with 10⁻⁹. Flat and box know no bias.

use super::choose::{Chosen, STABILISER};
use super::lanes::{Lanes, Table};
use super::map::{Core, Map};
use super::pass::Pass;
use super::settings::{Bias, Bound, Empty};
use super::weights::Weighing;
use crate::error::NetworkError;
use crate::graph::{Dim, ValueId, volume};
use crate::ops::{Add, Div, Greater, Mul, ReduceSum, Reshape, Sub, Where};
use pellucid_core::Tensor;

impl Pass<'_> {
    /// Passes the relevance of a map's result to its leaves.
    pub fn map(&mut self, position: usize, relevance: ValueId) -> Result<(), NetworkError> {
        let (map, rule) = self.plan.maps[position].clone();
        match rule {
            Chosen::Epsilon(epsilon) => self.epsilon(&map, epsilon, relevance),
            Chosen::Gamma(gamma) => self.gamma(&map, gamma, relevance),
            Chosen::AlphaBeta(alpha, beta) => self.alpha_beta(&map, [alpha, beta], relevance),
            Chosen::W2 => self.unweighted(&map, Weighing::Squares, relevance),
            Chosen::Flat => self.unweighted(&map, Weighing::Ones, relevance),
            Chosen::Box(low, high) => self.bounded(&map, &low, &high, relevance),
        }
    }

    fn epsilon(&mut self, map: &Map, epsilon: f64, relevance: ValueId) -> Result<(), NetworkError> {
        let z = self.sum_of(map);
        let biases = self.forward(map, Table::new(), true, Weighing::Plain)?;
        let sum = match (biases[&z].plus, self.settings.bias) {
            (Some(bias), Bias::Ignore) => self.graph.push(Sub, &[z, bias])?,
            _ => z,
        };
        let seed = if map.core == Core::Bilinear {
            // Each of the two factors receives half.
            let two = self.graph.scalar(2.0);
            let double = self.graph.push(Mul, &[sum, two])?;
            self.share(relevance, double, epsilon)?
        } else {
            self.share(relevance, sum, epsilon)?
        };
        self.biases(map, biases[&z], Lanes::plus(seed))?;
        let adjoints = self.backward(map, Lanes::plus(seed), Weighing::Plain)?;
        self.note_edges(map, &Table::new(), &adjoints, Weighing::Plain)?;
        let ignored = (self.settings.bias == Bias::Ignore).then_some(biases);
        for (value, lanes) in adjoints {
            let Some(adjoint) = lanes.plus else { continue };
            if !self.receives(map, value) {
                continue;
            }
            let own = ignored.as_ref().and_then(|biases| biases.get(&value)?.plus);
            let number = match own {
                Some(bias) => self.graph.push(Sub, &[value, bias])?,
                None => value,
            };
            let number = self.tame(number)?;
            let relevance = self.graph.push(Mul, &[number, adjoint])?;
            self.deliver(map, value, relevance)?;
        }
        Ok(())
    }

    fn gamma(&mut self, map: &Map, gamma: f64, relevance: ValueId) -> Result<(), NetworkError> {
        let (table, biases) = self.signed_sums(map)?;
        let z = self.sum_of(map);
        let sides = self.filled(table[&z], z)?;
        let [plus, minus] = sides;
        let sum = self.graph.push(Add, &[plus, minus])?;
        let (zero, gamma) = (self.graph.scalar(0.0), self.graph.scalar(gamma));
        let negative = self.graph.push(Greater, &[zero, sum])?;
        let side = self.graph.push(Where, &[negative, minus, plus])?;
        let more = self.graph.push(Mul, &[side, gamma])?;
        let total = self.graph.push(Add, &[sum, more])?;
        let share = self.share(relevance, total, STABILISER)?;
        let more = self.graph.push(Mul, &[share, gamma])?;
        let more = self.graph.push(Add, &[share, more])?;
        let seeds = Lanes {
            plus: Some(self.graph.push(Where, &[negative, share, more])?),
            minus: Some(self.graph.push(Where, &[negative, more, share])?),
        };
        self.hand_back(map, &table, biases, seeds, Weighing::Signs)
    }

    fn alpha_beta(
        &mut self,
        map: &Map,
        [alpha, beta]: [f64; 2],
        relevance: ValueId,
    ) -> Result<(), NetworkError> {
        let (table, biases) = self.signed_sums(map)?;
        let z = self.sum_of(map);
        let [plus, minus] = self.filled(table[&z], z)?;
        let zero = self.graph.scalar(0.0);
        let has = [
            self.graph.push(Greater, &[plus, zero])?,
            self.graph.push(Greater, &[zero, minus])?,
        ];
        let factors = [alpha, -beta];
        let mut seeds = [None, None];
        for (i, side) in [plus, minus].into_iter().enumerate() {
            let reassign = self.settings.empty == Empty::Reassign;
            if factors[i] == 0.0 && !reassign {
                continue;
            }
            let factor = self.graph.scalar(factors[i]);
            let mut due = self.graph.push(Mul, &[relevance, factor])?;
            if reassign {
                due = self.graph.push(Where, &[has[1 - i], due, relevance])?;
            }
            let sign = if i == 0 { STABILISER } else { -STABILISER };
            let stabiliser = self.graph.scalar(sign);
            let stable = self.graph.push(Add, &[side, stabiliser])?;
            let share = self.graph.push(Div, &[due, stable])?;
            let share = self.graph.push(Where, &[has[i], share, zero])?;
            let taken = self.graph.push(Mul, &[share, stabiliser])?;
            self.stabilised(taken)?;
            if !reassign {
                let lost = self.graph.push(Where, &[has[i], zero, due])?;
                self.emptied(lost)?;
            }
            seeds[i] = Some(share);
        }
        if self.settings.empty == Empty::Reassign {
            let lost = self.graph.push(Where, &[has[1], zero, relevance])?;
            let lost = self.graph.push(Where, &[has[0], zero, lost])?;
            self.emptied(lost)?;
        }
        let [plus, minus] = seeds;
        let seeds = Lanes { plus, minus };
        self.hand_back(map, &table, biases, seeds, Weighing::Signs)
    }

    /// w² and flat: the input counts as one. A bias has its square under w²,
    /// as in zennit, and no part in flat.
    fn unweighted(
        &mut self,
        map: &Map,
        weighing: Weighing,
        relevance: ValueId,
    ) -> Result<(), NetworkError> {
        let z = self.sum_of(map);
        let biased = weighing == Weighing::Squares && self.settings.bias != Bias::Ignore;
        let table = self.ones_through(map, biased, weighing)?;
        let biases = if biased {
            self.forward(map, Table::new(), true, weighing)?[&z]
        } else {
            Lanes::default()
        };
        let [sum, _] = self.filled(table[&z], z)?;
        let share = self.share(relevance, sum, STABILISER)?;
        self.hand_back(map, &table, biases, Lanes::plus(share), weighing)
    }

    /// The box rule: contributions `w⁺ (x − l) + w⁻ (x − h)`.
    fn bounded(
        &mut self,
        map: &Map,
        low: &Bound,
        high: &Bound,
        relevance: ValueId,
    ) -> Result<(), NetworkError> {
        let z = self.sum_of(map);
        let mut leaves = Table::new();
        for leaf in self.leaves(map) {
            let (low, high) = (self.bound(low, leaf)?, self.bound(high, leaf)?);
            let lanes = Lanes {
                plus: Some(self.graph.push(Sub, &[leaf, low])?),
                minus: Some(self.graph.push(Sub, &[leaf, high])?),
            };
            leaves.insert(leaf, lanes);
        }
        let table = self.forward(map, leaves, false, Weighing::Signs)?;
        let [sum, _] = self.filled(table[&z], z)?;
        let share = self.share(relevance, sum, STABILISER)?;
        self.hand_back(
            map,
            &table,
            Lanes::default(),
            Lanes::plus(share),
            Weighing::Signs,
        )
    }

    /// A bound of the box rule in a form that meets an input.
    fn bound(&mut self, bound: &Bound, leaf: ValueId) -> Result<ValueId, NetworkError> {
        let list = match bound {
            Bound::Number(number) => return Ok(self.graph.scalar(*number)),
            Bound::List(list) => list,
        };
        let shape = self.graph.shape(leaf)[1..].to_vec();
        if volume(&shape).known() != Some(list.len()) {
            return Err(NetworkError::Settings {
                what: "low and high of the box rule".to_owned(),
                problem: format!(
                    "{} numbers, but `{}` has the shape {} for each event",
                    list.len(),
                    self.graph.value(leaf).name,
                    crate::graph::show(&shape)
                ),
            });
        }
        let flat = Tensor::new(vec![list.len()], list.clone());
        let flat = self.graph.constant("", flat);
        self.graph.push(Reshape { shape }, &[flat])
    }

    /// The positive and negative sums of a map, and the biases' part of them.
    fn signed_sums(&mut self, map: &Map) -> Result<(Table, Lanes), NetworkError> {
        let z = self.sum_of(map);
        let mut leaves = Table::new();
        for leaf in self.leaves(map) {
            let lanes = self.signed(leaf)?;
            leaves.insert(leaf, lanes);
        }
        let biased = self.settings.bias != Bias::Ignore;
        let table = self.forward(map, leaves, biased, Weighing::Signs)?;
        let biases = if biased {
            self.forward(map, Table::new(), true, Weighing::Signs)?[&z]
        } else {
            Lanes::default()
        };
        Ok((table, biases))
    }

    /// The sums of a map whose inputs are all one.
    fn ones_through(
        &mut self,
        map: &Map,
        biased: bool,
        weighing: Weighing,
    ) -> Result<Table, NetworkError> {
        let mut leaves = Table::new();
        for leaf in self.leaves(map) {
            leaves.insert(leaf, Lanes::plus(self.full(1.0, leaf)?));
        }
        self.forward(map, leaves, biased, weighing)
    }

    /// Both lanes, zero where there is none.
    fn filled(&mut self, lanes: Lanes, like: ValueId) -> Result<[ValueId; 2], NetworkError> {
        let mut fill = |lane: Option<ValueId>| lane.map_or_else(|| self.full(0.0, like), Ok);
        Ok([fill(lanes.plus)?, fill(lanes.minus)?])
    }

    /// Hands shares back to the leaves of a map.
    fn hand_back(
        &mut self,
        map: &Map,
        table: &Table,
        biases: Lanes,
        seeds: Lanes,
        weighing: Weighing,
    ) -> Result<(), NetworkError> {
        self.biases(map, biases, seeds)?;
        let adjoints = self.backward(map, seeds, weighing)?;
        self.note_edges(map, table, &adjoints, weighing)?;
        for (value, adjoint) in adjoints {
            if !self.receives(map, value) {
                continue;
            }
            let own = table.get(&value).copied().unwrap_or_default();
            let mut sum = None;
            for (number, adjoint) in [(own.plus, adjoint.plus), (own.minus, adjoint.minus)] {
                if let (Some(number), Some(adjoint)) = (number, adjoint) {
                    let term = self.graph.push(Mul, &[number, adjoint])?;
                    sum = self.add_option(sum, Some(term))?;
                }
            }
            if let Some(relevance) = sum {
                self.deliver(map, value, relevance)?;
            }
        }
        Ok(())
    }

    /// What biases do with their share of a map: keep it, or deal it out.
    fn biases(&mut self, map: &Map, biases: Lanes, seeds: Lanes) -> Result<(), NetworkError> {
        let pairs = [(biases.plus, seeds.plus), (biases.minus, seeds.minus)];
        let pairs = pairs.into_iter().filter_map(|(bias, seed)| bias.zip(seed));
        if self.settings.bias == Bias::Absorb {
            return pairs.into_iter().try_for_each(|(bias, seed)| {
                let seed = self.summed_like(seed, bias)?;
                let bias = self.tame(bias)?;
                let kept = self.graph.push(Mul, &[bias, seed])?;
                self.absorbed(kept)
            });
        }
        let mut sum = None;
        for (bias, seed) in pairs {
            let term = self.graph.push(Mul, &[bias, seed])?;
            sum = self.add_option(sum, Some(term))?;
        }
        let Some(due) = sum else { return Ok(()) };
        match self.settings.bias {
            Bias::Ignore | Bias::Absorb => Ok(()),
            Bias::Share => {
                let z = self.sum_of(map);
                let table = self.ones_through(map, false, Weighing::Ones)?;
                let [count, _] = self.filled(table[&z], z)?;
                let each = self.graph.push(Div, &[due, count])?;
                let adjoints = self.backward(map, Lanes::plus(each), Weighing::Ones)?;
                for leaf in self.leaves(map) {
                    if let Some(relevance) = adjoints.get(&leaf).and_then(|lanes| lanes.plus) {
                        self.deliver(map, leaf, relevance)?;
                    }
                }
                Ok(())
            }
        }
    }

    /// Sums a seed over the sides behind the first along which a bias is
    /// repeated, so that their product is small.
    fn summed_like(&mut self, seed: ValueId, bias: ValueId) -> Result<ValueId, NetworkError> {
        let (shape, own) = (self.graph.shape(seed), self.graph.shape(bias));
        let lead = shape.len().saturating_sub(own.len());
        let one = Dim::fixed(1);
        let repeated = |axis: usize| axis < lead || own[axis - lead] == one;
        let axes: Vec<usize> = (1..shape.len())
            .filter(|&axis| repeated(axis) && shape[axis] != one && shape[axis] != self.events)
            .collect();
        // What has no events in front is left to the account.
        if axes.is_empty() || shape[0] != self.events {
            return Ok(seed);
        }
        self.graph.push(ReduceSum { axes, keep: true }, &[seed])
    }

    /// `R / stab(z)`; what the stabiliser takes is counted.
    pub fn share(
        &mut self,
        relevance: ValueId,
        sum: ValueId,
        epsilon: f64,
    ) -> Result<ValueId, NetworkError> {
        let zero = self.graph.scalar(0.0);
        let (plus, minus) = (self.graph.scalar(epsilon), self.graph.scalar(-epsilon));
        let negative = self.graph.push(Greater, &[zero, sum])?;
        let push_away = self.graph.push(Where, &[negative, minus, plus])?;
        let stable = self.graph.push(Add, &[sum, push_away])?;
        let share = self.graph.push(Div, &[relevance, stable])?;
        // The sign is found anew: it is cheaper than to keep it in memory.
        let negative = self.graph.push(Greater, &[zero, sum])?;
        let push_away = self.graph.push(Where, &[negative, minus, plus])?;
        let taken = self.graph.push(Mul, &[push_away, share])?;
        self.stabilised(taken)?;
        Ok(share)
    }

    /// The pre-activation of a map.
    fn sum_of(&self, map: &Map) -> ValueId {
        self.graph.nodes()[map.sink()].outputs[0]
    }

    /// What a map's nodes read that carries relevance and is not their own.
    fn leaves(&self, map: &Map) -> Vec<ValueId> {
        let mut leaves = Vec::new();
        for &index in &map.nodes {
            let node = &self.graph.nodes()[index];
            for input in self.plan.carry.carrying(index) {
                let value = node.inputs[input];
                if !self.is_within(map, value) && !leaves.contains(&value) {
                    leaves.push(value);
                }
            }
        }
        leaves
    }

    /// Whether a value is made by a node of the map.
    fn is_within(&self, map: &Map, value: ValueId) -> bool {
        match self.graph.value(value).source {
            crate::graph::Source::Node(node, _) => map.nodes.binary_search(&node.index()).is_ok(),
            _ => false,
        }
    }

    /// Whether anybody wants the relevance of a value of the map.
    fn receives(&self, map: &Map, value: ValueId) -> bool {
        !self.is_within(map, value) || (value != self.sum_of(map) && self.asked.contains(&value))
    }

    /// Gives relevance to a leaf, or notes what passes through a value of the
    /// map itself.
    fn deliver(
        &mut self,
        map: &Map,
        value: ValueId,
        relevance: ValueId,
    ) -> Result<(), NetworkError> {
        if self.is_within(map, value) {
            let earlier = self.through.get(&value).copied();
            if let Some(sum) = self.add_option(earlier, Some(relevance))? {
                self.through.insert(value, sum);
            }
            return Ok(());
        }
        self.give(value, relevance)
    }
}
