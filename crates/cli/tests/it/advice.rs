//! Every advice of an error works when it is followed.
//!
//! The table below names every variant of the errors that users of jets meet;
//! a variant that is not in it fails the first test, so that whoever adds an
//! error with an advice adds here how it is followed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pellucid_core::{Tensor, Values};
use pellucid_data::npz::{self, Array};

use crate::jet_table::{JetTable, texts};
use crate::support::{model, pellucid, text};

/// How a variant's advice is followed.
enum Advice {
    /// By these commands.
    Follow(fn(&Place)),
    /// It gives none that a command could follow: the fault is in the file, or
    /// the program's caller cannot cause it.
    Nothing,
}
use Advice::{Follow, Nothing};

/// The errors of the crates, each with the text that declares it.
const SOURCES: [(&str, &str); 4] = [
    ("DataError", include_str!("../../../data/src/error.rs")),
    (
        "ObservableError",
        include_str!("../../../observables/src/error.rs"),
    ),
    (
        "SourceError",
        include_str!("../../../pipeline/src/source/error.rs"),
    ),
    (
        "PipelineError",
        include_str!("../../../pipeline/src/error.rs"),
    ),
];

const TABLE: &[(&str, &str, Advice)] = &[
    ("DataError", "Missing", Nothing),
    ("DataError", "NotAFile", Nothing),
    ("DataError", "Unreadable", Nothing),
    ("DataError", "Empty", Nothing),
    ("DataError", "NotFormat", Nothing),
    ("DataError", "UnknownFormat", Nothing),
    ("DataError", "Truncated", Nothing),
    ("DataError", "Damaged", Nothing),
    ("DataError", "NoRows", Nothing),
    ("DataError", "Header", Nothing),
    ("DataError", "NoColumns", Nothing),
    ("DataError", "MissingColumn", Follow(missing_column)),
    ("DataError", "Twice", Nothing),
    ("DataError", "Kind", Nothing),
    ("DataError", "Compression", Nothing),
    ("DataError", "Null", Follow(null)),
    ("DataError", "TooLarge", Nothing),
    ("DataError", "NotANumber", Follow(missing_field)),
    ("DataError", "Fields", Nothing),
    ("DataError", "ArrayLength", Nothing),
    ("DataError", "Offsets", Nothing),
    ("DataError", "Parts", Nothing),
    ("DataError", "Value", Follow(weight_of_nothing)),
    ("DataError", "Table", Nothing),
    ("DataError", "BatchRows", Nothing),
    ("DataError", "Unwritable", Nothing),
    ("DataError", "NotContinued", Nothing),
    ("ObservableError", "Table", Nothing),
    ("ObservableError", "Columns", Follow(property)),
    ("ObservableError", "Ambiguous", Nothing),
    ("ObservableError", "Momenta", Follow(momenta)),
    ("ObservableError", "Groups", Follow(groups_of_columns)),
    ("ObservableError", "Unclear", Follow(unclear)),
    ("ObservableError", "NotOurs", Follow(not_ours)),
    ("ObservableError", "NotThere", Nothing),
    ("ObservableError", "Disagree", Follow(disagree)),
    ("ObservableError", "Flags", Nothing),
    ("ObservableError", "Lengths", Follow(lengths)),
    ("ObservableError", "Empty", Follow(empty)),
    ("ObservableError", "Value", Follow(value)),
    (
        "ObservableError",
        "UnknownObservable",
        Follow(unknown_observable),
    ),
    ("ObservableError", "Formula", Nothing),
    (
        "ObservableError",
        "UnknownVariable",
        Follow(unknown_variable),
    ),
    ("ObservableError", "Setting", Nothing),
    ("ObservableError", "Graph", Follow(graph)),
    ("ObservableError", "GraphRequest", Follow(graph_request)),
    ("SourceError", "NoFiles", Follow(no_files)),
    ("SourceError", "Overwrites", Follow(overwrites)),
    ("SourceError", "NoMatch", Follow(no_match)),
    ("SourceError", "Unlabelled", Follow(unlabelled)),
    ("SourceError", "Column", Follow(column)),
    ("SourceError", "GroupKind", Follow(group_kind)),
    ("SourceError", "Group", Follow(group)),
    ("SourceError", "Label", Follow(label)),
    ("SourceError", "OneHot", Follow(one_hot)),
    ("SourceError", "Select", Follow(selection)),
    ("SourceError", "Mixed", Follow(mixed)),
    ("SourceError", "Undefined", Follow(undefined)),
    ("SourceError", "Reweight", Follow(reweight)),
    ("SourceError", "Choose", Follow(choose)),
    ("SourceError", "UnknownClass", Follow(unknown_class)),
    ("SourceError", "FileLabel", Follow(file_label)),
    ("SourceError", "OneClass", Follow(one_class)),
    ("SourceError", "Nothing", Nothing),
    ("SourceError", "Data", Nothing),
    ("SourceError", "Row", Follow(weight_of_nothing)),
    ("SourceError", "Weights", Nothing),
    ("PipelineError", "Data", Nothing),
    // The categories, lengths and edges of the file's own numbers.
    ("SourceError", "Category", Nothing),
    ("SourceError", "Length", Nothing),
    ("SourceError", "Edge", Nothing),
    ("SourceError", "Columns", Nothing),
    ("SourceError", "Classes", Follow(classes)),
    ("SourceError", "Fraction", Follow(fraction)),
    ("PipelineError", "Inputs", Nothing),
    // The tests of `report` follow it.
    ("PipelineError", "Result", Nothing),
    ("PipelineError", "Source", Nothing),
    ("PipelineError", "Target", Nothing),
    ("PipelineError", "Jets", Follow(value)),
    ("PipelineError", "Features", Follow(features)),
    ("PipelineError", "Observable", Nothing),
    ("PipelineError", "Model", Nothing),
    ("PipelineError", "Arrays", Nothing),
    // Which outputs a model has is its own: the tests of `attribute` follow it.
    ("PipelineError", "Output", Nothing),
    ("PipelineError", "Network", Nothing),
    ("PipelineError", "Explain", Nothing),
    ("PipelineError", "Distill", Nothing),
    ("PipelineError", "Regress", Nothing),
    ("PipelineError", "Settings", Follow(mistyped_setting)),
    ("PipelineError", "Setting", Nothing),
    ("PipelineError", "NoInputs", Follow(no_inputs)),
    ("PipelineError", "Shape", Follow(shape)),
    ("PipelineError", "InputNames", Follow(input_names)),
    ("PipelineError", "File", Nothing),
    ("PipelineError", "NotShipped", Nothing),
    ("PipelineError", "Interrupted", Nothing),
    ("PipelineError", "Paused", Nothing),
];

/// A table of one column with these labels, and a specification that reads it.
fn labelled(place: &Place, labels: [&str; 3]) {
    let rows = labels
        .iter()
        .enumerate()
        .map(|(x, label)| format!("{x},{label}\n"));
    place.write(
        "table.csv",
        &format!("x,label\n{}", rows.collect::<String>()),
    );
    place.write(
        "columns.toml",
        "[inputs.x]\nkind = 'columns'\nfeatures = ['x']\n",
    );
}

fn classes(place: &Place) {
    labelled(place, ["top", "QCD", "W"]);
    place.follows(
        "inputs table.csv --spec columns.toml",
        "--classes QCD,W,top",
        "inputs table.csv --spec columns.toml --classes QCD,W,top",
    );
}

fn fraction(place: &Place) {
    labelled(place, ["0.5", "1.25", "3"]);
    place.follows(
        "inputs table.csv --spec columns.toml",
        "--value label",
        "inputs table.csv --spec columns.toml --value label",
    );
}

/// The variants of an enum in the text that declares it.
fn variants<'t>(name: &str, text: &'t str) -> BTreeSet<&'t str> {
    let start = text.find(&format!("pub enum {name} {{")).unwrap();
    let body = &text[start..];
    let body = &body[..body.find("\n}").unwrap()];
    let named = body.lines().filter_map(|line| {
        let line = line.strip_prefix("    ")?;
        let end = line.find([' ', '(', ',']).unwrap_or(line.len());
        line.starts_with(|c: char| c.is_ascii_uppercase())
            .then_some(&line[..end])
    });
    named.collect()
}

#[test]
fn every_error_is_in_the_table() {
    for (name, text) in SOURCES {
        let declared = variants(name, text);
        let listed: BTreeSet<&str> = TABLE
            .iter()
            .filter(|(other, ..)| *other == name)
            .map(|(_, variant, _)| *variant)
            .collect();
        let missing: Vec<_> = declared.difference(&listed).collect();
        let gone: Vec<_> = listed.difference(&declared).collect();
        assert!(
            missing.is_empty(),
            "{name} has new variants; say how their advice is followed: {missing:?}"
        );
        assert!(gone.is_empty(), "{name} has no variants {gone:?} any more");
    }
}

#[test]
fn every_advice_works_when_it_is_followed() {
    for (name, variant, advice) in TABLE {
        if let Follow(follow) = advice {
            println!("{name}::{variant}");
            follow(&Place::new());
        }
    }
}

/// A folder with settings.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        place.write("spec.toml", SPEC);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: &str) -> PathBuf {
        std::fs::write(self.path(name), content).unwrap();
        self.path(name)
    }

    /// Runs the command in the folder.
    fn run(&self, words: &str) -> (i32, String) {
        let mut arguments: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
        if arguments[0] == "inputs" {
            arguments.extend(["--out".to_owned(), "input.npz".to_owned()]);
            if !words.contains("--spec") {
                arguments.extend(["--spec".to_owned(), "spec.toml".to_owned()]);
            }
        }
        if arguments[0] == "observables" {
            arguments.extend(["--out".to_owned(), "features.parquet".to_owned()]);
        }
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_pellucid"))
            .args(&arguments)
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code().unwrap_or(-1), said)
    }

    /// The first command is refused with the advice, the second, which follows
    /// it, works.
    fn follows(&self, wrong: &str, advice: &str, right: &str) {
        let (code, said) = self.run(wrong);
        assert_eq!(code, 2, "{wrong}: {said}");
        assert!(said.contains(advice), "`{advice}` is missing in: {said}");
        self.works(right);
    }

    fn works(&self, right: &str) {
        let (code, said) = self.run(right);
        assert_eq!(code, 0, "{right}: {said}");
    }
}

const SPEC: &str = "[inputs.x]\nkind = \"scalars\"\nobservables = [\"girth\", \"lha\", \"ptd\"]\n";

fn missing_column(place: &Place) {
    JetTable::draw(4).write(&place.path("jets.parquet"));
    place.follows(
        "observables jets.parquet --observable mass --keep labels",
        "--columns labels=label",
        "observables jets.parquet --observable mass --keep labels --columns labels=label",
    );
    let settings = "observables = [\"mass\"]\nkeep = [\"labels\"]\n";
    place.write("o.toml", settings);
    place.write(
        "p.toml",
        &format!("{settings}[data.columns] \nlabels = \"label\"\n"),
    );
    place.follows(
        "observables jets.parquet --config o.toml",
        "[data.columns] labels = \"label\"",
        "observables jets.parquet --config p.toml",
    );
}

fn null(place: &Place) {
    let nulls = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/jets/nulls.parquet");
    std::fs::copy(nulls, place.path("jets.parquet")).unwrap();
    place.follows(
        "inputs jets.parquet",
        "--skip-bad-rows",
        "inputs jets.parquet --skip-bad-rows",
    );
    let cluster = "cluster jets.parquet --algorithm kt --radius 1 --out out.parquet";
    place.follows(
        cluster,
        "--skip-bad-rows",
        &format!("{cluster} --skip-bad-rows"),
    );
    // What was followed is not advised again.
    let (_, said) = place.run(&format!("{cluster} --skip-bad-rows"));
    assert!(
        said.contains("null in") && !said.contains("--skip"),
        "{said}"
    );
}

/// A table without a number in a row, in a column of momenta and in one of weights.
fn missing_field(place: &Place) {
    let header = "pt_0,eta_0,phi_0,pt_1,eta_1,phi_1,label,w\n";
    let rows = "50,0.1,1,20,0.2,1.1,1,2\n60,0,3,40,0.2,3,0,1\n";
    for bad in [
        "60,0,,40,0.2,3,0,1",
        "60,0,3,40,0.2,3,0,",
        "60,0,3,40,0.2,3,NA,1",
    ] {
        place.write("jets.csv", &format!("{header}{rows}{bad}\n"));
        place.follows(
            "inputs jets.csv --weight w",
            "--skip-bad-rows",
            "inputs jets.csv --weight w --skip-bad-rows",
        );
    }
}

fn weight_of_nothing(place: &Place) {
    let weights = vec![1.0, 2.0, f64::NAN, 1.0, 1.0, 1.0];
    JetTable::draw(6)
        .with("w", Values::Float(weights))
        .write(&place.path("jets.parquet"));
    place.follows(
        "inputs jets.parquet --weight w",
        "--skip-bad-rows",
        "inputs jets.parquet --weight w --skip-bad-rows",
    );
}

fn selection(place: &Place) {
    JetTable::draw(6)
        .with("mark", Values::Float(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]))
        .write(&place.path("jets.parquet"));
    place.follows(
        "inputs jets.parquet --select makr<5",
        "did you mean `mark`?",
        "inputs jets.parquet --select mark<5",
    );
    // A number is no condition; what is said makes one.
    place.follows(
        "inputs jets.parquet --select mark",
        "`mark > 0`",
        "inputs jets.parquet --select mark>0",
    );
}

/// A name that is a column of one file and an observable of another.
fn mixed(place: &Place) {
    let girth = Values::Float(vec![0.1; 4]);
    JetTable::draw(4)
        .with("girth", girth)
        .write(&place.path("with.parquet"));
    JetTable::draw(4).write(&place.path("without.parquet"));
    let select = "--select girth>=0";
    place.follows(
        &format!("inputs with.parquet without.parquet {select}"),
        "one after the other",
        &format!("inputs with.parquet {select}"),
    );
    place.works(&format!("inputs without.parquet {select}"));
}

fn undefined(place: &Place) {
    let numbers = vec![1.0, 2.0, f64::NAN, 1.0, 1.0, 1.0];
    JetTable::draw(6)
        .with("mark", Values::Float(numbers))
        .write(&place.path("jets.parquet"));
    place.follows(
        "inputs jets.parquet --select mark<5",
        "--skip-bad-rows",
        "inputs jets.parquet --select mark<5 --skip-bad-rows",
    );
}

fn reweight(place: &Place) {
    JetTable::draw(6)
        .with("mark", Values::Float(vec![1.0, 1.0, 2.0, 2.0, 3.0, 3.0]))
        .write(&place.path("jets.parquet"));
    for (name, column) in [("a.toml", "makr"), ("b.toml", "mark")] {
        let section = format!("[reweight]\ncolumns = \"{column}\"\nto = \"flat\"\nbins = 1\n");
        place.write(name, &format!("{SPEC}{section}"));
    }
    place.follows(
        "inputs jets.parquet --spec a.toml",
        "did you mean `mark`?",
        "inputs jets.parquet --spec b.toml",
    );
}

fn momenta(place: &Place) {
    JetTable::draw(4)
        .renamed("part_pt", "hardness")
        .renamed("part_eta", "along")
        .renamed("part_phi", "around")
        .write(&place.path("jets.parquet"));
    place.follows(
        "inputs jets.parquet",
        "--columns part_pt=NAME",
        "inputs jets.parquet --columns part_pt=hardness,part_eta=along,part_phi=around",
    );
    let columns = "part_pt = \"hardness\"\npart_eta = \"along\"\npart_phi = \"around\"\n";
    for section in ["data.columns", "columns"] {
        place.write("mapped.toml", &format!("{SPEC}[{section}]\n{columns}"));
        place.works("inputs jets.parquet --spec mapped.toml");
        // An audit of a model is told the same.
        place.write("audit.toml", &format!("[{section}]\n{columns}"));
        JetTable::draw(40)
            .renamed("part_pt", "hardness")
            .renamed("part_eta", "along")
            .renamed("part_phi", "around")
            .write(&place.path("many.parquet"));
        place.works("audit girth many.parquet --spec audit.toml");
    }
    place.works(
        "audit girth many.parquet --columns part_pt=hardness,part_eta=along,part_phi=around",
    );
    // Relative to a jet of which the file tells too little.
    JetTable::draw(4)
        .renamed("part_eta", "part_deta")
        .renamed("part_phi", "part_dphi")
        .with("jeteta", Values::Float(vec![0.5; 4]))
        .write(&place.path("relative.parquet"));
    for (advice, wrong) in [
        ("--columns jet_eta=NAME", ""),
        ("--columns jet_phi=0", " --columns jet_eta=jeteta"),
    ] {
        place.follows(
            &format!("inputs relative.parquet{wrong}"),
            advice,
            "inputs relative.parquet --columns jet_eta=jeteta --columns jet_phi=0",
        );
    }
}

fn property(place: &Place) {
    let table = JetTable::draw(4);
    let charges = table.columns[2].1.clone();
    table.with("q", charges).write(&place.path("jets.parquet"));
    let charge = "[inputs.x]\nkind = \"particles\"\ncount = 3\nfeatures = [\"charge\"]\n";
    place.write("charge.toml", charge);
    place.follows(
        "inputs jets.parquet --spec charge.toml",
        "--columns part_charge=NAME",
        "inputs jets.parquet --spec charge.toml --columns part_charge=q",
    );
}

fn unclear(place: &Place) {
    // A mask that is 1 for padding.
    let table = ["part_pt", "part_eta", "part_phi"]
        .iter()
        .fold(JetTable::draw(6), |table, name| {
            table.lists(name, |_, list| list.push(0.0))
        });
    let mask = table.columns[1].1.clone();
    table
        .with("mask", mask)
        .lists("mask", |_, list| {
            let padding = list.len() - 1;
            list.fill(0.0);
            list[padding] = 1.0;
        })
        .write(&place.path("jets.parquet"));
    place.follows(
        "inputs jets.parquet",
        "--columns part_padding=mask",
        "inputs jets.parquet --columns part_padding=mask",
    );
    // Pseudorapidities that are mirrored.
    let mirrored =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/jet_files/mirrored.parquet");
    std::fs::copy(mirrored, place.path("mirrored.parquet")).unwrap();
    place.follows(
        "observables mirrored.parquet --observable mass",
        "--columns part_deta_mirrored=part_deta",
        "observables mirrored.parquet --observable mass --columns part_deta_mirrored=part_deta",
    );
    // Something that may be a mass.
    let table = JetTable::draw(4);
    let masses = table.columns[1].1.clone();
    table
        .with("mass_reco", masses)
        .write(&place.path("jets.parquet"));
    for right in ["--columns part_m=mass_reco", "--convention pt-eta-phi"] {
        place.follows(
            "inputs jets.parquet",
            right,
            &format!("inputs jets.parquet {right}"),
        );
    }
}

fn groups_of_columns(place: &Place) {
    let table = JetTable::draw(4);
    let copies: Vec<(String, Values)> = table
        .columns
        .iter()
        .filter(|(name, _)| name.starts_with("part_"))
        .map(|(name, values)| (name.replace("part_", "muon_"), values.clone()))
        .collect();
    let table = copies
        .into_iter()
        .fold(table, |table, (name, values)| table.with(&name, values));
    ["pt", "eta", "phi"]
        .iter()
        .fold(table, |table, name| {
            table.renamed(&format!("part_{name}"), &format!("track_{name}"))
        })
        .write(&place.path("jets.parquet"));
    place.follows(
        "inputs jets.parquet",
        "--columns part_pt=",
        "inputs jets.parquet --columns part_pt=track_pt",
    );
}

fn not_ours(place: &Place) {
    JetTable::draw(4)
        .renamed("part_pt", "hardness")
        .write(&place.path("jets.parquet"));
    place.follows(
        "inputs jets.parquet --columns part_pp=hardness,part_eta=part_eta,part_phi=part_phi",
        "the nearest is `part_pt`",
        "inputs jets.parquet --columns part_pt=hardness,part_eta=part_eta,part_phi=part_phi",
    );
    place.follows(
        "inputs jets.parquet --columns particle_pt=hardness",
        "the nearest is `part_pt`",
        "inputs jets.parquet --columns part_pt=hardness",
    );
}

fn disagree(place: &Place) {
    let table = JetTable::draw(4);
    let (_, pt) = table
        .columns
        .iter()
        .find(|(name, _)| name == "part_pt")
        .unwrap();
    let (mass, energy) = (pt.clone(), pt.clone());
    table
        .with("part_m", mass)
        .with("part_e", energy)
        .lists("part_m", |_, list| list.fill(0.1))
        .lists("part_e", |_, list| list.fill(900.0))
        .write(&place.path("jets.parquet"));
    place.follows(
        "inputs jets.parquet",
        "--convention pt-eta-phi-m",
        "inputs jets.parquet --convention pt-eta-phi-m",
    );
    place.works("inputs jets.parquet --convention pt-eta-phi-e");
}

fn lengths(place: &Place) {
    JetTable::draw(6)
        .lists("part_phi", |row, list| {
            if row == 3 {
                list.pop();
            }
        })
        .write(&place.path("jets.parquet"));
    place.follows(
        "inputs jets.parquet",
        "--skip-bad-rows",
        "inputs jets.parquet --skip-bad-rows",
    );
}

fn empty(place: &Place) {
    ["part_pt", "part_eta", "part_phi"]
        .iter()
        .fold(JetTable::draw(6), |table, name| {
            table.lists(name, |row, list| {
                if row == 3 {
                    list.clear();
                }
            })
        })
        .write(&place.path("jets.parquet"));
    place.follows(
        "inputs jets.parquet",
        "--skip-bad-rows",
        "inputs jets.parquet --skip-bad-rows",
    );
}

fn value(place: &Place) {
    JetTable::draw(60)
        .lists("part_pt", |row, list| {
            if row == 3 {
                list[0] = -1.0;
            }
        })
        .write(&place.path("jets.parquet"));
    for command in [
        "inputs jets.parquet",
        "observables jets.parquet --observable mass",
        "audit mass jets.parquet",
    ] {
        place.follows(
            command,
            "--skip-bad-rows",
            &format!("{command} --skip-bad-rows"),
        );
    }
}

fn features(place: &Place) {
    let numbers: Vec<f64> = (0..2)
        .flat_map(|_| {
            [
                40.0, 0.1, 0.2, 0.0, 20.0, -0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
            ]
        })
        .collect();
    let array = Array::F64(Tensor::new(vec![2, 3, 4], numbers));
    let labels = Array::I64(Tensor::new(vec![2], vec![0, 1]));
    npz::write(&place.path("jets.npz"), &[("X", array), ("y", labels)]).unwrap();
    place.follows(
        "observables jets.npz --observable mass",
        "--columns pt,y,phi,pid",
        "observables jets.npz --observable mass --columns pt,y,phi,pid",
    );
}

fn unknown_observable(place: &Place) {
    JetTable::draw(4).write(&place.path("jets.parquet"));
    place.follows(
        "observables jets.parquet --observable masss",
        "the nearest is `mass`",
        "observables jets.parquet --observable mass",
    );
}

fn graph(place: &Place) {
    JetTable::draw(4).write(&place.path("jets.parquet"));
    place.follows(
        "observables jets.parquet --efp edges=0-0",
        "`0-1,1-2,0-2`",
        "observables jets.parquet --efp edges=0-1,1-2,0-2",
    );
}

fn graph_request(place: &Place) {
    JetTable::draw(4).write(&place.path("jets.parquet"));
    place.follows(
        "observables jets.parquet --efp q<=3",
        "`chi<=3`",
        "observables jets.parquet --efp edges=0-1,1-2,2-0",
    );
}

/// A recipe that trains in a moment.
fn recipe(files: &str, data: &str) -> String {
    format!(
        "files = [{files}]\nshares = [0.6, 0.1]\n\
         [input]\nkind = \"scalars\"\nobservables = [\"girth\", \"lha\"]\n\
         [network]\nscore = true\nlayers = [{{ kind = \"dense\", units = 4, activation = \"relu\" }}]\n\
         [training]\nepochs = 1\n{data}"
    )
}

fn no_files(place: &Place) {
    JetTable::draw(30).write(&place.path("jets.parquet"));
    place.write("wrong.toml", &recipe("", ""));
    place.write("right.toml", &recipe("'*.parquet'", ""));
    place.follows("train wrong.toml", "a pattern such as", "train right.toml");
}

fn no_match(place: &Place) {
    JetTable::draw(4).write(&place.path("jets.parquet"));
    place.follows("inputs *.npz", "holds jets.parquet", "inputs jets.parquet");
}

fn unlabelled(place: &Place) {
    JetTable::draw(4)
        .renamed("label", "is_signal_new")
        .write(&place.path("jets.parquet"));
    place.follows(
        "inputs jets.parquet",
        "--label is_signal_new",
        "inputs jets.parquet --label is_signal_new",
    );
    place.write(
        "label.toml",
        &format!("{SPEC}[data]\nlabel = \"is_signal_new\"\n"),
    );
    place.follows(
        "inputs jets.parquet",
        "[data] label = \"is_signal_new\"",
        "inputs jets.parquet --spec label.toml",
    );
    JetTable::draw(4).write(&place.path("others.parquet"));
    place.follows(
        "inputs jets.parquet",
        "--label NAME=FILES",
        "inputs --label W=jets.parquet --label QCD=others.parquet",
    );
}

fn column(place: &Place) {
    let events = Values::Integer((0..30).collect());
    JetTable::draw(30)
        .with("event", events)
        .write(&place.path("jets.parquet"));
    place.write(
        "wrong.toml",
        &recipe("'jets.parquet'", "[data]\ngroup = \"evnet\"\n"),
    );
    place.write(
        "right.toml",
        &recipe("'jets.parquet'", "[data]\ngroup = \"event\"\n"),
    );
    place.follows(
        "train wrong.toml",
        "did you mean `event`?",
        "train right.toml",
    );
    place.follows(
        "train right.toml --group evnet",
        "did you mean `event`?",
        "train right.toml --group event",
    );
}

/// A column of events that cannot be one, beside one that can.
fn no_event(place: &Place, event: Values) {
    JetTable::draw(30)
        .with("event", event)
        .with("number", Values::Integer((0..30).collect()))
        .write(&place.path("jets.parquet"));
    place.write("wrong.toml", &recipe("'jets.parquet'", ""));
    place.write(
        "other.toml",
        &recipe("'jets.parquet'", "[data]\ngroup = \"number\"\n"),
    );
    place.write(
        "none.toml",
        &recipe("'jets.parquet'", "[data]\ngroup = \"\"\n"),
    );
    place.follows(
        "train wrong.toml",
        "[data] group = \"NAME\"",
        "train other.toml",
    );
    place.follows("train wrong.toml", "[data] group = \"\"", "train none.toml");
}

fn group_kind(place: &Place) {
    let lists: Vec<Vec<i64>> = (0..30).map(|row| vec![row]).collect();
    no_event(place, Values::IntegerLists(lists.into_iter().collect()));
}

fn group(place: &Place) {
    no_event(
        place,
        Values::Float((0..30).map(|row| f64::from(row) / 2.0).collect()),
    );
}

fn label(place: &Place) {
    let labels = Values::Float(vec![0.0, 1.0, 0.5, 1.0, 0.0, 1.0]);
    JetTable::draw(6)
        .with("label", labels)
        .write(&place.path("jets.parquet"));
    place.follows(
        "inputs jets.parquet",
        "--skip-bad-rows",
        "inputs jets.parquet --skip-bad-rows",
    );
    for missing in ["", "NA"] {
        let labels = texts(["top", "QCD", missing].into_iter().cycle().take(6));
        JetTable::draw(6)
            .with("label", labels)
            .write(&place.path("jets.parquet"));
        place.follows(
            "inputs jets.parquet --signal top",
            "--skip-bad-rows",
            "inputs jets.parquet --signal top --skip-bad-rows",
        );
    }
}

fn one_hot(place: &Place) {
    JetTable::draw(4)
        .without("label")
        .with("label_W", Values::Integer(vec![1, 0, 1, 0]))
        .with("label_QCD", Values::Integer(vec![0, 1, 1, 1]))
        .write(&place.path("jets.parquet"));
    place.follows(
        "inputs jets.parquet --signal W",
        "--skip-bad-rows",
        "inputs jets.parquet --signal W --skip-bad-rows",
    );
}

fn choose(place: &Place) {
    let labels = texts(["top", "QCD", "W"].into_iter().cycle().take(6));
    JetTable::draw(6)
        .with("label", labels)
        .write(&place.path("jets.parquet"));
    place.follows(
        "inputs jets.parquet",
        "--signal top --background QCD",
        "inputs jets.parquet --signal top --background QCD",
    );
    place.write(
        "classes.toml",
        &format!("{SPEC}[data]\nsignal = \"top\"\nbackground = \"QCD\"\n"),
    );
    place.works("inputs jets.parquet --spec classes.toml");
    JetTable::draw(6)
        .with("label", Values::Integer(vec![-1, 0, 1, 1, 0, -1]))
        .write(&place.path("jets.parquet"));
    place.follows(
        "inputs jets.parquet",
        "--signal 1 --background -1",
        "inputs jets.parquet --signal 1 --background -1",
    );
}

fn unknown_class(place: &Place) {
    let labels = texts(["top", "QCD"].into_iter().cycle().take(6));
    JetTable::draw(6)
        .with("label", labels)
        .write(&place.path("jets.parquet"));
    place.follows(
        "inputs jets.parquet --signal tpo",
        "did you mean `top`?",
        "inputs jets.parquet --signal top",
    );
}

fn file_label(place: &Place) {
    for name in ["a.parquet", "b.parquet"] {
        JetTable::draw(4).without("label").write(&place.path(name));
    }
    place.follows(
        "inputs a.parquet b.parquet --label W=a.parquet",
        "--label NAME=FILES",
        "inputs a.parquet b.parquet --label W=a.parquet --label QCD=b.parquet",
    );
}

fn one_class(place: &Place) {
    let only = |label: i64| JetTable::draw(4).with("label", Values::Integer(vec![label; 4]));
    only(1).write(&place.path("w.parquet"));
    only(0).write(&place.path("qcd.parquet"));
    place.follows(
        "inputs w.parquet",
        "give files with both",
        "inputs w.parquet qcd.parquet",
    );
    place.follows(
        "inputs w.parquet",
        "`pellucid inputs --no-labels`",
        "inputs w.parquet --no-labels",
    );
}

fn overwrites(place: &Place) {
    JetTable::draw(4).write(&place.path("jets.parquet"));
    let cluster = "cluster jets.parquet --algorithm kt --radius 1 --out";
    place.follows(
        &format!("{cluster} jets.parquet"),
        "choose another --out",
        &format!("{cluster} out.parquet"),
    );
}

fn mistyped_setting(place: &Place) {
    JetTable::draw(4).write(&place.path("jets.parquet"));
    place.write("wrong.toml", &format!("{SPEC}[data]\nlabl = \"label\"\n"));
    place.write("right.toml", &format!("{SPEC}[data]\nlabel = \"label\"\n"));
    place.follows(
        "inputs jets.parquet --spec wrong.toml",
        "did you mean `label`?",
        "inputs jets.parquet --spec right.toml",
    );
}

/// Settings under which an explanation takes a moment.
const QUICK: &str = "replicas = 5\n[attribution]\nevents = 20\nrandom_models = 1\n\
    most_activating = 5\nmethods = [{ method = \"gradient\" }]\n[importance]\nevents = 20\nrepeats = 1\n\
    [search]\ndegree = 1\nkappas = [1.0]\nbetas = [1.0]\n[search.guided]\nmax_observables = 1\n\
    [search.student]\nhidden = [4]\n[search.student.training]\nepochs = 1\n";

fn unknown_variable(place: &Place) {
    JetTable::draw(4).write(&place.path("jets.parquet"));
    let list = |feature: &str| {
        format!("[inputs.x]\nkind = \"particles\"\ncount = 3\nfeatures = [\"{feature}\"]\n")
    };
    place.write("wrong.toml", &list("part_deltaRR"));
    place.write("right.toml", &list("part_deltaR"));
    place.follows(
        "inputs jets.parquet --spec wrong.toml",
        "`pellucid inputs --variables`",
        "inputs --variables",
    );
    place.follows(
        "inputs jets.parquet --spec wrong.toml",
        "the nearest is `part_deltaR`",
        "inputs jets.parquet --spec right.toml",
    );
}

fn no_inputs(place: &Place) {
    JetTable::draw(60).write(&place.path("jets.parquet"));
    model(&place.path("tagger.onnx"), false);
    place.write("right.toml", &format!("{QUICK}{SPEC}"));
    place.follows(
        "explain --model tagger.onnx --data jets.parquet",
        "[inputs.NAME]",
        "explain --model tagger.onnx --data jets.parquet --config right.toml",
    );
    place.follows(
        "audit tagger.onnx jets.parquet",
        "[inputs.NAME]",
        "audit tagger.onnx jets.parquet --spec spec.toml",
    );
}

fn shape(place: &Place) {
    JetTable::draw(60).write(&place.path("jets.parquet"));
    model(&place.path("tagger.onnx"), false);
    place.write(
        "wrong.toml",
        "[inputs.x]\nkind = \"scalars\"\nobservables = [\"girth\"]\n",
    );
    place.follows(
        "audit tagger.onnx jets.parquet --spec wrong.toml",
        "change one of them",
        "audit tagger.onnx jets.parquet --spec spec.toml",
    );
}

fn input_names(place: &Place) {
    JetTable::draw(60).write(&place.path("jets.parquet"));
    model(&place.path("tagger.onnx"), false);
    place.write(
        "wrong.toml",
        &format!(
            "{}{}",
            SPEC.replace("inputs.x", "inputs.y"),
            SPEC.replace("inputs.x", "inputs.z")
        ),
    );
    place.follows(
        "audit tagger.onnx jets.parquet --spec wrong.toml",
        "needs a section [inputs.NAME]",
        "audit tagger.onnx jets.parquet --spec spec.toml",
    );
}

#[test]
fn the_cases_of_reports_follow_their_advice() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/cases/jets");
    if !cases.is_dir() {
        println!("skipped: {} is not there", cases.display());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("input.npz");
    for (data, spec) in [("label_name", "label_name"), ("weaver", "weaver")] {
        let output = pellucid(&[
            "inputs",
            text(&cases.join(format!("{data}.parquet"))),
            "--spec",
            text(&cases.join(format!("{spec}.toml"))),
            "--out",
            text(&out),
        ]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{data}: {said}");
    }
}
