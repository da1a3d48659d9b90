//! Events of any number of particles, without padding.

use pellucid_core::Tensor;

use crate::error::NetworkError;

/// The particles of all events behind one another.
#[derive(Debug, Clone, PartialEq)]
pub struct Particles {
    /// Event `i` has the particles `offsets[i]..offsets[i + 1]`.
    pub offsets: Vec<usize>,
    /// The features, one row per particle.
    pub features: Tensor<f32>,
    /// The edges between the particles of an event, for a network that takes
    /// some.
    pub edges: Option<Edges>,
}

/// Edges between particles of the same event.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Edges {
    /// Event `i` has the edges `offsets[i]..offsets[i + 1]`.
    pub offsets: Vec<usize>,
    /// The particle that each begins at, counted within the event.
    pub from: Vec<u32>,
    /// The particle that each ends at, counted within the event.
    pub to: Vec<u32>,
}

impl Particles {
    /// The number of events.
    pub fn events(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// How many inputs a network has for these.
    pub(crate) fn inputs(&self) -> usize {
        if self.edges.is_some() { 5 } else { 3 }
    }

    /// Whether offsets rise and edges end at particles that there are.
    pub(crate) fn check(&self) -> Result<(), NetworkError> {
        let wrong = |problem: String| NetworkError::Settings {
            what: "training data".to_owned(),
            problem,
        };
        let sound = |offsets: &[usize], count: usize| {
            offsets.first() == Some(&0)
                && offsets.last() == Some(&count)
                && offsets.windows(2).all(|pair| pair[0] <= pair[1])
        };
        let count = self.features.rows();
        if !sound(&self.offsets, count) {
            return Err(wrong(format!(
                "the offsets of the particles must rise from 0 to their number, {count}"
            )));
        }
        let Some(edges) = &self.edges else {
            return Ok(());
        };
        let count = edges.from.len();
        if edges.to.len() != count
            || edges.offsets.len() != self.offsets.len()
            || !sound(&edges.offsets, count)
        {
            return Err(wrong(format!(
                "edges need as many ends as beginnings and one range per event: {count} begin, {} end, {} \
                 offsets for {} events",
                edges.to.len(),
                edges.offsets.len(),
                self.events()
            )));
        }
        for event in 0..self.events() {
            let own = self.offsets[event + 1] - self.offsets[event];
            let range = edges.offsets[event]..edges.offsets[event + 1];
            let mut ends = edges.from[range.clone()].iter().chain(&edges.to[range]);
            if let Some(end) = ends.find(|&&end| end as usize >= own) {
                return Err(wrong(format!(
                    "an edge of event {event} ends at particle {end}, the event has {own}"
                )));
            }
        }
        Ok(())
    }

    /// The inputs of a network for these events: features, the event of each
    /// particle, the number of particles, and where edges begin and end.
    pub(crate) fn gather(&self, rows: &[usize]) -> Vec<Tensor<f32>> {
        let width = self.features.row_len();
        let (mut features, mut event, mut count) = (Vec::new(), Vec::new(), Vec::new());
        let (mut from, mut to) = (Vec::new(), Vec::new());
        let mut first = 0;
        for (i, &row) in rows.iter().enumerate() {
            let range = self.offsets[row]..self.offsets[row + 1];
            let own = range.len();
            features
                .extend_from_slice(&self.features.data()[range.start * width..range.end * width]);
            event.extend(std::iter::repeat_n(i as f32, own));
            count.push(own as f32);
            if let Some(edges) = &self.edges {
                let range = edges.offsets[row]..edges.offsets[row + 1];
                let place = |&end: &u32| (first + end as usize) as f32;
                from.extend(edges.from[range.clone()].iter().map(place));
                to.extend(edges.to[range].iter().map(place));
            }
            first += own;
        }
        let list = |numbers: Vec<f32>| Tensor::new(vec![numbers.len()], numbers);
        let mut inputs = vec![
            Tensor::new(vec![first, width], features),
            list(event),
            list(count),
        ];
        if self.edges.is_some() {
            inputs.extend([list(from), list(to)]);
        }
        inputs
    }
}
