//! What a model is held to, and what of it is explained.
//!
//! Every explanation is of one number of the model: the logit of a class, or a value. Figures
//! that compare two sides of the events (means, maps, the events shown) part them by what
//! that number is to tell:
//!
//! | truth | explained | first side | second side |
//! |---|---|---|---|
//! | two classes | logit | signal | background |
//! | several classes | logit of each class | the class | all others |
//! | values | each value | truth above its median | at or below it |
//! | none | the output | score above its median | at or below it |

use pellucid_core::statistics::quantiles;
use pellucid_core::target::{Target, Truth};
use pellucid_explain::permutation::Held;
use pellucid_explain::{Question, Value};
use pellucid_network::transform::columns;

use super::settings::ExplainSettings;
use crate::PipelineError;
use crate::source::Told;
use crate::tagger::Tagger;

/// More numbers than this are not explained one by one unless they are named.
const MOST: usize = 6;

/// One number of the model that is explained.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// What it is called; empty where the model has no other.
    pub name: String,
    /// What is asked of the network.
    pub question: Question,
    /// Its place among classes or values.
    pub place: usize,
}

/// What the numbers of a model are held to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Task {
    /// What the files tell.
    pub told: Told,
    /// What signal and background are called.
    pub two: [String; 2],
}

/// Events of two sides, and what the sides are called.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Sides {
    /// Their names, the first for `true`.
    pub names: [String; 2],
    /// The side of every event.
    pub first: Vec<bool>,
}

impl Task {
    /// Whether the whole output of the model is needed, not one number of it.
    pub fn needs_outputs(&self) -> bool {
        matches!(self.told, Told::Classes(_) | Told::Values(_))
    }

    /// What is explained, in order; what is not is noted.
    pub fn asked(
        &self,
        tagger: &Tagger,
        settings: &ExplainSettings,
        note: &mut dyn FnMut(&str),
    ) -> Result<Vec<Asked>, PipelineError> {
        let names = match &self.told {
            Told::Two | Told::Nothing => {
                let mut question = tagger.question(settings.class, &settings.outputs)?;
                question.output.clone_from(&settings.output);
                let width = width(tagger);
                if self.told == Told::Nothing
                    && question.class.is_none()
                    && width.is_some_and(|width| width > 2)
                {
                    question.class = Some(0);
                    note(
                        "the model gives several numbers and the data tell no truth: the first is explained; --outputs \
                         NAME explains another",
                    );
                }
                let place = question.class.unwrap_or_default();
                return Ok(vec![Asked {
                    name: String::new(),
                    question,
                    place,
                }]);
            }
            Told::Classes(names) | Told::Values(names) => names,
        };
        self.fits(tagger, names)?;
        let values = matches!(self.told, Told::Values(_));
        let mut places: Vec<usize> = (0..names.len()).collect();
        if !settings.outputs.is_empty() {
            places = Vec::new();
            for output in &settings.outputs {
                let place = names.iter().position(|name| name == output);
                let place = place.or_else(|| output.parse().ok().filter(|&n| n < names.len()));
                places.push(place.ok_or_else(|| PipelineError::Setting {
                    setting: "outputs".to_owned(),
                    problem: format!("names `{output}`, expected some of {}", names.join(", ")),
                })?);
            }
        } else if let Some(class) = settings.class {
            places.retain(|&place| place == class);
            if places.is_empty() {
                return Err(PipelineError::Setting {
                    setting: "class".to_owned(),
                    problem: format!("is {class}, expected a place from 0 to {}", names.len() - 1),
                });
            }
        } else if names.len() > MOST {
            places.truncate(MOST);
            note(&format!(
                "of {} outputs the first {MOST} are explained; --outputs NAME,NAME explains others",
                names.len()
            ));
        }
        let several = width(tagger) != Some(1);
        places
            .into_iter()
            .map(|place| {
                let mut question = tagger.question(several.then_some(place), &[])?;
                question.output.clone_from(&settings.output);
                if values {
                    question.value = Value::Probability;
                }
                Ok(Asked {
                    name: names[place].clone(),
                    question,
                    place,
                })
            })
            .collect()
    }

    /// An error where the model gives another number of numbers than the truth has.
    fn fits(&self, tagger: &Tagger, names: &[String]) -> Result<(), PipelineError> {
        let Some(found) = width(tagger).filter(|&found| found != names.len()) else {
            return Ok(());
        };
        let (what, setting, expected) = match self.told {
            Told::Values(_) => ("values", "data.target", "columns"),
            _ => (
                "classes",
                "data.classes",
                "classes, in the order of the outputs",
            ),
        };
        Err(PipelineError::Setting {
            setting: setting.to_owned(),
            problem: format!(
                "the data tell {} {what} ({}), the model `{}` gives {found} numbers for each event; expected {found} \
                 {expected}",
                names.len(),
                names.join(", "),
                tagger.path.display()
            ),
        })
    }

    /// The two sides of events as seen by what is explained; `scores` are its numbers.
    pub fn sides(&self, target: &Target, asked: &Asked, scores: &[f64]) -> Sides {
        let halves = |numbers: &[f64], what: &str| {
            let median = quantiles(numbers, &[0.5])[0];
            Sides {
                names: [
                    format!("{what} above {}", short(median)),
                    format!("{what} at most {}", short(median)),
                ],
                first: numbers.iter().map(|&x| x > median).collect(),
            }
        };
        match &target.truth {
            Truth::Two { signal, .. } => Sides {
                names: self.two.clone(),
                first: signal.clone(),
            },
            Truth::Classes { names, classes } => Sides {
                names: [names[asked.place].clone(), "all other classes".to_owned()],
                first: classes.iter().map(|&class| class == asked.place).collect(),
            },
            Truth::Values { names, values } => halves(&values[asked.place], &names[asked.place]),
            Truth::None => halves(scores, "score"),
        }
    }

    /// What is lost when inputs are exchanged, of these events.
    pub fn held<'a>(target: &'a Target, asked: &Asked, sides: &'a [bool]) -> Held<'a> {
        match &target.truth {
            Truth::Two { .. } | Truth::Classes { .. } => Held::Two(sides),
            Truth::Values { values, .. } => Held::Values(&values[asked.place]),
            Truth::None => Held::Nothing,
        }
    }

    /// Whether known observables may be held against the model: it decides between two
    /// sides that the data tell.
    pub fn decides(&self) -> bool {
        self.told != Told::Nothing
    }
}

/// How many numbers the model gives of an event.
fn width(tagger: &Tagger) -> Option<usize> {
    let output = tagger.graph.outputs().first();
    output.and_then(|&id| columns(&tagger.graph, id).known())
}

fn short(number: f64) -> String {
    pellucid_report::number::significant(number, 4)
}
