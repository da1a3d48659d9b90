//! `[reweight]` on files of jets.

use std::path::{Path, PathBuf};

use pellucid_core::{Job, random};
use pellucid_pipeline::source::{Account, DataSettings, Events, Source};

/// Jets of two classes whose spectra fall differently: a column of the momentum, one
/// of a mass, and one constituent of that momentum.
fn toy(folder: &Path, n: usize) -> PathBuf {
    let mut text = "pt_0,eta_0,phi_0,pt_1,eta_1,phi_1,label,event,jet_pt,m,w\n".to_owned();
    for i in 0..n {
        let mut rng = random::stream(11, i as u64);
        let signal = i % 2 == 0;
        let slope = if signal { 40.0 } else { 90.0 };
        let pt = 300.0 - slope * (1.0 - 0.98 * unit(&mut rng)).ln();
        let mass = 80.0 + 10.0 * random::normal(&mut rng);
        let weight = 0.5 + unit(&mut rng);
        let row = format!(
            "{pt},0.1,1,0,0,0,{},{i},{pt},{mass},{weight}\n",
            u8::from(signal)
        );
        text.push_str(&row);
    }
    let path = folder.join("toy.csv");
    std::fs::write(&path, text).unwrap();
    path
}

fn unit(rng: &mut impl rand::RngExt) -> f64 {
    rng.random()
}

fn read(path: &Path, settings: &str) -> Result<(Events, Account), String> {
    let settings: DataSettings = data(settings);
    let read = || Source::open(&[path.to_owned()], &settings)?.read_all(&Job::silent());
    read().map_err(|error| error.to_string())
}

/// The section `[data]` of settings.
fn data(text: &str) -> DataSettings {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Settings {
        #[serde(default)]
        data: DataSettings,
    }
    pellucid_pipeline::settings::parse::<Settings>(text)
        .unwrap()
        .data
}

/// The share of each class's weights in each bin of the momentum.
fn spectra(events: &Events, edges: &[f64]) -> [Vec<f64>; 2] {
    let mut spectra = [vec![0.0; edges.len() - 1], vec![0.0; edges.len() - 1]];
    let jets = events.jets().unwrap();
    for i in 0..events.len() {
        let pt = jets.jet(i).scalar_pt();
        let Some(bin) = edges
            .windows(2)
            .position(|pair| (pair[0]..pair[1]).contains(&pt))
        else {
            continue;
        };
        let weight = events.target.weighted().map_or(1.0, |weights| weights[i]);
        spectra[usize::from(!events.labels()[i])][bin] += weight;
    }
    spectra.map(|spectrum| {
        let sum: f64 = spectrum.iter().sum();
        spectrum.iter().map(|share| share / sum).collect()
    })
}

const EDGES: [f64; 5] = [300.0, 320.0, 340.0, 380.0, 420.0];

#[test]
fn two_classes_of_different_spectra_become_equal() {
    let folder = tempfile::tempdir().unwrap();
    let path = toy(folder.path(), 4000);
    let edges = format!("{EDGES:?}");
    let (plain, _) = read(&path, "[data]\nweight = 'w'").unwrap();
    let [signal, background] = spectra(&plain, &EDGES);
    assert!(
        (signal[0] / background[0] - 1.0).abs() > 0.3,
        "{signal:?} {background:?}"
    );
    for more in ["", "skip_bad_rows = true", "batch_rows = 77"] {
        let settings = format!(
            "[reweight]\ncolumns = 'jet_pt'\nto = 'flat'\nbins = {edges}\n[data]\nweight = 'w'\n{more}"
        );
        let (events, account) = read(&path, &settings).unwrap();
        for spectrum in spectra(&events, &EDGES) {
            // A flat density: bins count by their widths.
            for (found, expected) in spectrum.iter().zip([1.0, 1.0, 2.0, 2.0]) {
                assert!((found - expected / 6.0).abs() < 1e-12, "{spectrum:?}");
            }
        }
        let told = account.reweight.clone().unwrap();
        for (place, class) in told.classes.iter().enumerate() {
            assert!(class.largest < 1e-12, "{class:?}");
            assert_eq!((class.jets, class.empty), (2000, 0));
            let jets = events.jets().unwrap();
            let beyond = |i: &usize| {
                let jet = jets.jet(*i).scalar_pt() > 420.0;
                jet && events.labels()[*i] == (place == 0)
            };
            let beyond: Vec<usize> = (0..events.len()).filter(beyond).collect();
            assert_eq!(class.outside, beyond.len());
            assert!(beyond.iter().all(|&i| events.weights()[i] == 0.0));
            assert!(class.effective < class.effective_before && class.effective_before < 2000.0);
            let effective = events.target.effective_of_two()[place];
            assert!((class.effective / effective - 1.0).abs() < 1e-12);
        }
        assert!(account.weights.is_some());
        let lines = account.lines().join("\n");
        for part in [
            "`jet_pt` (4 bins) to a flat spectrum",
            "chi2/ndf",
            "outside of the bins",
        ] {
            assert!(lines.contains(part), "{lines}");
        }
    }
    // An observable where no column is called so: the same numbers.
    let of = |column: &str| {
        let settings =
            format!("[reweight]\ncolumns = ['{column}']\nto = 'background'\nbins = {edges}");
        read(&path, &settings).unwrap().0
    };
    let [column, observable] = ["jet_pt", "pt"].map(of);
    assert_eq!(column.weights(), observable.weights());
    let [signal, background] = spectra(&column, &EDGES);
    let [_, before] = spectra(&plain_without_weights(&path), &EDGES);
    for ((found, goal), before) in signal.iter().zip(&background).zip(&before) {
        assert!((found - goal).abs() < 1e-12 && (goal - before).abs() < 1e-12);
    }
}

fn plain_without_weights(path: &Path) -> Events {
    read(path, "").unwrap().0
}

#[test]
fn narrow_bins_close_and_wide_ones_say_that_they_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = toy(folder.path(), 4000);
    let finer = |bins: usize| {
        let settings =
            format!("[reweight]\ncolumns = ['jet_pt']\nto = 'background'\nbins = {bins}");
        let (_, account) = read(&path, &settings).unwrap();
        account.reweight.unwrap().classes[0].finer
    };
    let (wide, narrow) = (finer(2), finer(30));
    assert!(wide.chi2 > 20.0 * wide.ndf as f64, "{wide:?}");
    // Of about 30 degrees of freedom chi2/ndf spreads by a quarter.
    assert!(narrow.chi2 < 2.5 * narrow.ndf as f64, "{narrow:?}");
}

#[test]
fn two_columns_are_reweighted_together_and_selections_come_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = toy(folder.path(), 4000);
    let settings = "[data]\nselect = 'jet_pt < 400'\n[reweight]\ncolumns = ['jet_pt', 'm']\n\
                    to = 'flat'\nbins = [4, [60, 80, 100]]";
    let (events, account) = read(&path, settings).unwrap();
    let told = account.reweight.unwrap();
    assert_eq!(told.edges[1], [60.0, 80.0, 100.0]);
    assert!(told.edges[0][4] < 400.0 && told.edges[0][0] > 300.0);
    let selected = account.selection.unwrap();
    assert_eq!(selected.of - selected.left_out, events.len());
    for class in &told.classes {
        assert!(class.largest < 1e-12, "{class:?}");
    }
}

#[test]
fn settings_that_make_no_spectrum_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = toy(folder.path(), 40);
    let base = |columns: &str, to: &str, bins: &str| {
        format!("[reweight]\ncolumns = {columns}\nto = '{to}'\nbins = {bins}")
    };
    for (settings, parts) in [
        (base("[]", "flat", "4"), &["reweight.columns", "1 to 3"][..]),
        (base("['m', 'm']", "flat", "4"), &["`m` twice"]),
        (
            base("['m', 'jet_pt', 'w', 'event']", "flat", "4"),
            &["names 4 columns"],
        ),
        (
            base("'m'", "flat", "0"),
            &["reweight.bins", "1 bin or more"],
        ),
        (base("'m'", "flat", "[1, 3, 2]"), &["rise"]),
        (
            base("['m', 'w']", "flat", "[[1, 2]]"),
            &["1 entries for 2 columns"],
        ),
        (base("['m', 'w']", "flat", "[1.5, 2]"), &["holds 1.5"]),
        (
            base("['m', 'w']", "flat", "[1000, 1000]"),
            &["makes 1000000 bins"],
        ),
        (
            base("'mm'", "flat", "4"),
            &["[reweight] columns", "did you mean"],
        ),
        (
            base("'pt_0'", "flat", "[1e9, 2e9]"),
            &["in no bin", "wider bins"],
        ),
        (
            base("'m'", "QCD", "4"),
            &["reweight.to", "`QCD`", "signal, background"],
        ),
        (base("'label'", "flat", "4"), &["in no bin"]),
    ] {
        let message = read(&path, &settings).unwrap_err();
        for part in parts {
            assert!(message.contains(part), "`{part}` is missing in: {message}");
        }
    }
    // A number that is none is a bad row.
    let text = std::fs::read_to_string(&path).unwrap();
    let mut rows: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut fields: Vec<&str> = rows[3].split(',').collect();
    fields[9] = "nan";
    rows[3] = fields.join(",");
    std::fs::write(&path, rows.join("\n")).unwrap();
    let settings = base("'m'", "flat", "2");
    let message = read(&path, &settings).unwrap_err();
    for part in ["`m`", "NaN in row 2", "--skip-bad-rows"] {
        assert!(message.contains(part), "{message}");
    }
    let (events, account) =
        read(&path, &format!("{settings}\n[data]\nskip_bad_rows = true")).unwrap();
    assert_eq!((events.len(), account.bad_rows()), (39, 1));
}
