//! What an event is to a network: its inputs.

use serde::{Deserialize, Serialize};

use crate::graph::{Dim, Graph, Type, ValueId};

/// The form of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Events {
    /// Numbers of one shape: `input` is `[N, sides…]`.
    #[default]
    Fixed,
    /// Particles, padded to one number of them: `input` is `[N, P, F]`, and
    /// `mask` (`[N, P]`) is 1 for a particle and 0 for padding.
    Padded,
    /// Particles behind one another, nothing padded: `input` is `[P, F]`,
    /// `event` (`[P]`, integers) the event of each, and `count` (`[N]`) the
    /// number of particles of each event.
    Ragged,
    /// The same with edges between the particles: integers `from` and `to`,
    /// `[E]` each, count the rows of `input`.
    Graphs,
}

/// Particles without padding.
#[derive(Debug, Clone)]
pub(super) struct Ragged {
    /// The event of every particle.
    pub event: ValueId,
    /// The number of events.
    pub events: Dim,
    /// Where edges begin and end.
    pub edges: Option<[ValueId; 2]>,
}

/// The inputs of a network.
pub(super) struct Inputs {
    pub value: ValueId,
    pub mask: Option<ValueId>,
    pub ragged: Option<Ragged>,
}

impl Events {
    // The form in which serde asks.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub(super) fn is_fixed(&self) -> bool {
        *self == Self::Fixed
    }

    /// Adds the inputs; `sides` are those of one event, or of one particle
    /// where there may be any number of them.
    pub(super) fn add(self, graph: &mut Graph, sides: &[usize]) -> Inputs {
        let own = |lead: &[&str]| {
            let lead = lead.iter().map(|name| Dim::symbol(name));
            let sides = sides.iter().map(|&side| Dim::fixed(side));
            Type::real(lead.chain(sides).collect())
        };
        let list = |side: &str| vec![Dim::symbol(side)];
        let mut inputs = Inputs {
            value: graph.input(
                "input",
                match self {
                    Self::Fixed => own(&["N"]),
                    Self::Padded => own(&["N", "P"]),
                    Self::Ragged | Self::Graphs => own(&["P"]),
                },
            ),
            mask: None,
            ragged: None,
        };
        if self == Self::Padded {
            let shape = vec![Dim::symbol("N"), Dim::symbol("P")];
            inputs.mask = Some(graph.input("mask", Type::real(shape)));
        }
        if matches!(self, Self::Ragged | Self::Graphs) {
            let event = graph.input("event", Type::integer(list("P")));
            graph.input("count", Type::real(list("N")));
            let mut edge = |name: &str| graph.input(name, Type::integer(list("E")));
            let edges = (self == Self::Graphs).then(|| [edge("from"), edge("to")]);
            inputs.ragged = Some(Ragged {
                event,
                events: Dim::symbol("N"),
                edges,
            });
        }
        inputs
    }
}
