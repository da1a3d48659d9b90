//! Energy flow polynomials.
//!
//! $$ \mathrm{EFP}_G = \sum_{i_1} \cdots \sum_{i_N} z_{i_1} \cdots z_{i_N}
//!    \prod_{(k, l) \in G} \theta_{i_k i_l}^{\,\beta},
//!    \qquad \theta_{ij}^2 = (y_i - y_j)^2 + (\phi_i - \phi_j)^2 $$
//!
//! A sum over particles for every vertex of a multigraph, an angle for every
//! edge; this is the measure `hadr`, others are in `measure.rs`. With normalised momenta `z_i = (p_{T,i} / Σ p_T)^κ`, else
//! `z_i = p_{T,i}^κ`. The value of a composite graph is the product of those
//! of its components.
//!
//! The sums are done by variable elimination (`elimination.rs`), steps shared
//! between all graphs, for the whole grid of kappa and beta: the powers of the
//! angles are made once (`angles.rs`) and one program (`program.rs`) runs at every point (`workspace.rs`).
//! With `β = 2` and many particles the moments of the flow are contracted
//! instead (`moments`), at a cost that hardly grows with their number.
//!
//! * **Units:** GeV^{κ N} without normalisation, else none (angles in
//!   radians).
//! * **Invariant:** order of the particles; rotations about the beam, boosts
//!   along it. Infrared and collinear safe for `κ = 1`. Coincident particles
//!   have an angle of 0, so an edge between them gives 0.
//! * **Reference:** P. Komiske, E. Metodiev, J. Thaler, arXiv:1712.07124,
//!   eq. 1.1; kappa other than 1 as in T. Faucett, J. Thaler, D. Whiteson,
//!   arXiv:2010.11998, section 3.

mod angles;
mod buffer;
mod elimination;
pub mod graphs;
pub mod language;
mod measure;
// Inlined into the function that was compiled for the machine's vectors.
#[allow(clippy::inline_always)]
mod moments;
mod program;
// Code for the machine's vectors must be inlined into the function that was
// compiled for that machine.
#[allow(clippy::inline_always)]
mod kernels;
#[allow(clippy::inline_always)]
mod workspace;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use pellucid_core::{Interrupted, Job, Multigraph, Tensor};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use angles::Powers;
use elimination::Steps;
pub use measure::Measure;
use moments::Moments;
use program::Program;
pub use workspace::Workspace;

use super::{Jet, Jets};
use crate::ObservableError;

/// Where it is looked for from how many particles on moments cost less.
const MOST_PARTICLES: usize = 2000;

/// Which graphs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "set", rename_all = "kebab-case", deny_unknown_fields)]
pub enum GraphSet {
    /// All connected graphs with up to so many edges, the single vertex first.
    Prime {
        /// The largest number of edges, at most 10.
        degree: usize,
    },
    /// All graphs with up to so many edges, connected or not.
    All {
        /// The largest number of edges, at most 10.
        degree: usize,
    },
    /// These graphs, each written as its edges: `0-1,1-2,0-2`.
    List {
        /// The graphs; `.` is the single vertex.
        graphs: Vec<String>,
    },
    /// The graphs of these requests, one after the other, in the words of
    /// [`language`].
    Asked {
        /// The requests, such as `d<=7 prime` or `edges=0-1,1-2`.
        requests: Vec<String>,
    },
}

/// Energy flow polynomials on a grid of kappa and beta.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EfpGrid {
    /// The multigraphs.
    pub graphs: GraphSet,
    /// The powers of the momenta, each from -4 to 4.
    pub kappas: Vec<f64>,
    /// The powers of the angles, each above 0, up to 10.
    pub betas: Vec<f64>,
    /// Whether momenta are divided by their sum.
    pub normalised: bool,
    /// What is the momentum of a particle and the angle between two.
    #[serde(default)]
    pub measure: Measure,
}

/// One polynomial of a grid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// A name that is unique in the grid, such as `efp_0-1_1-2_k1_b0.5`.
    pub name: String,
    /// The multigraph.
    pub graph: Multigraph,
    /// The power of the momenta.
    pub kappa: f64,
    /// The power of the angles.
    pub beta: f64,
    /// What is the momentum of a particle and the angle between two.
    #[serde(default)]
    pub measure: Measure,
    /// The number of edges.
    pub degree: usize,
    /// The fewest colours that tell all neighbours apart: particles that a
    /// non-zero term needs.
    pub chromatic_number: usize,
}

/// A grid ready to be evaluated; made once by [`EfpGrid::compile`].
#[derive(Debug)]
pub struct EfpPlan {
    candidates: Vec<Candidate>,
    kappas: Vec<f64>,
    betas: Vec<f64>,
    normalised: bool,
    measure: Measure,
    powers: Powers,
    /// For every beta, which power of the angles so many edges are.
    weights: Vec<Vec<usize>>,
    /// The prime graphs whose product each graph is.
    factors: Vec<Vec<usize>>,
    program: Program,
    /// The contractions of moments, where `β = 2` is asked for.
    moments: Option<Moments>,
    /// From how many particles on they cost less.
    many: usize,
}

impl GraphSet {
    /// The graphs of the set.
    pub fn graphs(&self) -> Result<Vec<Multigraph>, ObservableError> {
        match self {
            Self::Prime { degree } | Self::All { degree } if *degree > language::LARGEST_DEGREE => {
                Err(ObservableError::setting(
                    "graphs.degree",
                    degree,
                    "at most 10 edges",
                ))
            }
            Self::Prime { degree } => Ok(graphs::prime_graphs(*degree)),
            Self::All { degree } => Ok(graphs::all_graphs(*degree)),
            Self::List { graphs } => graphs.iter().map(|text| graphs::parse(text)).collect(),
            Self::Asked { requests } => {
                let graphs: Result<Vec<_>, _> = requests
                    .iter()
                    .map(|request| language::graphs(request))
                    .collect();
                Ok(graphs?.concat())
            }
        }
    }
}

impl EfpGrid {
    /// Normalised polynomials of one measure.
    pub fn new(graphs: GraphSet, kappa: f64, beta: f64) -> Self {
        Self {
            graphs,
            kappas: vec![kappa],
            betas: vec![beta],
            normalised: true,
            measure: Measure::Hadr,
        }
    }

    /// The candidates of the black-box guided search: all prime graphs, over
    /// kappa in {-1, 0, ½, 1, 2} and beta in {½, 1, 2}.
    pub fn search(degree: usize) -> Self {
        Self {
            graphs: GraphSet::Prime { degree },
            kappas: vec![-1.0, 0.0, 0.5, 1.0, 2.0],
            betas: vec![0.5, 1.0, 2.0],
            normalised: true,
            measure: Measure::Hadr,
        }
    }

    /// Generates the graphs and finds the order of all sums.
    pub fn compile(&self) -> Result<EfpPlan, ObservableError> {
        for &kappa in &self.kappas {
            if !(-4.0..=4.0).contains(&kappa) {
                return Err(ObservableError::setting(
                    "kappas",
                    kappa,
                    "numbers from -4 to 4",
                ));
            }
        }
        for &beta in &self.betas {
            if !(1e-3..=10.0).contains(&beta) {
                return Err(ObservableError::setting(
                    "betas",
                    beta,
                    "numbers from 0.001 to 10",
                ));
            }
        }
        if self.measure == Measure::Pf
            && let Some(kappa) = self.kappas.iter().find(|&&kappa| kappa != 0.0)
        {
            let expected = "0 for the measure `pf`, which has no momenta to weigh";
            return Err(ObservableError::setting("kappas", kappa, expected));
        }
        let graphs = self.graphs.graphs()?;
        for (setting, empty) in [
            ("graphs", graphs.is_empty()),
            ("kappas", self.kappas.is_empty()),
            ("betas", self.betas.is_empty()),
        ] {
            if empty {
                return Err(ObservableError::setting(setting, "empty", "at least one"));
            }
        }

        let mut steps = Steps::default();
        let mut outputs = Vec::new();
        let mut known = BTreeMap::new();
        let mut factors = vec![Vec::new(); graphs.len()];
        // Small graphs first: the large ones find their steps ready.
        let mut order: Vec<usize> = (0..graphs.len()).collect();
        order.sort_by_key(|&i| graphs[i].degree());
        for i in order {
            for prime in graphs::components(&graphs[i]) {
                let next = outputs.len();
                let at = *known.entry(prime).or_insert_with_key(|prime| {
                    outputs.push(steps.add(prime));
                    next
                });
                factors[i].push(at);
            }
        }

        let heaviest = known
            .keys()
            .flat_map(Multigraph::weighted_edges)
            .map(|(_, weight)| weight)
            .max()
            .unwrap_or(0);
        let exponents: Vec<f64> = self
            .betas
            .iter()
            .flat_map(|beta| (1..=heaviest).map(move |w| w as f64 * beta))
            .collect();
        let powers = Powers::new(&exponents);
        let place = |exponent: f64| powers.position(exponent).unwrap_or(0);
        let squares = self.betas.contains(&2.0);
        let mut primes: Vec<(&Multigraph, usize)> = known.iter().map(|(g, &at)| (g, at)).collect();
        primes.sort_by_key(|&(_, at)| at);
        let moments = squares.then(|| Moments::new(primes.iter().map(|&(graph, _)| graph)));
        let weights = self
            .betas
            .iter()
            .map(|beta| (0..=heaviest).map(|w| place(w as f64 * beta)).collect())
            .collect();
        let moments = moments.flatten();
        let many = moments.as_ref().map_or(usize::MAX, |moments| {
            let cheaper = |&n: &usize| moments.work(n) < steps.work(n);
            (8..=MOST_PARTICLES)
                .step_by(8)
                .find(cheaper)
                .unwrap_or(usize::MAX)
        });
        Ok(EfpPlan {
            candidates: self.candidates(&graphs),
            kappas: self.kappas.clone(),
            betas: self.betas.clone(),
            normalised: self.normalised,
            measure: self.measure,
            powers,
            weights,
            factors,
            program: Program::new(&steps, outputs),
            moments,
            many,
        })
    }

    fn candidates(&self, graphs: &[Multigraph]) -> Vec<Candidate> {
        let mut out = Vec::with_capacity(graphs.len() * self.kappas.len() * self.betas.len());
        for graph in graphs {
            let (degree, chromatic_number) = (graph.degree(), graph.chromatic_number());
            for &kappa in &self.kappas {
                for &beta in &self.betas {
                    let name = self.name(graph, kappa, beta);
                    out.push(Candidate {
                        name,
                        graph: graph.clone(),
                        kappa,
                        beta,
                        measure: self.measure,
                        degree,
                        chromatic_number,
                    });
                }
            }
        }
        out
    }

    /// `efp_0-1_1-2_k1_b0.5`; a single vertex is `efp_0_k1_b1`. Other measures
    /// than `hadr` say so first (`efp_ee_…`), `kpf` stands for the measure `pf`,
    /// and sums that are not normalised say so last.
    fn name(&self, graph: &Multigraph, kappa: f64, beta: f64) -> String {
        let mut name = "efp".to_owned();
        // Writing to a string cannot fail.
        if let Measure::HadrDot | Measure::Ee = self.measure {
            let _ = write!(name, "_{}", self.measure.name());
        }
        for (a, b) in graph.edges() {
            let _ = write!(name, "_{a}-{b}");
        }
        if graph.edges().is_empty() {
            name.push_str("_0");
        }
        let _ = match self.measure {
            Measure::Pf => write!(name, "_kpf_b{beta}"),
            _ => write!(name, "_k{kappa}_b{beta}"),
        };
        if !self.normalised && self.measure != Measure::Pf {
            name.push_str("_unnormalised");
        }
        name
    }
}

impl EfpPlan {
    /// The polynomials in the order of the values: graph by graph, for each
    /// kappa by kappa, for each beta by beta.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// The values of one jet, in the order of [`candidates`](Self::candidates).
    pub fn evaluate(&self, jet: Jet<'_>, workspace: &mut Workspace, out: &mut [f64]) {
        let (kappas, betas) = (self.kappas.len(), self.weights.len());
        let moments = self
            .moments
            .as_ref()
            .filter(|_| jet.len() >= self.many && moments::is_compact(jet));
        workspace.weigh(jet, self.measure, self.normalised, &self.program);
        if moments.is_some() {
            workspace.load_moments(jet, self.measure);
        }
        if moments.is_none() || self.betas.iter().any(|&beta| beta != 2.0) {
            workspace.load(jet, &self.powers, self.measure, &self.program);
        }
        for (k, &kappa) in self.kappas.iter().enumerate() {
            workspace.set_kappa(kappa);
            for (b, weights) in self.weights.iter().enumerate() {
                match moments {
                    Some(moments) if self.betas[b] == 2.0 => workspace.contract(moments),
                    _ => workspace.run(&self.program, weights),
                }
                for (graph, factors) in self.factors.iter().enumerate() {
                    let value = factors
                        .iter()
                        .map(|&prime| workspace.values[prime])
                        .product();
                    out[(graph * kappas + k) * betas + b] = value;
                }
            }
        }
    }

    /// The values of many jets, `[jets, candidates]`, in parallel.
    pub fn evaluate_all(&self, jets: &Jets, job: &Job) -> Result<Tensor<f64>, Interrupted> {
        let width = self.candidates.len();
        let mut data = vec![0.0; jets.len() * width];
        let bar = job.start("energy flow polynomials", jets.len() as u64);
        data.par_chunks_mut(width).enumerate().try_for_each_init(
            Workspace::default,
            |workspace, (i, out)| {
                job.check()?;
                self.evaluate(jets.jet(i), workspace, out);
                bar.advance(1);
                Ok(())
            },
        )?;
        Ok(Tensor::new(vec![jets.len(), width], data))
    }
}
