//! The job from files to the two files of the report.

use std::path::{Path, PathBuf};
use std::time::Instant;

use pellucid_core::Job;
use pellucid_data::write_atomically;
use pellucid_explain::global::RandomModels;
use pellucid_explain::{Explained, Inference, Question, Value};

use super::page::draw;
use super::pass::{Pass, Reading};
use super::result::{
    AttributionResult, ExplainResult, Further, ImportanceResult, Provenance, SCHEMA_VERSION,
    ShownEvent, Words,
};
use super::settings::ExplainSettings;
use super::task::{Asked, Task};
use super::{attribution, effort, inputs, pass, performance, search, shown, trainings, verdict};
use crate::PipelineError;
use pellucid_observables::jets::property::Property;
use pellucid_observables::jets::shapes;

use crate::input_spec::{Any, Input, InputSpec, sentences};
use crate::provenance::FileId;
use crate::recipe::write_model;
use crate::source::{Source, Told};
use crate::tagger::Tagger;

/// What is to be explained.
#[derive(Debug, Clone)]
pub struct Request {
    /// The tagger, an ONNX file; with [`train`](Self::train) it is made first.
    pub model: PathBuf,
    /// Other trainings of the same model, to be compared with it.
    pub further: Vec<PathBuf>,
    /// The events, files read as one.
    pub data: Vec<PathBuf>,
    /// How.
    pub settings: ExplainSettings,
    /// Train the model on a part of the events first, so often, and explain it on the rest;
    /// 0 for a model that is given.
    pub train: usize,
    /// The folder to write to.
    pub out: PathBuf,
    /// The seed.
    pub seed: u64,
}

/// What was written, and what is in it.
#[derive(Debug)]
pub struct Outcome {
    /// The page.
    pub page: PathBuf,
    /// The same for machines.
    pub json: PathBuf,
    /// What they say.
    pub result: ExplainResult,
}

/// A file shipped with the program: below this folder or one above it, or
/// beside the program or above that.
pub fn shipped(name: &str) -> Result<PathBuf, PipelineError> {
    let places = [std::env::current_dir().ok(), std::env::current_exe().ok()];
    places
        .iter()
        .flatten()
        .flat_map(|place| place.ancestors())
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
        .ok_or_else(|| PipelineError::NotShipped {
            name: name.to_owned(),
        })
}

/// Explains a tagger and writes the report.
pub fn explain(request: &Request, job: &Job) -> Result<Outcome, PipelineError> {
    let new = !request.out.exists();
    prepare_folder(&request.out)?;
    let done = explain_into_folder(request, job);
    if new && done.is_err() {
        // Goes only if it is empty: what was written before stays.
        let _ = std::fs::remove_dir(&request.out);
    }
    done
}

fn explain_into_folder(request: &Request, job: &Job) -> Result<Outcome, PipelineError> {
    let start = Instant::now();
    request.settings.check()?;
    let Opened {
        request,
        source,
        tagger,
        others,
        held_out,
    } = open(request, job)?;
    let settings = &request.settings;
    let task = Task {
        told: source.told(),
        two: settings.classes.clone(),
    };
    let asked = task.asked(&tagger, settings, &mut |note| job.note(note))?;
    let explained = asked
        .iter()
        .map(|number| explained(&tagger, &number.question))
        .collect::<Result<Vec<_>, _>>()?;
    let reading = Reading {
        tagger: &tagger,
        explained: &explained,
        outputs: task.needs_outputs(),
        known: task.decides(),
    };
    let most = settings.events.of(source.rows().unwrap_or(usize::MAX));
    let held_out = held_out.as_deref();
    let mut pass = pass::read(&source, &reading, most, held_out, request.seed, job)?;
    tagger.tell(job);
    inputs::tell_cuts(&tagger, &pass.cuts, job);
    source.tell(job);
    source.tell_of_groups(job);
    pass.account.tell(job);
    if task.told == Told::Nothing {
        job.note(
            "the files tell no truth of the events: what the model is worth is not judged; name a column, [data] label = \
             \"NAME\" or [data] target = \"NAME\"",
        );
    }
    search::check(&pass, settings, request.seed)?;
    look_at(&mut pass, &task, &asked, 0);
    let black_box = performance::black_box(&pass, settings, request.seed);
    let (observables, left_out) = performance::observables(&pass)?;
    if !left_out.is_empty() {
        job.note(&format!(
            "columns that are the same for all events, or not known of each, are no candidates: {}",
            left_out.join(", ")
        ));
    }
    let words = words(&tagger);
    let several = asked.len() > 1 || task.needs_outputs();
    let mut result = ExplainResult {
        schema_version: SCHEMA_VERSION,
        verdict: verdict::verdict(&words, &black_box, &observables, None),
        words,
        classes: pass.sides.to_vec(),
        output: several.then(|| asked[0].name.clone()),
        black_box,
        observables,
        legend: if source.of_jets() {
            performance::LEGEND.to_owned()
        } else {
            String::new()
        },
        attribution: None,
        importance: None,
        search: None,
        imitation: None,
        shown: Vec::new(),
        further: Vec::new(),
        trainings: None,
        explained: latex_of(&tagger, &asked[0]),
        inputs: inputs::results(&tagger, &pass.events.inputs, &pass.cuts),
        untold: sentences(&tagger.untold),
        provenance: provenance(&request, &tagger, &source, &pass)?,
        interrupted: false,
    };
    let limited = Request {
        settings: effort::within(settings, &tagger, &pass, asked.len(), job)?,
        ..request.clone()
    };
    let all = Models {
        tagger: &tagger,
        explained: &explained,
        others: &others,
    };
    let finished = costly(&limited, &task, &asked, &all, &mut pass, &mut result, job);
    match finished {
        Err(error) if error.interrupted() => result.interrupted = true,
        other => other?,
    }
    result.interrupted |= result
        .search
        .as_ref()
        .is_some_and(pellucid_distill::Search::interrupted);
    result.verdict = verdict::verdict(
        &result.words,
        &result.black_box,
        &result.observables,
        result.search.as_ref(),
    );
    result.provenance.seconds = start.elapsed().as_secs_f64();
    write(&request.out, &result)
}

/// What was opened: the files, and the model prepared for them.
struct Opened {
    request: Request,
    source: Source,
    tagger: Tagger,
    /// Other trainings of it.
    others: Vec<Tagger>,
    /// The positions of the events that may be explained, of a model trained on others.
    held_out: Option<Vec<usize>>,
}

/// Opens the files as what the model's inputs are made of.
fn open(request: &Request, job: &Job) -> Result<Opened, PipelineError> {
    let settings = &request.settings;
    let spec = (!settings.inputs.is_empty()).then(|| InputSpec {
        inputs: settings.inputs.clone(),
        output_names: settings.output_names.clone(),
    });
    let recipe = settings.train.as_ref().filter(|_| request.train > 0);
    let ready = match request.train {
        0 => Some(Tagger::read(&request.model, spec.as_ref())?),
        _ => None,
    };
    let demand = match (&ready, recipe) {
        (Some(tagger), _) if !tagger.spec.of_jets() => Some(tagger.spec.demand()),
        (None, Some(recipe)) => recipe.demand()?,
        _ => None,
    };
    let source = match demand {
        Some(demand) => Source::of(&request.data, &settings.data, demand, true)?,
        None => Source::open(&request.data, &settings.data)?.telling(asked_for(request)?)?,
    };
    let request = named(request, &source);
    let (mut tagger, mut others, held_out) = match ready {
        Some(tagger) => {
            let others = request.further.iter();
            let others = others.map(|path| Tagger::read(path, spec.as_ref()));
            (tagger, others.collect::<Result<Vec<_>, _>>()?, None)
        }
        None => train_first(&request, &source, job)?,
    };
    for other in &others {
        if other.spec != tagger.spec {
            return Err(PipelineError::Setting {
                setting: "model".to_owned(),
                problem: format!(
                    "`{}` and `{}` are given other inputs, expected trainings of one model",
                    tagger.path.display(),
                    other.path.display()
                ),
            });
        }
    }
    let source = if source.of_jets() {
        let told = |property| source.clone().telling([property]).is_ok();
        let asked = tagger.knowing(told);
        for other in &mut others {
            other.knowing(told);
        }
        source.telling(asked)?
    } else {
        source
    };
    Ok(Opened {
        request,
        source,
        tagger,
        others,
        held_out,
    })
}

/// A number of the model, ready to be explained.
fn explained(tagger: &Tagger, question: &Question) -> Result<Explained, PipelineError> {
    let explained = Explained::asking(&tagger.graph, question, Inference::default())?;
    Ok(match tagger.lists() {
        Some(lists) => explained.with_lists(lists),
        None => explained,
    })
}

/// Looks at one of the numbers explained.
fn look_at(pass: &mut Pass, task: &Task, asked: &[Asked], number: usize) {
    let scores = &pass.scores_of(number).logit;
    let sides = task.sides(&pass.target, &asked[number], scores);
    pass.look_at(number, sides);
}

/// What is explained, in LaTeX: a formula of the model's probabilities, or the name of the
/// number.
fn latex_of(tagger: &Tagger, asked: &Asked) -> Option<String> {
    if asked.question.value == Value::Probability {
        return Some(format!("\\mathrm{{{}}}", pass::latex(&asked.name)));
    }
    if asked.name.is_empty() {
        return tagger.explained(&asked.question);
    }
    Some(format!(
        "\\mathrm{{logit}}\\,p_{{\\mathrm{{{}}}}}",
        pass::latex(&asked.name)
    ))
}

/// What events and the model are called.
fn words(tagger: &Tagger) -> Words {
    if tagger.spec.of_jets() {
        return Words::jets();
    }
    let fields = tagger.spec.inputs.values().any(|input| match input {
        Input::Any(Any::Array(array)) => array.periodic,
        _ => false,
    });
    if fields {
        Words::configurations()
    } else {
        Words::events()
    }
}

/// The request, with the classes called what their labels are called where
/// nothing else was asked for.
fn named(request: &Request, source: &Source) -> Request {
    let mut request = request.clone();
    if let Some(names) = source.classes()
        && request.settings.classes == ExplainSettings::default().classes
    {
        request.settings.classes = names;
    }
    request
}

/// The model, the numbers of it that are explained, and its other trainings.
struct Models<'a> {
    tagger: &'a Tagger,
    explained: &'a [Explained],
    others: &'a [Tagger],
}

/// The steps that take time; what is finished is in `result` even if a later
/// one fails.
fn costly(
    request: &Request,
    task: &Task,
    asked: &[Asked],
    models: &Models<'_>,
    pass: &mut Pass,
    result: &mut ExplainResult,
    job: &Job,
) -> Result<(), PipelineError> {
    let settings = &request.settings;
    let Models {
        tagger, explained, ..
    } = *models;
    for (number, (asked_of, explained)) in asked.iter().zip(explained).enumerate() {
        look_at(pass, task, asked, number);
        if number > 0 {
            result.further.push(Further {
                output: asked_of.name.clone(),
                classes: pass.sides.to_vec(),
                explained: latex_of(tagger, asked_of),
                scores: performance::scores(pass),
                attribution: None,
                importance: None,
                shown: Vec::new(),
            });
        }
        let subset = attribution::Subset::new(tagger, pass, settings, request.seed)?;
        let random = RandomModels::asking(
            &tagger.graph,
            &asked_of.question,
            explained.inference(),
            settings.attribution.random_models,
            request.seed,
        )?
        .with_lists(tagger.lists());
        let about = attribution::Asked {
            tagger,
            explained,
            random: &random,
            number: asked_of,
        };
        let (attribution, attributions) =
            attribution::attribution(&about, &subset, settings, request.seed, job)?;
        let methods = settings.attribution.methods.iter();
        let from = shown::Attributed {
            subset: &subset,
            attributions: &attributions,
            methods: methods.map(pellucid_explain::Method::name).collect(),
            free: explained.free(),
        };
        // Several numbers share the room of the page.
        let room = settings.shown_events.div_ceil(asked.len());
        let shown = shown::shown(pass, &from, &result.observables, room);
        drop(attributions);
        *place(result, number).0 = Some(attribution);
        *place(result, number).1 = shown;
        let importance = attribution::importance(&about, &subset, settings, request.seed, job)?;
        *place(result, number).2 = Some(importance);
    }
    look_at(pass, task, asked, 0);
    if !models.others.is_empty() {
        let subset = attribution::Subset::new(tagger, pass, settings, request.seed)?;
        let others = models.others.iter();
        let ready = others.map(|other| self::explained(other, &asked[0].question));
        let ready = ready.collect::<Result<Vec<_>, _>>()?;
        let others = models.others.iter().zip(&ready);
        let all = std::iter::once((tagger, &explained[0])).chain(others);
        let all: Vec<_> = all
            .map(|(tagger, explained)| trainings::Training { tagger, explained })
            .collect();
        let found = trainings::compare(&all, &asked[0], pass, &subset, settings, job)?;
        result.trainings = Some(found);
    }
    if matches!(task.told, Told::Two | Told::Classes(_)) && !result.observables.is_empty() {
        let mut search = search::search(pass, settings, request.seed, job)?;
        result.imitation = search::imitation(pass, &search, settings, request.seed)?;
        // Of every kept event, and in no file.
        search.scores.clear();
        result.search = Some(search);
    }
    Ok(())
}

/// Where in the result the figures of one of the numbers explained are.
fn place(
    result: &mut ExplainResult,
    number: usize,
) -> (
    &mut Option<AttributionResult>,
    &mut Vec<ShownEvent>,
    &mut Option<ImportanceResult>,
) {
    match number
        .checked_sub(1)
        .and_then(|place| result.further.get_mut(place))
    {
        Some(further) => (
            &mut further.attribution,
            &mut further.shown,
            &mut further.importance,
        ),
        None => (
            &mut result.attribution,
            &mut result.shown,
            &mut result.importance,
        ),
    }
}

/// An output folder that cannot be written is an error before the work, not
/// behind it.
fn prepare_folder(out: &Path) -> Result<(), PipelineError> {
    let failed = |source| PipelineError::File {
        path: out.to_owned(),
        source,
    };
    std::fs::create_dir_all(out).map_err(failed)?;
    let probe = out.join(".pellucid-probe");
    std::fs::write(&probe, b"").map_err(failed)?;
    std::fs::remove_file(&probe).map_err(failed)
}

/// What the settings need to be known of constituents: for the observables
/// named, and for the network that is trained first.
fn asked_for(request: &Request) -> Result<Vec<Property>, PipelineError> {
    let names = request.settings.search.observables.iter();
    let named = names
        .map(|name| shapes::by_name(name))
        .collect::<Result<Vec<_>, _>>()?;
    let mut needs = shapes::needs(&named);
    if let (1.., Some(recipe)) = (request.train, &request.settings.train) {
        needs.extend(recipe.needs());
    }
    Ok(needs)
}

/// The first training, the others, and the events that may be explained.
type Trained = (Tagger, Vec<Tagger>, Option<Vec<usize>>);

/// Trains on a part of the events, as often as asked for; the positions of the test part,
/// the same for all, are what may be explained.
fn train_first(request: &Request, source: &Source, job: &Job) -> Result<Trained, PipelineError> {
    let recipe = request
        .settings
        .train
        .as_ref()
        .ok_or_else(|| PipelineError::Setting {
            setting: "train".to_owned(),
            problem: "--train needs a section [train] in the settings: input, network, training"
                .to_owned(),
        })?;
    let (events, _) = source.read_all(job)?;
    let mut made = Vec::new();
    let mut test = Vec::new();
    for number in 0..request.train.max(1) as u64 {
        let seeds = [request.seed, request.seed.wrapping_add(number)];
        let trained = recipe.train_of(&events, seeds, job)?;
        if trained.history.interrupted {
            return Err(pellucid_core::Interrupted.into());
        }
        let name = match number {
            0 => "tagger.onnx".to_owned(),
            number => format!("tagger-{}.onnx", number + 1),
        };
        let path = request.out.join(name);
        write_model(&trained.graph, &path)?;
        made.push(Tagger::new(&path, trained.graph, None)?);
        test = trained.test;
    }
    let others = made.split_off(1);
    // There is at least one training.
    let first = made.remove(0);
    Ok((first, others, Some(test)))
}

fn provenance(
    request: &Request,
    tagger: &Tagger,
    source: &Source,
    pass: &Pass,
) -> Result<Provenance, PipelineError> {
    Ok(Provenance {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        model: FileId::of(&tagger.path)?,
        data: source
            .paths()
            .into_iter()
            .map(FileId::of)
            .collect::<Result<_, _>>()?,
        seed: request.seed,
        threads: rayon::current_num_threads(),
        seconds: 0.0,
        jets: [pass.target.len(), pass.events.len()],
        read: pass.account.clone(),
        trained_first: request.train > 0,
        settings: request.settings.clone(),
    })
}

/// Writes the result, and the page as it can be drawn from that file again.
fn write(out: &Path, result: &ExplainResult) -> Result<Outcome, PipelineError> {
    let json = out.join("result.json");
    let page = out.join(PAGE);
    let mine = |error: &dyn std::fmt::Display| PipelineError::Result {
        path: json.clone(),
        problem: format!("cannot be written and read again: {error}; this is a fault of Pellucid"),
    };
    let text = result.to_json().map_err(|error| mine(&error))?;
    write_atomically(&json, |file| std::io::Write::write_all(file, &text))?;
    let read = ExplainResult::from_json(&text).map_err(|problem| mine(&problem));
    // Nobody who has waited for the result is to go without its page.
    write_page(&page, read.as_ref().unwrap_or(result))?;
    let result = read?;
    Ok(Outcome { page, json, result })
}

/// The name of the page in its folder.
const PAGE: &str = "index.html";

fn write_page(page: &Path, result: &ExplainResult) -> Result<(), PipelineError> {
    let html = draw(result);
    write_atomically(page, |file| {
        std::io::Write::write_all(file, html.as_bytes())
    })?;
    Ok(())
}

/// Draws the page of a `result.json` again, into a folder that is made if there is none;
/// where it now is.
///
/// # Errors
///
/// A file that is no result of this layout, or a folder that cannot be written to.
pub fn report(result: &Path, out: &Path) -> Result<PathBuf, PipelineError> {
    let result = ExplainResult::read(result)?;
    prepare_folder(out)?;
    let page = out.join(PAGE);
    write_page(&page, &result)?;
    Ok(page)
}
