//! What the variables of foreign input specifications are.
//!
//! weaver's `preprocess.json` names its variables, `pfcand_etarel` or
//! `part_logptrel`, and does not say what they are: the programs that filled them
//! do. Here each has its formula, written in the language of
//! [`Formula`], its unit, and where it is defined. What the table
//! prints is what is evaluated.
//!
//! * **Units:** ours are GeV, mm and radians; the impact parameters of CMS are in
//!   cm, those of JetClass in mm.
//! * A variable **without a formula** is of things that no file of ours tells
//!   (vertices, hits, fits of tracks): it takes its `pad` value.
//!
//! References: JetClass, H. Qu, C. Li, S. Qian, arXiv:2202.03772, and its data
//! configurations; ParticleNet, H. Qu, L. Gouskos, arXiv:1902.08570; CMSSW,
//! `RecoBTag/FeatureTools` (offline, the names `pfcand_…`) and
//! `ParticleNetFeatureEvaluator` (trigger, the names `jet_pfcand_…`).

use super::formula::Formula;
use crate::ObservableError;

/// A variable of foreign specifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Its names.
    pub names: &'static [&'static str],
    /// What it is; nothing if no file of ours tells it.
    pub formula: Option<&'static str>,
    /// The unit of the formula's value.
    pub unit: &'static str,
    /// Where it is defined.
    pub source: &'static str,
}

const JETCLASS: &str = "JetClass";
const WEAVER: &str = "weaver data configurations";
const CMS: &str = "CMS";
const HLT: &str = "CMS trigger";
const ALL: &str = "CMS and JetClass";

const fn row(
    names: &'static [&'static str],
    formula: &'static str,
    unit: &'static str,
    source: &'static str,
) -> Variable {
    Variable {
        names,
        formula: Some(formula),
        unit,
        source,
    }
}

const fn absent(
    names: &'static [&'static str],
    unit: &'static str,
    source: &'static str,
) -> Variable {
    Variable {
        names,
        formula: None,
        unit,
        source,
    }
}

/// The energy of the particle as a pion.
const ETA_REL: &str = "arctanh((px * jet_pt * cos(jet_phi) + py * jet_pt * sin(jet_phi) + pz * jet_pt * sinh(jet_eta)) \
                       / (jet_pt * cosh(jet_eta) * sqrt(px ** 2 + py ** 2 + pz ** 2 + 0.13957039 ** 2)))";
/// The cosine of the angle between particle and jet.
const ALONG: &str =
    "(cos(phi - jet_phi) + sinh(eta) * sinh(jet_eta)) / (cosh(eta) * cosh(jet_eta))";
/// Its sine over the particle's momentum.
const ACROSS: &str = "sqrt(maximum(0, 1 - ((cos(phi - jet_phi) + sinh(eta) * sinh(jet_eta)) / (cosh(eta) * \
                      cosh(jet_eta))) ** 2)) / (pt * cosh(eta))";

/// All variables that are known by name.
pub const VARIABLES: &[Variable] = &[
    // Columns and new variables of JetClass and of the other public sets of weaver.
    row(&["part_px"], "px", "GeV", JETCLASS),
    row(&["part_py"], "py", "GeV", JETCLASS),
    row(&["part_pz"], "pz", "GeV", JETCLASS),
    row(
        &["part_energy", "part_e", "part_E"],
        "energy",
        "GeV",
        JETCLASS,
    ),
    row(&["part_pt"], "pt", "GeV", JETCLASS),
    row(&["part_eta"], "eta", "", JETCLASS),
    row(&["part_phi"], "phi", "rad", JETCLASS),
    row(&["part_m", "part_mass"], "mass", "GeV", JETCLASS),
    row(
        &["part_deta", "part_etarel"],
        "where(jet_eta < 0, -1, 1) * (eta - jet_eta)",
        "",
        JETCLASS,
    ),
    row(
        &["part_dphi", "part_phirel"],
        "delta_phi(phi, jet_phi)",
        "rad",
        JETCLASS,
    ),
    row(
        &["part_deltaR"],
        "hypot(eta - jet_eta, delta_phi(phi, jet_phi))",
        "",
        JETCLASS,
    ),
    row(&["part_pt_log"], "log(pt)", "ln GeV", JETCLASS),
    row(&["part_e_log"], "log(energy)", "ln GeV", JETCLASS),
    row(
        &["part_logptrel", "part_ptrel_log"],
        "log(pt / jet_pt)",
        "",
        JETCLASS,
    ),
    row(
        &["part_logerel", "part_erel_log"],
        "log(energy / jet_energy)",
        "",
        JETCLASS,
    ),
    row(&["part_charge"], "charge", "e", JETCLASS),
    row(&["part_pid"], "pid", "", WEAVER),
    row(&["part_isChargedHadron"], "is_charged_hadron", "", JETCLASS),
    row(&["part_isNeutralHadron"], "is_neutral_hadron", "", JETCLASS),
    row(&["part_isPhoton"], "is_photon", "", JETCLASS),
    row(&["part_isElectron"], "is_electron", "", JETCLASS),
    row(&["part_isMuon"], "is_muon", "", JETCLASS),
    row(
        &["part_isCHad"],
        "(abs(pid) == 211) + (abs(pid) == 321) * 0.5 + (abs(pid) == 2212) * 0.2",
        "",
        WEAVER,
    ),
    row(
        &["part_isNHad"],
        "(abs(pid) == 130) + (abs(pid) == 2112) * 0.2",
        "",
        WEAVER,
    ),
    row(&["part_d0val"], "d0", "mm", JETCLASS),
    row(&["part_d0err"], "d0_error", "mm", JETCLASS),
    row(&["part_dzval"], "dz", "mm", JETCLASS),
    row(&["part_dzerr"], "dz_error", "mm", JETCLASS),
    row(&["part_d0"], "tanh(d0)", "of d0 in mm", JETCLASS),
    row(&["part_dz"], "tanh(dz)", "of dz in mm", JETCLASS),
    row(
        &["part_d0e"],
        "tanh(d0_error)",
        "of its error in mm",
        WEAVER,
    ),
    row(
        &["part_dze"],
        "tanh(dz_error)",
        "of its error in mm",
        WEAVER,
    ),
    row(
        &[
            "part_mask",
            "pfcand_mask",
            "pf_mask",
            "jet_pfcand_mask",
            "mask",
        ],
        "mask",
        "",
        ALL,
    ),
    row(
        &["jet_nparticles", "n_parts"],
        "jet_multiplicity",
        "",
        JETCLASS,
    ),
    row(&["jet_m", "jet_mass"], "jet_mass", "GeV", WEAVER),
    // Offline taggers of CMS.
    row(&["pfcand_px"], "px", "GeV", CMS),
    row(&["pfcand_py"], "py", "GeV", CMS),
    row(&["pfcand_pz"], "pz", "GeV", CMS),
    row(&["pfcand_energy"], "energy", "GeV", CMS),
    row(&["pfcand_pt", "pfcand_pt_nopuppi"], "pt", "GeV", CMS),
    row(&["pfcand_eta"], "eta", "", CMS),
    row(&["pfcand_phi"], "phi", "rad", CMS),
    row(&["pfcand_ptrel"], "pt / jet_pt", "", CMS),
    row(&["pfcand_erel"], "energy / jet_energy", "", CMS),
    row(
        &["pfcand_etarel"],
        "where(jet_eta < 0, -1, 1) * (eta - jet_eta)",
        "",
        CMS,
    ),
    row(&["pfcand_phirel"], "delta_phi(phi, jet_phi)", "rad", CMS),
    row(
        &["pfcand_deltaR"],
        "hypot(eta - jet_eta, delta_phi(phi, jet_phi))",
        "",
        CMS,
    ),
    row(&["pfcand_abseta"], "abs(eta)", "", CMS),
    row(
        &["pfcand_pt_log", "pfcand_pt_log_nopuppi"],
        "log(pt)",
        "ln GeV",
        CMS,
    ),
    row(
        &["pfcand_e_log", "pfcand_e_log_nopuppi", "pfcand_energy_log"],
        "log(energy)",
        "ln GeV",
        CMS,
    ),
    row(
        &["pfcand_ptrel_log", "pfcand_logptrel"],
        "log(pt / jet_pt)",
        "",
        CMS,
    ),
    row(
        &["pfcand_erel_log", "pfcand_logerel"],
        "log(energy / jet_energy)",
        "",
        CMS,
    ),
    row(&["pfcand_drsubjet1"], "delta_r_subjet1", "", CMS),
    row(&["pfcand_drsubjet2"], "delta_r_subjet2", "", CMS),
    row(&["pfcand_charge"], "charge", "e", CMS),
    row(&["pfcand_isEl"], "is_electron", "", CMS),
    row(&["pfcand_isMu"], "is_muon", "", CMS),
    row(&["pfcand_isGamma"], "is_photon", "", CMS),
    row(&["pfcand_isChargedHad"], "is_charged_hadron", "", CMS),
    row(&["pfcand_isNeutralHad"], "is_neutral_hadron", "", CMS),
    row(&["pfcand_dxy"], "d0 / 10", "cm", CMS),
    row(&["pfcand_dz"], "dz / 10", "cm", CMS),
    row(&["pfcand_dxysig"], "d0 / d0_error", "", CMS),
    row(&["pfcand_dzsig"], "dz / dz_error", "", CMS),
    // No pile-up in our files: all of a particle counts.
    row(&["pfcand_puppiw", "jet_pfcand_puppiw"], "1 * mask", "", CMS),
    absent(&["pfcand_VTX_ass"], "", CMS),
    absent(&["pfcand_fromPV"], "", CMS),
    absent(&["pfcand_lostInnerHits"], "", CMS),
    absent(&["pfcand_quality"], "", CMS),
    absent(&["pfcand_normchi2"], "", CMS),
    absent(&["pfcand_hcalFrac"], "", CMS),
    absent(&["pfcand_drminsv"], "", CMS),
    absent(&["pfcand_dptdpt"], "", CMS),
    absent(&["pfcand_detadeta"], "", CMS),
    absent(&["pfcand_dphidphi"], "", CMS),
    absent(&["pfcand_dxydxy"], "cm²", CMS),
    absent(&["pfcand_dzdz"], "cm²", CMS),
    absent(&["pfcand_dxydz"], "cm²", CMS),
    absent(&["pfcand_dphidxy"], "cm", CMS),
    absent(&["pfcand_dlambdadz"], "cm", CMS),
    absent(&["pfcand_btagEtaRel"], "", CMS),
    absent(&["pfcand_btagPtRatio"], "", CMS),
    absent(&["pfcand_btagPParRatio"], "", CMS),
    absent(&["pfcand_btagSip2dVal"], "cm", CMS),
    absent(&["pfcand_btagSip2dSig"], "", CMS),
    absent(&["pfcand_btagSip3dVal"], "cm", CMS),
    absent(&["pfcand_btagSip3dSig"], "", CMS),
    absent(&["pfcand_btagJetDistVal"], "cm", CMS),
    // Taggers of the trigger: differences are jet minus particle.
    row(&["jet_pfcand_pt_log"], "log(pt)", "ln GeV", HLT),
    row(&["jet_pfcand_energy_log"], "log(energy)", "ln GeV", HLT),
    row(&["jet_pfcand_deta"], "jet_eta - eta", "", HLT),
    row(&["jet_pfcand_dphi"], "delta_phi(jet_phi, phi)", "rad", HLT),
    row(&["jet_pfcand_eta"], "eta", "", HLT),
    row(&["jet_pfcand_charge"], "charge", "e", HLT),
    row(&["jet_pfcand_dz"], "dz / 10", "cm", HLT),
    row(&["jet_pfcand_dxy"], "d0 / 10", "cm", HLT),
    row(&["jet_pfcand_dzsig"], "abs(dz) / dz_error", "", HLT),
    row(&["jet_pfcand_dxysig"], "abs(d0) / d0_error", "", HLT),
    row(&["jet_pfcand_etarel"], ETA_REL, "", HLT),
    row(&["jet_pfcand_ppara_ratio"], ALONG, "", HLT),
    row(&["jet_pfcand_pperp_ratio"], ACROSS, "1/GeV", HLT),
    absent(&["jet_pfcand_frompv"], "", HLT),
    absent(&["jet_pfcand_nlostinnerhits"], "", HLT),
    absent(&["jet_pfcand_nhits"], "", HLT),
    absent(&["jet_pfcand_npixhits"], "", HLT),
    absent(&["jet_pfcand_nstriphits"], "", HLT),
    absent(&["jet_pfcand_track_chi2"], "", HLT),
    absent(&["jet_pfcand_track_qual"], "", HLT),
    absent(&["jet_pfcand_trackjet_d3d"], "cm", HLT),
    absent(&["jet_pfcand_trackjet_d3dsig"], "", HLT),
    absent(&["jet_pfcand_trackjet_dist"], "cm", HLT),
    absent(&["jet_pfcand_trackjet_decayL"], "cm", HLT),
    // Secondary vertices: jets of our files have none.
    absent(&["sv_mask"], "", CMS),
    absent(&["sv_pt", "sv_ptrel"], "GeV, 1", CMS),
    absent(&["sv_erel"], "", CMS),
    absent(&["sv_pt_log", "jet_sv_pt_log"], "ln GeV", CMS),
    absent(&["sv_ptrel_log", "sv_erel_log"], "", CMS),
    absent(&["sv_mass", "jet_sv_mass"], "GeV", CMS),
    absent(&["sv_etarel", "jet_sv_deta"], "", CMS),
    absent(&["sv_phirel", "jet_sv_dphi"], "rad", CMS),
    absent(&["sv_deltaR"], "", CMS),
    absent(&["sv_abseta", "jet_sv_eta"], "", CMS),
    absent(&["sv_ntracks", "jet_sv_ntrack"], "", CMS),
    absent(&["sv_normchi2", "sv_chi2", "jet_sv_chi2"], "", CMS),
    absent(&["sv_dxy", "jet_sv_dxy"], "cm", CMS),
    absent(&["sv_dxysig", "jet_sv_dxysig"], "", CMS),
    absent(&["sv_d3d", "jet_sv_d3d"], "cm", CMS),
    absent(&["sv_d3dsig", "jet_sv_d3dsig"], "", CMS),
    absent(&["sv_costhetasvpv"], "", CMS),
];

impl Variable {
    /// The variable of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        VARIABLES.iter().find(|row| row.names.contains(&name))
    }
}

/// What a name in an input specification stands for: a feature or number of the
/// jet, or a variable of the table.
pub fn named(name: &str) -> Result<Formula, ObservableError> {
    if let Some(base) = Formula::base(name) {
        return Ok(base);
    }
    let Some(row) = Variable::named(name) else {
        return Err(unknown(name));
    };
    match row.formula {
        Some(formula) => Formula::parse(formula, &|name| {
            Formula::base(name).ok_or_else(|| unknown(name))
        }),
        None => Ok(Formula::Absent(name.to_owned())),
    }
}

fn unknown(name: &str) -> ObservableError {
    let features = super::Feature::ALL.iter().map(|feature| feature.name());
    let variables = VARIABLES.iter().flat_map(|row| row.names).copied();
    let nearest = features
        .chain(variables)
        .min_by_key(|known| strsim::damerau_levenshtein(name, known));
    ObservableError::UnknownVariable {
        name: name.to_owned(),
        nearest: nearest.unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_there_once_and_every_formula_can_be_read() {
        let mut names: Vec<&str> = VARIABLES
            .iter()
            .flat_map(|row| row.names)
            .copied()
            .collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        for name in names {
            let formula = named(name).unwrap();
            let told = Variable::named(name).and_then(|row| row.formula).is_some();
            // Some names are ours as well: `mask`, `jet_mass`.
            assert_eq!(formula.absent().is_empty(), told, "{name}");
        }
    }

    #[test]
    fn a_mistyped_variable_is_met_with_the_nearest() {
        let message = named("pfcand_etarell").unwrap_err().to_string();
        assert!(
            message.contains("`pfcand_etarell`") && message.contains("`pfcand_etarel`"),
            "{message}"
        );
    }
}
