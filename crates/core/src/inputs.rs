//! What is known of a batch of events: collections of things with named features.
//!
//! An event has one row of the collection `event`, and as many of other collections
//! as there are particles, nodes, edges or sites in it. A model's tensors are *views*
//! of collections: points, features and mask of a tagger are made from the same
//! particles, so that exchanging a feature of the particles moves all of them.
//!
//! | extent | rows of an event | example |
//! |---|---|---|
//! | [`Extent::One`] | one | the columns of a table |
//! | [`Extent::Fixed`] | the sites of an array | a lattice configuration, an image |
//! | [`Extent::Lists`] | as many as it has | particles, nodes, edges |
//!
//! Edges are a collection whose rows have two [`Ends`]: places among the nodes *of
//! their own event*, so that events can be chosen and put together freely.

use std::sync::Arc;

use rand::{Rng, RngExt};

/// The numbers of a feature, one for each row of its collection.
#[derive(Debug, Clone, PartialEq)]
pub enum Numbers {
    /// In single precision.
    F32(Vec<f32>),
    /// In double precision.
    F64(Vec<f64>),
    /// Whole.
    I64(Vec<i64>),
    /// Truth values.
    Bool(Vec<bool>),
}

/// Does the same to numbers of each kind.
macro_rules! of_each_kind {
    ($numbers:expr, $list:ident => $made:expr) => {
        match $numbers {
            Numbers::F32($list) => Numbers::F32($made),
            Numbers::F64($list) => Numbers::F64($made),
            Numbers::I64($list) => Numbers::I64($made),
            Numbers::Bool($list) => Numbers::Bool($made),
        }
    };
}

impl Numbers {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(list) => list.len(),
            Self::F64(list) => list.len(),
            Self::I64(list) => list.len(),
            Self::Bool(list) => list.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number at a place; truth values are 0 and 1.
    pub fn at(&self, place: usize) -> f64 {
        match self {
            Self::F32(list) => f64::from(list[place]),
            Self::F64(list) => list[place],
            Self::I64(list) => list[place] as f64,
            Self::Bool(list) => f64::from(u8::from(list[place])),
        }
    }

    /// All as real numbers.
    pub fn reals(&self) -> Vec<f64> {
        (0..self.len()).map(|place| self.at(place)).collect()
    }

    fn at_places(&self, places: impl Iterator<Item = usize>) -> Self {
        of_each_kind!(self, list => places.map(|place| list[place]).collect())
    }

    /// Puts numbers of the same kind behind these; whether they are.
    fn append(&mut self, other: &Self) -> bool {
        match (self, other) {
            (Self::F32(a), Self::F32(b)) => a.extend_from_slice(b),
            (Self::F64(a), Self::F64(b)) => a.extend_from_slice(b),
            (Self::I64(a), Self::I64(b)) => a.extend_from_slice(b),
            (Self::Bool(a), Self::Bool(b)) => a.extend_from_slice(b),
            _ => return false,
        }
        true
    }

    /// The bits of a number, by which events are told apart.
    fn bits(&self, place: usize) -> u64 {
        match self {
            Self::F32(list) => u64::from(list[place].to_bits()),
            Self::F64(list) => list[place].to_bits(),
            Self::I64(list) => list[place].cast_unsigned(),
            Self::Bool(list) => u64::from(list[place]),
        }
    }
}

/// One feature of a collection.
#[derive(Debug, Clone, PartialEq)]
pub struct Feature {
    /// Its name.
    pub name: String,
    /// Its unit; empty for pure numbers.
    pub unit: String,
    /// Its numbers, row after row, event after event.
    pub numbers: Numbers,
}

/// How many rows of a collection an event has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extent {
    /// One.
    One,
    /// One for each site of an array of this shape.
    Fixed(Vec<usize>),
    /// Those between two offsets; there is one offset more than events.
    Lists(Arc<Vec<usize>>),
}

/// Where edges begin and end: places among the nodes of their own event, one for
/// each row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ends {
    /// The collection of the nodes.
    pub nodes: String,
    /// Where each edge begins.
    pub from: Vec<i64>,
    /// Where it ends.
    pub to: Vec<i64>,
}

/// Things of one kind with the same features.
#[derive(Debug, Clone, PartialEq)]
pub struct Collection {
    /// Its name.
    pub name: String,
    /// How many rows an event has.
    pub extent: Extent,
    /// What is known of each row.
    pub features: Vec<Feature>,
    /// Of edges, what they join.
    pub ends: Option<Ends>,
}

impl Collection {
    /// The rows of an event.
    pub fn rows(&self, event: usize) -> std::ops::Range<usize> {
        match &self.extent {
            Extent::One => event..event + 1,
            Extent::Fixed(shape) => {
                let sites: usize = shape.iter().product();
                event * sites..(event + 1) * sites
            }
            Extent::Lists(offsets) => offsets[event]..offsets[event + 1],
        }
    }

    /// A feature by name.
    pub fn feature(&self, name: &str) -> Option<&Feature> {
        self.features.iter().find(|feature| feature.name == name)
    }

    /// All rows of so many events.
    fn len(&self, events: usize) -> usize {
        match &self.extent {
            Extent::One => events,
            Extent::Fixed(shape) => events * shape.iter().product::<usize>(),
            Extent::Lists(offsets) => offsets.last().copied().unwrap_or(0),
        }
    }

    fn select(&self, events: &[usize]) -> Self {
        let places: Vec<usize> = events.iter().flat_map(|&event| self.rows(event)).collect();
        let extent = match &self.extent {
            Extent::Lists(_) => {
                let mut offsets = Vec::with_capacity(events.len() + 1);
                offsets.push(0);
                for &event in events {
                    offsets.push(offsets[offsets.len() - 1] + self.rows(event).len());
                }
                Extent::Lists(Arc::new(offsets))
            }
            other => other.clone(),
        };
        let chosen = |list: &[i64]| places.iter().map(|&place| list[place]).collect();
        Self {
            name: self.name.clone(),
            extent,
            features: self
                .features
                .iter()
                .map(|feature| Feature {
                    numbers: feature.numbers.at_places(places.iter().copied()),
                    ..feature.clone()
                })
                .collect(),
            ends: self.ends.as_ref().map(|ends| Ends {
                nodes: ends.nodes.clone(),
                from: chosen(&ends.from),
                to: chosen(&ends.to),
            }),
        }
    }

    /// What tells this collection from one that cannot follow it, in words.
    fn kind(&self) -> String {
        let features = self.features.iter().map(|feature| feature.name.as_str());
        let features: Vec<&str> = features.collect();
        let extent = match &self.extent {
            Extent::One => "one row for each event".to_owned(),
            Extent::Fixed(shape) => format!("arrays of shape {shape:?}"),
            Extent::Lists(_) => "lists".to_owned(),
        };
        format!("`{}` of {extent} with {}", self.name, features.join(", "))
    }

    fn append(&mut self, other: &Self) -> Result<(), InputsError> {
        let other_kind = || InputsError::Kinds {
            expected: self.kind(),
            found: other.kind(),
        };
        let alike = match (&self.extent, &other.extent) {
            (Extent::Lists(_), Extent::Lists(_)) => true,
            (a, b) => a == b,
        };
        let named = self.features.iter().map(|feature| &feature.name);
        let names = other.features.iter().map(|feature| &feature.name);
        if !alike
            || self.name != other.name
            || !named.eq(names)
            || self.ends.is_some() != other.ends.is_some()
        {
            return Err(other_kind());
        }
        let error = other_kind();
        if let (Extent::Lists(mine), Extent::Lists(theirs)) = (&mut self.extent, &other.extent) {
            let start = mine.last().copied().unwrap_or(0);
            let more = theirs.iter().skip(1).map(|offset| offset + start);
            Arc::make_mut(mine).extend(more);
        }
        for (mine, theirs) in self.features.iter_mut().zip(&other.features) {
            if !mine.numbers.append(&theirs.numbers) {
                return Err(error);
            }
        }
        if let (Some(mine), Some(theirs)) = (&mut self.ends, &other.ends) {
            mine.from.extend_from_slice(&theirs.from);
            mine.to.extend_from_slice(&theirs.to);
        }
        Ok(())
    }
}

/// Collections of a batch of events.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Inputs {
    events: usize,
    collections: Vec<Collection>,
}

/// What inputs cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InputsError {
    /// Inputs of another kind cannot follow these.
    #[error("{found} cannot follow {expected}")]
    Kinds {
        /// What the first ones are.
        expected: String,
        /// What the later ones are.
        found: String,
    },
    /// A feature that has not one number for each row.
    #[error("`{feature}` of `{collection}` has {found} numbers for {expected} rows")]
    Rows {
        /// The collection.
        collection: String,
        /// The feature.
        feature: String,
        /// The rows of the collection.
        expected: usize,
        /// The numbers of the feature.
        found: usize,
    },
    /// A collection that is not there.
    #[error("there is no collection `{name}`; there are {}", .known.join(", "))]
    Collection {
        /// Its name.
        name: String,
        /// Those there are.
        known: Vec<String>,
    },
    /// A feature that is not there.
    #[error("`{collection}` has no feature `{name}`; there are {}", .known.join(", "))]
    Feature {
        /// The collection.
        collection: String,
        /// The feature.
        name: String,
        /// Those there are.
        known: Vec<String>,
    },
}

impl Inputs {
    /// So many events of which nothing is known yet.
    pub fn new(events: usize) -> Self {
        Self {
            events,
            collections: Vec::new(),
        }
    }

    /// Adds a collection; an error if it has not the rows that its extent says.
    pub fn push(&mut self, collection: Collection) -> Result<(), InputsError> {
        let expected = collection.len(self.events);
        let wrong = |feature: &str, found| InputsError::Rows {
            collection: collection.name.clone(),
            feature: feature.to_owned(),
            expected,
            found,
        };
        if let Extent::Lists(offsets) = &collection.extent
            && offsets.len() != self.events + 1
        {
            return Err(wrong("offsets", offsets.len().saturating_sub(1)));
        }
        for feature in &collection.features {
            if feature.numbers.len() != expected {
                return Err(wrong(&feature.name, feature.numbers.len()));
            }
        }
        if let Some(ends) = &collection.ends
            && (ends.from.len() != expected || ends.to.len() != expected)
        {
            return Err(wrong("ends", ends.from.len()));
        }
        self.collections.push(collection);
        Ok(())
    }

    /// The number of events.
    pub fn len(&self) -> usize {
        self.events
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.events == 0
    }

    /// All collections.
    pub fn collections(&self) -> &[Collection] {
        &self.collections
    }

    /// A collection by name.
    pub fn collection(&self, name: &str) -> Result<&Collection, InputsError> {
        let found = self.collections.iter().find(|it| it.name == name);
        found.ok_or_else(|| InputsError::Collection {
            name: name.to_owned(),
            known: self.collections.iter().map(|it| it.name.clone()).collect(),
        })
    }

    /// A feature of a collection.
    pub fn feature(&self, collection: &str, name: &str) -> Result<&Feature, InputsError> {
        let found = self.collection(collection)?;
        found.feature(name).ok_or_else(|| InputsError::Feature {
            collection: collection.to_owned(),
            name: name.to_owned(),
            known: found.features.iter().map(|it| it.name.clone()).collect(),
        })
    }

    /// The events named, in that order.
    #[must_use]
    pub fn select(&self, events: &[usize]) -> Self {
        Self {
            events: events.len(),
            collections: self
                .collections
                .iter()
                .map(|it| it.select(events))
                .collect(),
        }
    }

    /// Adds all events of `other` behind these.
    pub fn append(&mut self, other: &Self) -> Result<(), InputsError> {
        if self.collections.is_empty() && self.events == 0 {
            self.clone_from(other);
            return Ok(());
        }
        if other.collections.is_empty() && other.events == 0 {
            return Ok(());
        }
        if other.collections.len() != self.collections.len() {
            return Err(InputsError::Kinds {
                expected: format!("{} collections", self.collections.len()),
                found: format!("{} collections", other.collections.len()),
            });
        }
        for (mine, theirs) in self.collections.iter_mut().zip(&other.collections) {
            mine.append(theirs)?;
        }
        self.events += other.events;
        Ok(())
    }

    /// The same with features of a collection exchanged between events: where an event
    /// has one row, or an array of fixed shape, it takes the numbers of event
    /// `others[event]`; a row of a list takes those of a row drawn from the rows of all
    /// *other* events together, and lists keep their lengths. All the features named
    /// come from the same place.
    pub fn exchanged<R: Rng + ?Sized>(
        &self,
        collection: &str,
        features: &[String],
        others: &[usize],
        rng: &mut R,
    ) -> Result<Self, InputsError> {
        for name in features {
            self.feature(collection, name)?;
        }
        let own = self.collection(collection)?;
        let places: Vec<usize> = match &own.extent {
            Extent::One | Extent::Fixed(_) => {
                others.iter().flat_map(|&event| own.rows(event)).collect()
            }
            Extent::Lists(_) => {
                let all = own.len(self.events);
                let mut places = Vec::with_capacity(all);
                for event in 0..self.events {
                    let rows = own.rows(event);
                    let foreign = all - rows.len();
                    for row in rows.clone() {
                        places.push(if foreign == 0 {
                            row
                        } else {
                            let drawn = rng.random_range(0..foreign);
                            if drawn < rows.start {
                                drawn
                            } else {
                                drawn + rows.len()
                            }
                        });
                    }
                }
                places
            }
        };
        let mut out = self.clone();
        let changed = out
            .collections
            .iter_mut()
            .filter(|it| it.name == collection);
        for feature in changed.flat_map(|it| &mut it.features) {
            if features.contains(&feature.name) {
                feature.numbers = feature.numbers.at_places(places.iter().copied());
            }
        }
        Ok(out)
    }

    /// A number for every event that depends on its content and the seed alone, not on
    /// where it stands in which file: a subset drawn by the smallest of them is the same
    /// however the files were cut.
    pub fn keys(&self, seed: u64) -> Vec<u64> {
        let key = |event: usize| {
            let mut key = mixed(seed ^ 0x7065_6c6c_7563_6964);
            for collection in &self.collections {
                let rows = collection.rows(event);
                key = mixed(key ^ rows.len() as u64);
                for feature in &collection.features {
                    for row in rows.clone() {
                        key = mixed(key ^ feature.numbers.bits(row));
                    }
                }
                if let Some(ends) = &collection.ends {
                    for row in rows {
                        key = mixed(key ^ ends.from[row].cast_unsigned());
                        key = mixed(key ^ ends.to[row].cast_unsigned());
                    }
                }
            }
            key
        };
        (0..self.events).map(key).collect()
    }
}

/// Stirs 64 bits so that each of them depends on all (the finaliser of splitmix64: G.
/// Steele, D. Lea, C. Flood, OOPSLA 2014).
fn mixed(bits: u64) -> u64 {
    let mut bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;

    fn feature(name: &str, numbers: Numbers) -> Feature {
        Feature {
            name: name.to_owned(),
            unit: String::new(),
            numbers,
        }
    }

    /// Three events of 2, 0 and 3 nodes with one, no and two edges.
    fn graphs() -> Inputs {
        let mut inputs = Inputs::new(3);
        inputs
            .push(Collection {
                name: "event".to_owned(),
                extent: Extent::One,
                features: vec![feature("met", Numbers::F64(vec![10.0, 20.0, 30.0]))],
                ends: None,
            })
            .unwrap();
        inputs
            .push(Collection {
                name: "nodes".to_owned(),
                extent: Extent::Lists(Arc::new(vec![0, 2, 2, 5])),
                features: vec![
                    feature("x", Numbers::F32(vec![1.0, 2.0, 3.0, 4.0, 5.0])),
                    feature("kind", Numbers::I64(vec![-1, -2, -3, -4, -5])),
                ],
                ends: None,
            })
            .unwrap();
        inputs
            .push(Collection {
                name: "edges".to_owned(),
                extent: Extent::Lists(Arc::new(vec![0, 1, 1, 3])),
                features: vec![feature("near", Numbers::Bool(vec![true, false, true]))],
                ends: Some(Ends {
                    nodes: "nodes".to_owned(),
                    from: vec![0, 0, 2],
                    to: vec![1, 1, 0],
                }),
            })
            .unwrap();
        inputs
    }

    #[test]
    fn selecting_and_appending_events_is_the_identity() {
        let inputs = graphs();
        let mut again = inputs.select(&[0]);
        again.append(&inputs.select(&[1, 2])).unwrap();
        assert_eq!(again, inputs);
        let turned = inputs.select(&[2, 0]);
        assert_eq!(turned.collection("nodes").unwrap().rows(1), 3..5);
        assert_eq!(
            turned.feature("nodes", "x").unwrap().numbers.reals(),
            [3.0, 4.0, 5.0, 1.0, 2.0]
        );
    }

    #[test]
    fn inputs_of_another_kind_do_not_follow() {
        let mut other = graphs();
        other.collections[1].features[0].name = "y".to_owned();
        let message = graphs().append(&other).unwrap_err().to_string();
        assert!(message.contains("with y, kind"), "{message}");
        let mut other = graphs();
        other.collections[1].features[0].numbers = Numbers::I64(vec![1; 5]);
        assert!(graphs().append(&other).is_err());
    }

    #[test]
    fn what_has_not_a_number_for_each_row_is_refused() {
        let mut inputs = Inputs::new(2);
        let error = inputs.push(Collection {
            name: "field".to_owned(),
            extent: Extent::Fixed(vec![2, 2]),
            features: vec![feature("s", Numbers::F32(vec![0.0; 7]))],
            ends: None,
        });
        assert!(
            error
                .unwrap_err()
                .to_string()
                .contains("7 numbers for 8 rows")
        );
        assert!(inputs.collection("field").is_err());
    }

    #[test]
    fn exchanged_features_of_events_move_together_and_nothing_else_does() {
        let inputs = graphs();
        let rng = &mut random::stream(0, 0);
        let met = ["met".to_owned()];
        let moved = inputs.exchanged("event", &met, &[2, 0, 1], rng).unwrap();
        assert_eq!(
            moved.feature("event", "met").unwrap().numbers.reals(),
            [30.0, 10.0, 20.0]
        );
        assert_eq!(
            moved.collection("nodes").unwrap(),
            inputs.collection("nodes").unwrap()
        );
        assert!(
            inputs
                .exchanged("event", &["pt".to_owned()], &[0, 1, 2], rng)
                .is_err()
        );
    }

    #[test]
    fn rows_of_lists_come_from_other_events_and_lists_keep_their_lengths() {
        let inputs = graphs();
        let both = ["x".to_owned(), "kind".to_owned()];
        for seed in 0..20 {
            let rng = &mut random::stream(seed, 0);
            let moved = inputs.exchanged("nodes", &both, &[1, 2, 0], rng).unwrap();
            let [x, kind] =
                ["x", "kind"].map(|name| moved.feature("nodes", name).unwrap().numbers.reals());
            assert!(x.iter().zip(&kind).all(|(x, kind)| *x == -kind));
            // The two nodes of the first event are 1 and 2.
            assert!(x[..2].iter().all(|&x| x > 2.5) && x[2..].iter().all(|&x| x < 2.5));
            assert_eq!(
                moved.collection("nodes").unwrap().extent,
                inputs.collection("nodes").unwrap().extent
            );
        }
    }

    #[test]
    fn the_key_of_an_event_does_not_depend_on_its_place() {
        let inputs = graphs();
        let keys = inputs.keys(7);
        let turned = inputs.select(&[2, 1, 0]).keys(7);
        assert_eq!([keys[2], keys[1], keys[0]], turned[..]);
        assert_ne!(keys[0], keys[1]);
        assert_ne!(keys, inputs.keys(8));
    }
}
