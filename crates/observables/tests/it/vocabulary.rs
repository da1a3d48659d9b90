//! Names of real files, as their writers use them, and what is read of them.

use pellucid_core::{Column, Table, Values};
use pellucid_observables::ObservableError;
use pellucid_observables::jets::Jets;
use pellucid_observables::jets::kinematics::pseudorapidity;
use pellucid_observables::jets::property::Property;
use pellucid_observables::jets::vocabulary::{Asked, Convention, Found, Plan};

use proptest::prelude::*;

use super::random_jet;

/// Columns in a line: a star behind those with one number per row.
fn columns(line: &str) -> Vec<Found> {
    line.split_whitespace()
        .map(|name| match name.strip_suffix('*') {
            Some(flat) => Found::of(flat, false),
            None => Found::of(name, true),
        })
        .collect()
}

fn plan(line: &str) -> Result<Plan, ObservableError> {
    Asked::of(&columns(line)).jets().plan()
}

fn refusal(line: &str) -> String {
    plan(line).unwrap_err().to_string()
}

/// Ours and the file's names that are read.
fn read(plan: &Plan) -> String {
    let map = plan.map();
    let pairs = plan
        .names()
        .into_iter()
        .map(|ours| format!("{ours}={}", map[ours]));
    pairs.collect::<Vec<_>>().join(" ")
}

#[test]
fn files_of_many_writers_are_read_by_their_own_names() {
    for (line, convention, expected) in [
        // JetClass, as weaver reads it.
        (
            "part_px part_py part_pz part_energy part_deta part_dphi part_d0val part_charge jet_pt* jet_eta* \
             jet_phi* jet_energy* jet_sdmass* label_QCD* aux_genpart_pt aux_genpart_eta aux_genpart_phi",
            Convention::PxPyPzE,
            "part_px=part_px part_py=part_py part_pz=part_pz part_e=part_energy jet_pt=jet_pt jet_eta=jet_eta \
             jet_phi=jet_phi jet_e=jet_energy",
        ),
        // NanoAOD with its candidates.
        (
            "Jet_pt Jet_eta Jet_phi Jet_mass Muon_pt Muon_eta Muon_phi PFCands_pt PFCands_eta PFCands_phi \
             PFCands_mass PFCands_pdgId",
            Convention::PtEtaPhiM,
            "part_pt=PFCands_pt part_eta=PFCands_eta part_phi=PFCands_phi part_m=PFCands_mass",
        ),
        // Records of records, as awkward writes them.
        (
            "jets.pt* jets.eta* jets.phi* jets.mass* jets.constituents.pt jets.constituents.eta \
             jets.constituents.phi jets.constituents.energy",
            Convention::PtEtaPhiE,
            "part_pt=jets.constituents.pt part_eta=jets.constituents.eta part_phi=jets.constituents.phi \
             part_e=jets.constituents.energy jet_pt=jets.pt jet_eta=jets.eta jet_phi=jets.phi jet_m=jets.mass",
        ),
        // Delphes.
        (
            "Particle.PT Particle.Eta Particle.Phi Particle.Mass Particle.PID",
            Convention::PtEtaPhiM,
            "part_pt=Particle.PT part_eta=Particle.Eta part_phi=Particle.Phi part_m=Particle.Mass",
        ),
        // Top tagging, folded.
        (
            "E PX PY PZ truthE* is_signal_new*",
            Convention::PxPyPzE,
            "part_px=PX part_py=PY part_pz=PZ part_e=E",
        ),
        (
            "px py pz mass",
            Convention::PxPyPzM,
            "part_px=px part_py=py part_pz=pz part_m=mass",
        ),
        (
            "pt rapidity phi M",
            Convention::PtYPhiM,
            "part_pt=pt part_y=rapidity part_phi=phi part_m=M",
        ),
    ] {
        let plan = plan(line).unwrap();
        assert_eq!(plan.convention(), convention, "{line}");
        assert_eq!(
            read(&plan),
            expected.split_whitespace().collect::<Vec<_>>().join(" ")
        );
        assert!(!plan.massless());
    }
}

#[test]
fn a_mass_or_an_energy_is_read_or_refused_under_every_name() {
    for name in [
        "mass",
        "Mass",
        "M",
        "m",
        "energy",
        "E",
        "e",
        "part_m",
        "part_mass",
        "part_energy",
        "part_e",
    ] {
        let prefix = if name.starts_with("part_") {
            "part_"
        } else {
            ""
        };
        let line = format!("{prefix}pt {prefix}eta {prefix}phi {name}");
        let plan = plan(&line).unwrap();
        assert!(!plan.massless(), "{line}");
        assert!(plan.map().values().any(|theirs| theirs == name), "{line}");
    }
    for name in ["mass_reco", "part_trackMass", "energy_raw", "part_mass"] {
        let message = refusal(&format!("pt eta phi {name}"));
        assert!(message.contains(name), "{message}");
        assert!(message.contains(&format!("part_m={name}")), "{message}");
        assert!(message.contains("--convention pt-eta-phi"), "{message}");
    }
    // The way out that the message names.
    let found = columns("pt eta phi mass_reco");
    let massless = Asked::of(&found)
        .convention(Some(Convention::PtEtaPhi))
        .plan()
        .unwrap();
    assert!(massless.massless());
    let map: std::collections::BTreeMap<String, String> =
        [("part_m".to_owned(), "mass_reco".to_owned())].into();
    let plan = Asked::of(&found).map(&map).plan().unwrap();
    assert_eq!(plan.file_name("part_m"), Some("mass_reco"));
    assert_eq!(plan.file_name("part_pt"), Some("pt"));
}

#[test]
fn labels_called_y_are_no_rapidities() {
    let plan = plan("pt eta phi y*").unwrap();
    assert_eq!(plan.convention(), Convention::PtEtaPhiM);
    let told = plan.notes().join("\n");
    assert!(
        told.contains("`y`") && told.contains("--convention"),
        "{told}"
    );
    let message = refusal("pt eta phi y");
    assert!(
        message.contains("pt-eta-phi-m") && message.contains("pt-y-phi-m"),
        "{message}"
    );
}

#[test]
fn one_mapped_column_brings_its_group_along() {
    let found = columns(
        "Muon_pt Muon_eta Muon_phi Muon_mass GenPart_pt GenPart_eta GenPart_phi GenPart_mass",
    );
    let message = Asked::of(&found[..]).plan().unwrap_err().to_string();
    assert!(
        message.contains("GenPart_pt") && message.contains("Muon_pt"),
        "{message}"
    );
    let map: std::collections::BTreeMap<String, String> =
        [("part_pt".to_owned(), "GenPart_pt".to_owned())].into();
    let plan = Asked::of(&found).map(&map).plan().unwrap();
    assert_eq!(plan.file_name("part_m"), Some("GenPart_mass"));
}

#[test]
fn what_is_not_used_is_said() {
    let of = |line: &str| plan(line).unwrap().notes().join("\n");
    assert_eq!(of("part_pt part_eta part_phi part_m"), "");
    assert!(of("part_pt part_eta part_phi").contains("massless"));
    assert!(
        of("part_pt part_y part_eta part_phi part_m")
            .contains("not used of the momenta: `part_eta`")
    );
    assert!(of("pt eta phi mass").contains("`mass`"));
    assert!(of("part_pt part_eta part_phi part_m part_mass").contains("`part_mass`"));
}

#[test]
fn a_map_that_cannot_be_followed_is_refused_with_the_names_there_are() {
    let found = columns("pt eta phi");
    let asked = |ours: &str, theirs: &str| {
        let map: std::collections::BTreeMap<String, String> =
            [(ours.to_owned(), theirs.to_owned())].into();
        Asked::of(&found).map(&map).plan().unwrap_err().to_string()
    };
    let message = asked("part_pt", "ptt");
    assert!(
        message.contains("`ptt`") && message.contains("pt, eta, phi"),
        "{message}"
    );
    let message = asked("part_ptt", "pt");
    assert!(message.contains("nearest is `part_pt`"), "{message}");
}

#[test]
fn flags_stand_for_the_numbers_of_kinds_and_impact_parameters_of_cms_do_not_pass() {
    let line = "part_pt part_eta part_phi part_charge part_isChargedHadron part_isNeutralHadron \
                part_isPhoton part_isElectron part_isMuon part_d0val part_dzval";
    let found = columns(line);
    let asked = |properties: &[Property]| Asked::of(&found).properties(properties).plan();
    let plan = asked(&[Property::Pid, Property::D0, Property::Dz]).unwrap();
    assert_eq!(plan.file_name("part_d0"), Some("part_d0val"));
    assert_eq!(plan.file_name("part_isMuon"), Some("part_isMuon"));
    let message = asked(&[Property::D0Error]).unwrap_err().to_string();
    assert!(message.contains("part_d0err"), "{message}");
    let found = columns("PFCands_pt PFCands_eta PFCands_phi PFCands_d0");
    let asked = Asked::of(&found).properties(&[Property::D0]);
    let message = asked.plan().unwrap_err().to_string();
    assert!(
        message.contains("centimetres") && message.contains("PFCands_d0"),
        "{message}"
    );
}

/// Two jets by the columns of one convention, each with `padding` entries of
/// zeros behind.
fn table(seed: u64, names: [&str; 4], padding: usize) -> Table {
    let jets = [random_jet(7, seed), random_jet(3, seed + 1000)];
    let column = |name: &&str| {
        let lists = jets.iter().map(|jet| {
            let numbers = jet.iter().map(|p| {
                let mt = p.pt.hypot(p.m);
                match *name {
                    "pt" => p.pt,
                    "y" => p.y,
                    "eta" => pseudorapidity(p.pt, p.y, p.m),
                    "phi" => p.phi,
                    "mass" => p.m,
                    "px" => p.pt * p.phi.cos(),
                    "py" => p.pt * p.phi.sin(),
                    "pz" => mt * p.y.sinh(),
                    _ => mt * p.y.cosh(),
                }
            });
            let padding = std::iter::repeat_n(0.0, padding);
            numbers.chain(padding).collect::<Vec<f64>>()
        });
        Column {
            name: (*name).to_owned(),
            unit: String::new(),
            values: Values::FloatLists(lists.collect()),
        }
    };
    Table::new(names.iter().map(column).collect()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    #[test]
    fn jets_are_the_same_in_every_convention_and_with_padding(seed in 0_u64..500, padding in 0_usize..4) {
        let plain = Jets::from_table(&table(seed, ["pt", "y", "phi", "mass"], 0), 0).unwrap();
        for names in [
            ["pt", "y", "phi", "mass"],
            ["pt", "eta", "phi", "mass"],
            ["pt", "y", "phi", "energy"],
            ["pt", "eta", "phi", "energy"],
            ["px", "py", "pz", "energy"],
            ["px", "py", "pz", "mass"],
        ] {
            let jets = Jets::from_table(&table(seed, names, padding), 0).unwrap();
            prop_assert_eq!(jets.len(), 2);
            for (jet, expected) in jets.iter().zip(plain.iter()) {
                prop_assert_eq!(jet.len(), expected.len());
                for (p, q) in jet.constituents().zip(expected.constituents()) {
                    let e = q.pt.hypot(q.m) * q.y.cosh();
                    prop_assert!((p.pt - q.pt).abs() < 1e-12 * q.pt);
                    prop_assert!((p.y - q.y).abs() < 1e-7);
                    // A squared mass is a difference of squares of the energy.
                    prop_assert!((p.m * p.m - q.m * q.m).abs() < 1e-14 * e * e + 1e-13, "{names:?}");
                }
            }
        }
    }
}
