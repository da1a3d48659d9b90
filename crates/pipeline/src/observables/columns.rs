//! The columns of a request, ready to be filled.

use std::collections::BTreeMap;

use pellucid_core::{Column, Job, Table, Values};
use pellucid_observables::jets::property::Property;
use pellucid_observables::jets::shapes;
use pellucid_observables::{EfpGrid, EfpPlan, GraphSet, Measure, Observable, ObservableError};
use serde::Serialize;

use super::{Efps, Kappa, Request};
use crate::PipelineError;
use pellucid_observables::Jets;

/// What can be asked for by name.
#[derive(Debug, Clone, Serialize)]
pub struct Description {
    /// The name.
    pub name: String,
    /// The unit, empty for pure numbers.
    pub unit: String,
    /// The definition in one line.
    pub definition: String,
    /// Where it is defined or was proposed.
    pub reference: String,
    /// Whether soft particles and collinear splittings leave it as it is.
    pub infrared_safe: bool,
}

/// All named observables, and the energy flow polynomials as one family.
pub fn list() -> Vec<Description> {
    let named = shapes::all().iter().map(|observable| {
        let about = observable.about();
        Description {
            name: about.name.to_owned(),
            unit: about.unit.to_owned(),
            definition: about.definition.to_owned(),
            reference: about.reference.to_owned(),
            infrared_safe: about.infrared_safe,
        }
    });
    let polynomials = Description {
        name: "efp…".to_owned(),
        unit: "GeV^(κN) if not normalised".to_owned(),
        definition: "energy flow polynomials of any multigraph, asked for by --efp; \
                     infrared safe for κ = 1"
            .to_owned(),
        reference: "arXiv:1712.07124".to_owned(),
        infrared_safe: true,
    };
    named.chain([polynomials]).collect()
}

/// All columns of a request.
pub(crate) struct Columns {
    keep: Vec<String>,
    observables: Vec<&'static dyn Observable>,
    plans: Vec<EfpPlan>,
    /// For every column of a polynomial its plan and its place there.
    polynomials: Vec<(usize, usize)>,
    /// Name and unit of everything but what is kept.
    names: Vec<(String, String)>,
}

impl Columns {
    /// Finds all observables and the order of all sums.
    pub fn new(request: &Request) -> Result<Self, PipelineError> {
        let mut columns = Self {
            keep: request.keep.clone(),
            observables: Vec::new(),
            plans: Vec::new(),
            polynomials: Vec::new(),
            names: Vec::new(),
        };
        for name in &request.observables {
            let observable = shapes::by_name(name)?;
            let about = observable.about();
            columns
                .names
                .push((about.name.to_owned(), about.unit.to_owned()));
            columns.observables.push(observable);
        }
        for efps in &request.efp {
            columns.add(efps)?;
        }
        if columns.names.is_empty() {
            return Err(PipelineError::Setting {
                setting: "observables".to_owned(),
                problem:
                    "nothing is asked for; name observables (--observable) or graphs (--efp), \
                          `pellucid observables --list` shows what there is"
                        .to_owned(),
            });
        }
        columns.make_names_unique();
        Ok(columns)
    }

    /// The number of columns.
    pub fn len(&self) -> usize {
        self.keep.len() + self.names.len()
    }

    /// What must be known of the constituents besides their momenta.
    pub fn needs(&self) -> Vec<Property> {
        shapes::needs(&self.observables)
    }

    /// The columns of the input that are copied.
    pub fn kept(&self) -> &[String] {
        &self.keep
    }

    /// Name and unit of every column that is computed.
    pub fn computed(&self) -> &[(String, String)] {
        &self.names
    }

    /// The polynomials of a grid: graph by graph, kappa by kappa as asked for,
    /// beta by beta. Numbers and `pf` are measures of different kinds, so they
    /// are plans of their own.
    fn add(&mut self, efps: &Efps) -> Result<(), PipelineError> {
        let setting = |setting: &str, problem: &str| PipelineError::Setting {
            setting: setting.to_owned(),
            problem: problem.to_owned(),
        };
        if efps.measure == Measure::Pf {
            let problem = "`pf` is a kappa; ask for kappa `pf` with the measure hadrdot or ee";
            return Err(setting("measure", problem));
        }
        let flow = efps.kappa.contains(&Kappa::ParticleFlow);
        if flow && efps.measure == Measure::Hadr {
            let problem = "`pf` needs products of momenta; take the measure hadrdot or ee";
            return Err(setting("kappa", problem));
        }
        for (name, empty) in [
            ("kappa", efps.kappa.is_empty()),
            ("efp", efps.graphs.is_empty()),
        ] {
            if empty {
                return Err(setting(name, "the list is empty; expected at least one"));
            }
        }
        let numbers: Vec<f64> = efps
            .kappa
            .iter()
            .filter_map(|kappa| match kappa {
                Kappa::Number(number) => Some(*number),
                Kappa::ParticleFlow => None,
            })
            .collect();
        let grid = |kappas: Vec<f64>, measure| EfpGrid {
            graphs: GraphSet::Asked {
                requests: efps.graphs.clone(),
            },
            kappas,
            betas: efps.beta.clone(),
            normalised: efps.normalised,
            measure,
        };
        let first = self.plans.len();
        if !numbers.is_empty() {
            self.plans
                .push(grid(numbers.clone(), efps.measure).compile()?);
        }
        let flow_plan = self.plans.len();
        if flow {
            self.plans.push(grid(vec![0.0], Measure::Pf).compile()?);
        }
        let betas = efps.beta.len();
        let graphs = match numbers.len() {
            0 => self.plans[flow_plan].candidates().len() / betas,
            n => self.plans[first].candidates().len() / (n * betas),
        };
        for graph in 0..graphs {
            let mut number = 0;
            for kappa in &efps.kappa {
                let (plan, row) = match kappa {
                    Kappa::Number(_) => {
                        number += 1;
                        (first, graph * numbers.len() + number - 1)
                    }
                    Kappa::ParticleFlow => (flow_plan, graph),
                };
                for beta in 0..betas {
                    let place = row * betas + beta;
                    let candidate = &self.plans[plan].candidates()[place];
                    let unit = candidate.measure.unit(
                        candidate.kappa,
                        candidate.beta,
                        efps.normalised,
                        candidate.graph.vertices(),
                        candidate.degree,
                    );
                    self.names.push((candidate.name.clone(), unit));
                    self.polynomials.push((plan, place));
                }
            }
        }
        Ok(())
    }

    /// What is asked for twice gets a number behind its name.
    fn make_names_unique(&mut self) {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for name in &self.keep {
            seen.insert(name.clone(), 1);
        }
        for (name, _) in &mut self.names {
            let asked = name.clone();
            while seen.contains_key(name) {
                let count = seen.entry(asked.clone()).or_default();
                *count += 1;
                *name = format!("{asked}_{count}");
            }
            seen.insert(name.clone(), 1);
        }
    }

    /// The columns of some jets; what is kept of the file is read from its table.
    pub fn evaluate(&self, jets: &Jets, read: &Table, job: &Job) -> Result<Table, PipelineError> {
        let mut columns = Vec::with_capacity(self.len());
        for name in &self.keep {
            let column = read.column(name).map_err(ObservableError::from)?;
            columns.push(column.clone());
        }
        let mut values: Vec<Vec<f64>> = Vec::with_capacity(self.names.len());
        let width = self.observables.len();
        let named = shapes::evaluate_all(&self.observables, jets);
        for place in 0..width {
            values.push(named.iter().skip(place).step_by(width).copied().collect());
        }
        let quiet = job.quiet();
        let polynomials = self
            .plans
            .iter()
            .map(|plan| plan.evaluate_all(jets, &quiet))
            .collect::<Result<Vec<_>, _>>()?;
        for &(plan, place) in &self.polynomials {
            let tensor = &polynomials[plan];
            let width = self.plans[plan].candidates().len();
            let column = tensor.data().iter().skip(place).step_by(width);
            values.push(column.copied().collect());
        }
        for ((name, unit), values) in self.names.iter().zip(values) {
            columns.push(Column {
                name: name.clone(),
                unit: unit.clone(),
                values: Values::Float(values),
            });
        }
        Ok(Table::new(columns).map_err(ObservableError::from)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::parse;

    fn names(request: &str) -> Result<Vec<String>, String> {
        let request = parse(request).unwrap();
        let columns = Columns::new(&request).map_err(|error| error.to_string())?;
        Ok(columns.names.into_iter().map(|(name, _)| name).collect())
    }

    #[test]
    fn columns_come_in_the_order_asked_for_with_unique_names() {
        let found = names(
            "observables = ['mass', 'mass', 'lha']\n\
             [[efp]]\ngraphs = ['edges=5-7,7-9', 'edges=a-b', 'edges=0-1']\n\
             kappa = [1, 'pf', -1]\nbeta = [2, 0.5]\nmeasure = 'hadrdot'\n",
        );
        let mut expected = vec!["mass".to_owned(), "mass_2".to_owned(), "lha".to_owned()];
        for (graph, again) in [("0-1_1-2", ""), ("0-1", ""), ("0-1", "_2")] {
            for kappa in ["1", "pf", "-1"] {
                for beta in ["2", "0.5"] {
                    let measure = if kappa == "pf" { "" } else { "hadrdot_" };
                    expected.push(format!("efp_{measure}{graph}_k{kappa}_b{beta}{again}"));
                }
            }
        }
        assert_eq!(found.unwrap(), expected);
    }

    #[test]
    fn what_cannot_be_asked_for_is_said() {
        for (request, part) in [
            ("", "nothing is asked for"),
            ("observables = ['masss']", "nearest is `mass`"),
            (
                "[[efp]]\ngraphs = ['d<=2']\nkappa = ['pf']",
                "hadrdot or ee",
            ),
            (
                "[[efp]]\ngraphs = ['d<=2']\nmeasure = 'pf'",
                "`pf` is a kappa",
            ),
            ("[[efp]]\ngraphs = []", "`efp`"),
            ("[[efp]]\ngraphs = ['d<=2']\nkappa = []", "`kappa`"),
            ("[[efp]]\ngraphs = ['d<=2']\nbeta = []", "`betas`"),
            ("[[efp]]\ngraphs = ['d<=2']\nbeta = [-1]", "`betas`"),
        ] {
            let message = names(request).unwrap_err();
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn the_list_has_every_observable_with_its_reference() {
        let list = list();
        assert_eq!(list.len(), shapes::all().len() + 1);
        assert!(list.iter().all(|entry| !entry.reference.is_empty()));
    }
}
