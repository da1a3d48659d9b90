//! The words in which graphs are asked for.
//!
//! A request is a list of conditions, separated by blanks, that all must hold:
//!
//! | condition | graphs with |
//! |---|---|
//! | `d<=7` | at most 7 edges, repeats counted (the degree) |
//! | `n<=4` | at most 4 vertices |
//! | `e<=4` | at most 4 joined pairs of vertices |
//! | `v<=3` | at most 3 edges at any vertex |
//! | `chi<=3` | sums over at most 3 particles at once (the cost is `M^chi`) |
//! | `colours<=2` | a chromatic number of at most 2 |
//! | `p==1`, `prime` | one connected component |
//! | `composite` | several |
//!
//! with any of `<=`, `<`, `==` (or `=`), `>=`, `>`; the graphs come from all
//! multigraphs, by degree, number of vertices, edges. Without an upper limit on
//! the degree they have at most 8 edges. Or a request is one graph,
//! `edges=0-1,1-2,2-0`, whose vertices may have any names.
//!
//! * **Reference:** the conditions `d`, `n`, `e`, `v`, `p` as in EnergyFlow's
//!   `EFPSet`, where `chi` is called `c`; P. Komiske, E. Metodiev, J. Thaler,
//!   arXiv:1712.07124, section 5.1 (`chi`).

use pellucid_core::Multigraph;

use super::graphs;
use crate::ObservableError;

/// The largest degree of graphs that are asked for without one.
const DEGREE: usize = 8;

/// The largest degree that may be asked for.
pub(super) const LARGEST_DEGREE: usize = 10;

/// The graphs of one request.
///
/// ```
/// use pellucid_observables::jets::efp::language;
///
/// assert_eq!(language::graphs("d<=7 prime")?.len(), 490);
/// assert_eq!(language::graphs("edges=5-7,7-9")?[0].to_string(), "0-1,1-2");
/// # Ok::<(), pellucid_observables::ObservableError>(())
/// ```
pub fn graphs(request: &str) -> Result<Vec<Multigraph>, ObservableError> {
    if let Some(rest) = request.trim().strip_prefix("edges")
        && let Some(edges) = rest.trim_start().strip_prefix('=')
    {
        return Ok(vec![graphs::parse(edges)?]);
    }
    let conditions = parse(request)?;
    let degree = conditions
        .iter()
        .filter_map(Condition::largest_degree)
        .min()
        .unwrap_or(DEGREE);
    if degree > LARGEST_DEGREE {
        return Err(refused(
            request,
            format!("degree {degree} is too large, expected at most {LARGEST_DEGREE} edges"),
        ));
    }
    let prime = conditions.iter().any(Condition::is_prime);
    let all = if prime {
        graphs::prime_graphs(degree)
    } else {
        graphs::all_graphs(degree)
    };
    let chosen = |graph: &Multigraph| conditions.iter().all(|condition| condition.holds(graph));
    let found: Vec<Multigraph> = all.into_iter().filter(chosen).collect();
    if found.is_empty() {
        let problem = format!("no graph with at most {degree} edges is like that");
        return Err(refused(request, problem));
    }
    Ok(found)
}

#[derive(Debug, Clone, Copy)]
struct Condition {
    quantity: Quantity,
    relation: Relation,
    number: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Quantity {
    Degree,
    Vertices,
    Pairs,
    Valency,
    Chi,
    Colours,
    Primes,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Relation {
    AtMost,
    Below,
    Equal,
    AtLeast,
    Above,
}

/// Longer signs first: `<` begins `<=` too.
const RELATIONS: [(&str, Relation); 6] = [
    ("<=", Relation::AtMost),
    (">=", Relation::AtLeast),
    ("==", Relation::Equal),
    ("<", Relation::Below),
    (">", Relation::Above),
    ("=", Relation::Equal),
];

const QUANTITIES: [(&str, Quantity); 7] = [
    ("d", Quantity::Degree),
    ("n", Quantity::Vertices),
    ("e", Quantity::Pairs),
    ("v", Quantity::Valency),
    ("chi", Quantity::Chi),
    ("colours", Quantity::Colours),
    ("p", Quantity::Primes),
];

fn parse(request: &str) -> Result<Vec<Condition>, ObservableError> {
    // Blanks around a relation are no separators.
    let mut text = request.trim().to_owned();
    for sign in ["<", ">", "="] {
        while text.contains(&format!(" {sign}")) || text.contains(&format!("{sign} ")) {
            text = text
                .replace(&format!(" {sign}"), sign)
                .replace(&format!("{sign} "), sign);
        }
    }
    if text.is_empty() {
        return Err(refused(request, "it is empty".to_owned()));
    }
    let words = text.split_whitespace();
    words.map(|word| condition(request, word)).collect()
}

fn condition(request: &str, word: &str) -> Result<Condition, ObservableError> {
    let of_primes = |relation, number| Condition {
        quantity: Quantity::Primes,
        relation,
        number,
    };
    match word {
        "prime" => return Ok(of_primes(Relation::Equal, 1)),
        "composite" => return Ok(of_primes(Relation::Above, 1)),
        _ => {}
    }
    let unknown = || refused(request, format!("`{word}` is not understood"));
    let place = word.find(['<', '>', '=']).ok_or_else(unknown)?;
    let (name, rest) = word.split_at(place);
    let quantity = QUANTITIES
        .iter()
        .find(|(known, _)| *known == name)
        .ok_or_else(unknown)?
        .1;
    let (relation, number) = RELATIONS
        .iter()
        .find_map(|(sign, relation)| Some((*relation, rest.strip_prefix(sign)?)))
        .ok_or_else(unknown)?;
    let number = number.parse().map_err(|_| {
        refused(
            request,
            format!("`{word}` does not end with a whole number"),
        )
    })?;
    Ok(Condition {
        quantity,
        relation,
        number,
    })
}

fn refused(request: &str, problem: String) -> ObservableError {
    ObservableError::GraphRequest {
        request: request.to_owned(),
        problem,
    }
}

impl Condition {
    fn holds(&self, graph: &Multigraph) -> bool {
        let found = match self.quantity {
            Quantity::Degree => graph.degree(),
            Quantity::Vertices => graph.vertices(),
            Quantity::Pairs => graph.weighted_edges().len(),
            Quantity::Valency => graph.valencies().into_iter().max().unwrap_or(0),
            Quantity::Chi => graph.elimination_complexity(),
            Quantity::Colours => graph.chromatic_number(),
            Quantity::Primes => graph
                .components()
                .into_iter()
                .max()
                .map_or(0, |last| last + 1),
        };
        match self.relation {
            Relation::AtMost => found <= self.number,
            Relation::Below => found < self.number,
            Relation::Equal => found == self.number,
            Relation::AtLeast => found >= self.number,
            Relation::Above => found > self.number,
        }
    }

    /// The largest degree that this condition allows, if it limits it.
    fn largest_degree(&self) -> Option<usize> {
        match (self.quantity, self.relation) {
            (Quantity::Degree, Relation::AtMost | Relation::Equal) => Some(self.number),
            (Quantity::Degree, Relation::Below) => Some(self.number.saturating_sub(1)),
            _ => None,
        }
    }

    /// Whether only connected graphs fulfil it.
    fn is_prime(&self) -> bool {
        self.quantity == Quantity::Primes && self.relation == Relation::Equal && self.number == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_graphs_are_those_of_the_literature() {
        // Counted by EnergyFlow 1.4 (its list has the single vertex too).
        for (request, count) in [
            ("d<=5", 102),
            ("d<=5 prime", 54),
            ("d <= 5   p == 1", 54),
            ("d<6 prime", 54),
            ("d=8", 2389),
            ("d==8 prime", 1183),
            ("d<=7 prime chi<=2", 239),
            ("d<=7 prime chi==3", 247),
            ("d<=7 prime chi>=4", 4),
            // EnergyFlow finds 23 and one of 5, the wheel of four spokes, which
            // needs 4 in the best order.
            ("d<=8 prime chi=4", 24),
            ("d<=5 composite", 48),
            ("chi<=1", 1),
        ] {
            assert_eq!(graphs(request).unwrap().len(), count, "{request}");
        }
    }

    #[test]
    fn conditions_mean_what_their_table_says() {
        let names = |request| {
            let graphs = graphs(request).unwrap();
            graphs.iter().map(Multigraph::to_string).collect::<Vec<_>>()
        };
        assert_eq!(names("d=3 n=3 e=3"), ["0-1,0-2,1-2"]);
        assert_eq!(names("d=3 v=3 n>3"), ["0-1,0-2,0-3"]);
        assert_eq!(names("d=2 n=2"), ["0-1,0-1"]);
        assert_eq!(names("d=3 colours=3"), ["0-1,0-2,1-2"]);
        assert_eq!(names("edges=b-a,a-c"), ["0-1,1-2"]);
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (request, part) in [
            ("", "empty"),
            ("d<=5 prim", "`prim`"),
            ("f<=5", "`f<=5`"),
            ("d<=x", "`d<=x` does not end with a whole number"),
            ("d<=-1", "whole number"),
            ("d<=11", "at most 10"),
            ("d=2 n>5", "no graph"),
            ("edges=0-0", "0-0"),
        ] {
            let message = graphs(request).unwrap_err().to_string();
            assert!(message.contains(part), "{request}: {message}");
        }
    }
}
