//! The rounds of a search.
//!
//! A round is a fixed amount of work: first one task of [`structure`] per round,
//! then all islands evolve apart, each with its own random stream, and are
//! merged in their order. So the state after a round does not depend on the
//! number of threads, and a search that is saved and resumed continues as if
//! nothing had happened.
//!
//! [`structure`]: super::structure

use std::time::{Duration, Instant};

use pellucid_core::Job;
use pellucid_core::random::stream;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::archive::Front;
use super::island::{Island, PATIENCE};
use super::judge::{Bench, Judge, Law};
use super::leaf::Leaf;
use super::library::{LIBRARY_ROWS, Library};
use super::mutation::{Material, Materials};
use super::problem::{FEW_ROWS, Problem};
use super::scaling::Scaling;
use super::screen::{Screening, WIDE, screen};
use super::settings::Settings;
use super::shrink::shrink;
use super::stop::Stop;
use super::structure::{Of, Proposals, Task, propose, tasks};
use super::template::{Seeds, Step, Template};
use crate::error::SymbolicError;
use crate::evaluate::Rows;
use crate::expression::Expression;
use crate::units::{Dimensions, Mode, Units};

/// When a search ends, besides finding an exact law.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Limits {
    /// So many seconds of one processor core as [`WORK_PER_SECOND`] counts them,
    /// and never more by the clock.
    pub seconds: Option<f64>,
    /// So many rounds.
    pub rounds: Option<u64>,
    /// So many units of work, whatever the clock says.
    pub work: Option<u64>,
}

/// The units of work that count as one second. Set so that an ordinary core
/// needs less: the budget is then met before the clock, and the front is the
/// same on every machine and for any number of threads.
pub const WORK_PER_SECOND: u64 = 1_000_000;

/// What the correlations of one task cost.
const STRUCTURE_WORK: u64 = 2_000_000;

/// What a node says, in natural units: one symbol of a dozen.
const PER_NODE: f64 = 2.5;
/// The part of what the digits of a table say that an exact law of it may say itself.
const SURPRISE: f64 = 0.5;

/// A law of an angle is kept if its loss is below this part of that of every law without.
const ANGLES: f64 = 0.01;

/// Formulas that mutations draw from.
const MATERIAL: usize = 3000;

/// What is saved.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    settings: Settings,
    /// Hash of the table.
    data: u64,
    /// Leaves that the problem had besides those of the settings.
    leaves: Vec<Leaf>,
    round: u64,
    work: u64,
    islands: Vec<Island>,
    front: Front,
    /// Laws of the single functions of a template that leaves several open.
    #[serde(default)]
    parts: Vec<Front>,
}

/// A search.
#[derive(Debug)]
pub struct Engine {
    /// Rows of the table in the units of the search.
    sample: Problem,
    scaling: Scaling,
    judge: Judge,
    /// What rounds are about before evolution.
    beginning: Beginning,
    material: Materials,
    state: State,
    /// What a round found that was stopped; it is no part of the state.
    late: Option<Front>,
}

/// Where laws come from before evolution.
#[derive(Debug)]
enum Beginning {
    /// Least squares on the target.
    Tasks {
        tasks: Vec<Task>,
        /// Once for each of these settings.
        each: Vec<Settings>,
        /// What the screening of a wide table found, to begin with.
        sums: Vec<Expression>,
    },
    /// Estimates of the open functions of a template.
    Template(Template, Box<Seeds>, Vec<Step>),
    /// Constants of a template that leaves nothing else open, to be fitted once.
    Constants(Template),
}

impl Engine {
    /// A search at its beginning.
    pub fn new(problem: &Problem, settings: &Settings) -> Result<Self, SymbolicError> {
        settings.check()?;
        let leaves = problem.leaves();
        let problem = &searched(problem, settings)?;
        let state = State {
            settings: settings.clone(),
            data: fingerprint(problem),
            leaves,
            round: 0,
            work: 0,
            islands: vec![Island::default(); settings.islands],
            front: Front::counting(counts_constants(problem, settings)),
            parts: Vec::new(),
        };
        let mut engine = Self::of(problem, state)?;
        engine.begin_with_guesses(problem)?;
        engine.begin_with_sums();
        Ok(engine)
    }

    /// Takes in the sums that the screening of a wide table found: a first law before the
    /// first round.
    fn begin_with_sums(&mut self) {
        let Beginning::Tasks { sums, .. } = &mut self.beginning else {
            return;
        };
        let sums = std::mem::take(sums);
        self.judged(&sums);
    }

    /// Takes in the guesses of the settings. An error names one that is no law.
    fn begin_with_guesses(&mut self, problem: &Problem) -> Result<(), SymbolicError> {
        for guess in self.state.settings.guesses.clone() {
            let wrong = |problem: &str| SymbolicError::Guess {
                guess: guess.clone(),
                problem: problem.to_owned(),
            };
            let laws = match &self.beginning {
                Beginning::Tasks { .. } => vec![Expression::parse(&guess, problem.names())?],
                Beginning::Template(template, seeds, _) if template.functions() == 1 => {
                    let names = template.arguments(0, problem.names());
                    let function = Expression::parse(&guess, &names)?;
                    let constants = [seeds.constants(), &template.reversed(seeds.constants())];
                    constants
                        .map(|c| template.joined(std::slice::from_ref(&function), c))
                        .to_vec()
                }
                Beginning::Template(..) => {
                    return Err(wrong("the template leaves several functions open"));
                }
                Beginning::Constants(_) => {
                    return Err(wrong("the template leaves only constants open"));
                }
            };
            if !self.guess(&laws) {
                return Err(wrong(
                    "it is undefined on the rows of the table, too large, without a column, or \
                     not allowed by operators, units or constraints",
                ));
            }
        }
        Ok(())
    }

    /// Fits laws and takes them in, on all islands; whether any of them is one.
    pub fn guess(&mut self, laws: &[Expression]) -> bool {
        let inward: Vec<Expression> = laws.iter().map(|law| self.scaling.inward(law)).collect();
        self.judged(&inward)
    }

    /// Fits laws over the columns of the search and takes them in; whether any is one.
    fn judged(&mut self, laws: &[Expression]) -> bool {
        let mut bench = Bench::new();
        let judged = laws
            .iter()
            .flat_map(|law| self.judge.judge(law, &|_, _| true, &mut bench));
        let found: Vec<Law> = judged.collect();
        self.state.work += bench.work;
        self.spread(&found);
        let any = !found.is_empty();
        self.gather(found);
        any
    }

    /// A saved search; it must be one of this table and these settings. Leaves that
    /// it began with it has still.
    pub fn resume(
        problem: &Problem,
        settings: &Settings,
        state: State,
    ) -> Result<Self, SymbolicError> {
        let problem = problem.clone().with_leaves(&state.leaves)?;
        let problem = &searched(&problem, settings)?;
        if state.data != fingerprint(problem) {
            return Err(SymbolicError::Resume(
                "its table or columns were others".into(),
            ));
        }
        if state.settings != *settings {
            return Err(SymbolicError::Resume(
                "its settings or seed were others".into(),
            ));
        }
        Self::of(problem, state)
    }

    fn of(problem: &Problem, state: State) -> Result<Self, SymbolicError> {
        let settings = &state.settings;
        let scaling = Scaling::checked(problem, settings, settings.dimensions(problem)?.as_ref())?;
        let problem = &scaling.scaled(problem);
        let sample = problem.sample(settings.sample, settings.seed);
        let judge = Judge::of_sample(&sample, problem, settings);
        let (beginning, material) = match settings.template(problem)? {
            None => {
                let small = sample.sample(LIBRARY_ROWS, settings.seed.wrapping_add(2));
                let rows: Vec<usize> = (0..LIBRARY_ROWS).map(|i| i % small.rows()).collect();
                let small = small.select(&rows);
                let dimensions = settings.hard(&sample);
                let screening = screening(&sample, settings);
                let among = &screening.columns;
                let library = library(small.columns(), among, settings, dimensions);
                let target = Some(small.target().to_vec());
                let material = Material::new(library, small.blocks(), target, among, settings);
                let tasks = Beginning::Tasks {
                    tasks: tasks(&sample, settings, among),
                    each: each(settings),
                    sums: screening.sums,
                };
                (tasks, Materials::single(material))
            }
            Some(template) if template.only_constants() => {
                let material = Materials::of_template(Vec::new(), &template, &[]);
                (Beginning::Constants(template), material)
            }
            Some(template) => {
                let seeds = Seeds::new(&template, &sample, settings);
                let material = (0..template.functions()).map(|function| {
                    let (columns, target) = seeds.table(function);
                    let ones = vec![1.0; LIBRARY_ROWS];
                    let rows = Rows::new(&columns, target.as_ref().unwrap_or(&ones), &ones);
                    let all: Vec<u16> = (0..columns.len() as u16).collect();
                    let library = library(&columns, &all, settings, None);
                    Material::new(library, rows, target, &all, settings)
                });
                let material =
                    Materials::of_template(material.collect(), &template, seeds.constants());
                let steps = seeds.steps();
                let beginning = Beginning::Template(template, Box::new(seeds), steps);
                (beginning, material)
            }
        };
        Ok(Self {
            sample,
            scaling,
            judge,
            beginning,
            material,
            state,
            late: None,
        })
    }

    /// What to tell of a wide table: which columns the search is about.
    pub fn narrowed(&self) -> Option<String> {
        let Beginning::Tasks { tasks, .. } = &self.beginning else {
            return None;
        };
        let among = &tasks.first()?.among;
        let all = self.sample.names();
        let names: Vec<&str> = among
            .iter()
            .map(|&v| all[usize::from(v)].as_str())
            .collect();
        (names.len() < all.len()).then(|| {
            format!(
                "of {} columns the search is about the {} that tell most of the target by \
                 themselves, in pairs or in threes: {}; --features chooses others",
                all.len(),
                names.len(),
                names.join(", ")
            )
        })
    }

    /// What to save.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Rounds done.
    pub fn rounds(&self) -> u64 {
        self.state.round
    }

    /// Work done, in the units of [`WORK_PER_SECOND`].
    pub fn work(&self) -> u64 {
        self.state.work
    }

    /// The front so far, written out over the columns of the table; constants are
    /// those of the search.
    pub fn front(&self) -> Front {
        let mut front = self.state.front.empty();
        let late = self.late.iter().flat_map(Front::laws);
        let own = self.state.front.laws().chain(self.state.front.lean());
        for law in own.chain(late) {
            if let Some(template) = self.judge.template() {
                let Some(written) = template.written(&law.expression) else {
                    continue;
                };
                let whole = Law {
                    expression: written.expression,
                    loss: law.loss,
                };
                front.insert_as(whole, law.clone());
                continue;
            }
            let expression = self.scaling.outward(&law.expression);
            let expression = self.sample.written_out(&expression);
            front.insert(Law {
                expression: self.judge.simplest(&expression),
                loss: law.loss,
            });
        }
        front
    }

    /// Whether a law is exact: its error is nothing, and it says less than the table does.
    /// A form with enough constants goes through any few rows.
    pub fn exact(&self) -> bool {
        let bound = self.state.settings.exact.powi(self.sample.order());
        let digits = -self.state.settings.exact.max(f64::MIN_POSITIVE).ln();
        let told = SURPRISE * digits * self.sample.rows() as f64;
        self.state.front.laws().any(|law| {
            let constants = law.expression.constants().len() as f64;
            let says = PER_NODE * law.complexity() as f64 + digits * constants;
            law.loss <= bound && says < told
        })
    }

    /// Whether nothing more is to be done: a law is exact, and all power laws have been
    /// split off, since the law may have a simpler form behind one of them.
    pub fn done(&self) -> bool {
        let looks = match &self.beginning {
            Beginning::Tasks { tasks, .. } => {
                let last = tasks.iter().rposition(Task::is_plain);
                last.map_or(0, |last| last + 1)
            }
            Beginning::Template(..) => 0,
            Beginning::Constants(_) => return self.state.round > 0,
        };
        self.exact() && self.state.round >= looks as u64
    }

    /// Rounds until a limit, until nothing more is to be done, or the end of the job;
    /// `shown` is called after every round. A round that the clock or the user ends is not
    /// done: what it found is on the front, but not in the state, from which it is begun
    /// anew.
    pub fn run(&mut self, limits: Limits, job: &Job, mut shown: impl FnMut(&Self)) {
        let begun = Instant::now();
        let last_round = limits.rounds.unwrap_or(u64::MAX);
        let seconds = limits.seconds.unwrap_or(f64::MAX);
        let clock = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        let most = ((seconds * WORK_PER_SECOND as f64) as u64).min(limits.work.unwrap_or(u64::MAX));
        let stop = Stop::new(begun.checked_add(clock), job);
        while !self.done() && self.state.round < last_round && self.state.work < most && !stop.now()
        {
            let whole = self.round_until(&stop);
            shown(self);
            if !whole {
                break;
            }
        }
    }

    /// One round.
    pub fn round(&mut self) {
        self.round_until(&Stop::NEVER);
    }

    /// One round, unless it is stopped; whether it was done.
    fn round_until(&mut self, stop: &Stop<'_>) -> bool {
        let round = self.state.round;
        let before = self.state.work;
        let mut angles = false;
        let proposals = match &self.beginning {
            Beginning::Tasks { tasks, each, .. } => {
                let (settings, task) = (round as usize / tasks.len(), round as usize % tasks.len());
                let settings = each.get(settings);
                let proposals =
                    settings.map(|settings| propose(&tasks[task], &self.sample, settings, stop));
                angles = proposals.is_some() && tasks[task].material == Of::Angles;
                proposals
            }
            Beginning::Template(template, seeds, steps) => steps.get(round as usize).map(|&step| {
                let (parts, work) = (&mut self.state.parts, &mut self.state.work);
                let laws = seeds.propose(step, template, &self.sample, parts, work);
                Proposals {
                    laws,
                    work: STRUCTURE_WORK,
                }
            }),
            Beginning::Constants(template) => Some(Proposals {
                laws: template.starts(self.state.settings.seed),
                work: STRUCTURE_WORK,
            }),
        };
        let (mut found, whole) = match proposals {
            Some(proposals) => self.structure(&proposals, stop),
            None => (self.evolution(round), true),
        };
        if angles {
            // An angle of nearly everything is nearly everything: only where nothing else
            // fits.
            let best = self
                .state
                .front
                .best()
                .map_or(f64::INFINITY, |law| law.loss);
            found.retain(|law| law.loss < ANGLES * best);
        }
        if whole {
            if self.shown_by_tasks(round) {
                self.spread(&found);
            }
            self.gather(found);
            self.state.round += 1;
        } else {
            self.state.work = before;
            let mut late = Front::default();
            for law in found {
                late.insert(law);
            }
            self.late = Some(late);
        }
        whole
    }

    /// Whether a round is one of least squares.
    fn shown_by_tasks(&self, round: u64) -> bool {
        match &self.beginning {
            Beginning::Tasks { tasks, each, .. } => (round as usize) < tasks.len() * each.len(),
            Beginning::Template(_, _, steps) => (round as usize) < steps.len(),
            Beginning::Constants(_) => true,
        }
    }

    /// Judges the proposals of least squares, side by side, and says whether all were.
    fn structure(&mut self, proposals: &Proposals, stop: &Stop<'_>) -> (Vec<Law>, bool) {
        // A law of a template costs as much as several others: only those that may get to
        // the front are looked at closely.
        let (front, choosy) = (&self.state.front, self.judge.template().is_some());
        let wanted = |size: usize, loss: f64| !choosy || loss < PATIENCE * front.bound(size);
        let judged: Vec<Option<(Vec<Law>, u64)>> = proposals
            .laws
            .par_iter()
            .map(|proposal| {
                if stop.now() {
                    return None;
                }
                let mut bench = Bench::new();
                let laws = self.judge.judge(proposal, &wanted, &mut bench);
                Some((laws, bench.work))
            })
            .collect();
        self.state.work += proposals.work;
        let whole = judged.iter().all(Option::is_some) && !stop.now();
        let mut found = Vec::new();
        for (laws, work) in judged.into_iter().flatten() {
            self.state.work += work;
            found.extend(laws);
        }
        (found, whole)
    }

    /// Tells laws to all islands.
    fn spread(&mut self, laws: &[Law]) {
        for law in laws {
            for island in &mut self.state.islands {
                island.receive(law);
            }
        }
    }

    /// Lets all islands evolve, then exchange.
    fn evolution(&mut self, round: u64) -> Vec<Law> {
        let (judge, material) = (&self.judge, &self.material);
        let settings = &self.state.settings;
        let count = settings.islands as u64;
        let work: Vec<u64> = self
            .state
            .islands
            .par_iter_mut()
            .enumerate()
            .map(|(i, island)| {
                let mut rng = stream(settings.seed, round * count + i as u64);
                let mut bench = Bench::new();
                island.evolve(settings.candidates, judge, material, &mut rng, &mut bench);
                bench.work
            })
            .collect();
        self.state.work += work.iter().sum::<u64>();
        let mut best = self.state.front.empty();
        for law in self.state.islands.iter().flat_map(Island::laws) {
            best.insert(law.clone());
        }
        best.laws().chain(best.lean()).cloned().collect()
    }

    /// Puts laws on the front, with what is like them but smaller, and tells a
    /// neighbour.
    fn gather(&mut self, found: Vec<Law>) {
        let mut bench = Bench::new();
        let stages = shrink(&self.judge, found, &mut self.state.front, &mut bench);
        let count = self.state.islands.len();
        for new in stages {
            // A law that moved to the front also moves to one island.
            for (i, law) in new.iter().enumerate() {
                let island = (self.state.round as usize + i) % count;
                self.state.islands[island].receive(law);
            }
        }
        self.state.work += bench.work;
    }
}

/// Whether rows are so few that a law of fewer constants may be the one to take though
/// others of as many nodes are better.
pub(crate) fn counts_constants(problem: &Problem, settings: &Settings) -> bool {
    problem.rows() < FEW_ROWS && settings.template.is_none()
}

/// The settings that laws are proposed with: where units are a matter of price, first
/// those that agree.
fn each(settings: &Settings) -> Vec<Settings> {
    let mut each = vec![settings.clone()];
    if let Some(units) = settings.units.as_ref().filter(|u| u.mode == Mode::Soft) {
        let mut hard = settings.clone();
        hard.units = Some(Units {
            mode: Mode::Hard,
            penalty: None,
            ..units.clone()
        });
        each.insert(0, hard);
    }
    each
}

/// The columns that laws are made of: all, or of a wide table those that tell something.
fn screening(sample: &Problem, settings: &Settings) -> Screening {
    let count = sample.columns().len();
    if count <= WIDE {
        return Screening {
            columns: (0..count as u16).collect(),
            sums: Vec::new(),
        };
    }
    screen(
        sample.columns(),
        sample.target(),
        &settings.operators,
        &Stop::NEVER,
    )
}

/// Formulas that mutations draw from.
fn library(
    columns: &[Vec<f64>],
    variables: &[u16],
    settings: &Settings,
    dimensions: Option<Dimensions>,
) -> Library {
    Library::builder(columns, variables, &settings.operators)
        .within(dimensions)
        .monomials(MATERIAL / 5)
        .enumerate(MATERIAL, 7)
        .build()
}

/// What is searched: the problem with the leaves that the settings ask for, its units,
/// constraints and template checked.
fn searched(problem: &Problem, settings: &Settings) -> Result<Problem, SymbolicError> {
    let leaves = settings.leaves(problem)?;
    let problem = problem.clone().with_leaves(&leaves)?;
    let problem = problem.under(&settings.loss)?;
    settings.dimensions(&problem)?;
    settings.behaviour(&problem)?;
    settings.template(&problem)?;
    Ok(problem)
}

/// A hash of all numbers of a table.
fn fingerprint(problem: &Problem) -> u64 {
    let mut hash = crate::expression::Fnv::new();
    let columns = problem.columns().iter().map(Vec::as_slice);
    for column in columns.chain([problem.target(), problem.weights()]) {
        hash.word(column.len() as u64);
        for x in column {
            hash.word(x.to_bits());
        }
    }
    for name in problem.names() {
        for byte in name.bytes() {
            hash.word(u64::from(byte));
        }
    }
    hash.0
}
