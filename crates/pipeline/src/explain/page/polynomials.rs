//! The observables that the search chose, drawn and in numbers.

use pellucid_distill::guided_search::{Guide, Ranking};
use pellucid_distill::{Details, Search};
use pellucid_report::Table;
use pellucid_report::figure::multigraph;
use pellucid_report::page::Block;
use pellucid_report::table::Cell;

use super::observables::direction;
use super::{View, names};
use crate::explain::polynomial::Polynomial;

/// The table of the published study.
pub(super) fn chosen(view: &View<'_>, search: &Search) -> Table {
    let View { many, model, .. } = view;
    let subset = match search.settings.guide {
        Guide::BlackBox => format!("as the {model} does"),
        Guide::Truth => "as the truth does".to_owned(),
    };
    let mut table = Table::new(
        &format!(
            "Observables in the order in which the search chose them. ADO (subset): how often the observable \
             orders, {subset}, the pairs that the network of the step before orders differently (train and \
             validation {many}). AUC and ADO so far: the network on this and all earlier observables ({} test {many}, \
             mean of {} trainings). $\\kappa$ and $\\beta$: powers of momentum and angle; $\\chi$: chromatic number. \
             All errors are standard errors.",
            names::count(search.events[2]),
            search.settings.trainings
        ),
        [
            "step",
            "observable",
            "$\\kappa$",
            "$\\beta$",
            "$\\chi$",
            "ADO (subset)",
            "AUC alone",
            "AUC so far",
            "ADO so far",
        ],
    );
    if let Some(network) = &search.start_network {
        let start: Vec<String> = search
            .start
            .iter()
            .map(|observable| names::observable(view.result, &observable.name))
            .collect();
        let mut row = vec![Cell::Count(0), Cell::Text(names::list(&start))];
        row.extend(vec![Cell::Empty; 5]);
        row.extend([network.auc.estimate().into(), network.ado.estimate().into()]);
        table.push(row);
    }
    for (i, step) in search.steps.iter().enumerate() {
        let [kappa, beta, chi] = powers(&step.details);
        table.push([
            Cell::Count(i as i64 + 1),
            drawn(view, &step.observable, &step.details),
            kappa,
            beta,
            chi,
            step.ado_subset.into(),
            step.auc_alone.into(),
            step.auc.estimate().into(),
            step.ado.estimate().into(),
        ]);
    }
    let mut row = vec![Cell::Empty, model.as_str().into()];
    row.extend(vec![Cell::Empty; 5]);
    row.extend([search.black_box_auc.into(), Cell::Exact(1.0)]);
    table.row(row).emphasise_last()
}

/// A multigraph, or a symbol.
fn drawn(view: &View<'_>, name: &str, details: &Details) -> Cell {
    Polynomial::of(details).map_or_else(
        || names::observable(view.result, name).into(),
        |polynomial| multigraph::cell(&polynomial.graph),
    )
}

/// The powers and the chromatic number of a polynomial; of others nothing.
fn powers(details: &Details) -> [Cell; 3] {
    match Polynomial::of(details) {
        Some(polynomial) => [
            Cell::Exact(polynomial.kappa),
            Cell::Exact(polynomial.beta),
            Cell::Count(polynomial.chromatic_number as i64),
        ],
        None => [Cell::Empty, Cell::Empty, Cell::Empty],
    }
}

/// How sure each choice is.
pub(super) fn choices(view: &View<'_>, search: &Search) -> Table {
    let many = &view.many;
    let pairs = match search.settings.ranking {
        Ranking::Joined => {
            "pairs that were ordered differently, and as many alike, together with the network so far,"
        }
        Ranking::Misordered => "pairs that were ordered differently,",
    };
    let mut table = Table::new(
        &format!(
            "How sure each choice is. ADO (choice): on the {pairs} which decided the choice; being the best of many raises it. ADO (test): on such pairs of the test {many}, which had no say. ADO (alone): on \
             all pairs of test {many}. Equivalents: candidates within one standard error of the choice; with other \
             {many} one of them might have been chosen."
        ),
        [
            "step",
            "observable",
            "direction",
            "pairs",
            "ADO (choice)",
            "(test)",
            "(alone)",
            "equivalents",
        ],
    );
    for (i, step) in search.steps.iter().enumerate() {
        table.push([
            Cell::Count(i as i64 + 1),
            drawn(view, &step.observable, &step.details),
            direction(step.sign),
            Cell::Count(i64::try_from(step.pairs).unwrap_or(i64::MAX)),
            step.ado_ranked.into(),
            step.ado_ranked_test.map_or(Cell::Empty, Cell::from),
            step.ado_alone.into(),
            Cell::Count(step.equivalent_count as i64),
        ]);
    }
    table
}

/// What a polynomial is, in words.
pub(super) fn definition(view: &View<'_>) -> String {
    let share = if view.result.provenance.settings.search.normalised {
        "divided by the jet’s sum"
    } else {
        "in GeV"
    };
    format!(
        "An energy flow polynomial is a sum over the particles of a jet, with one index for each vertex of a \
         multigraph and one angle for each edge ([arXiv:1712.07124](https://arxiv.org/abs/1712.07124)); momenta \
         are {share}, angles in radians. Many vertices and edges resolve many prongs; negative $\\kappa$ weighs soft \
         particles, and only $\\kappa = 1$ is safe against collinear splittings."
    )
}

/// The same in mathematics.
pub(super) fn equation(view: &View<'_>) -> Block {
    let share = if view.result.provenance.settings.search.normalised {
        "\\frac{p_{T,i}}{\\sum_j p_{T,j}}"
    } else {
        "p_{T,i}"
    };
    Block::Equation(format!(
        "\\mathrm{{EFP}}_G = \\sum_{{i_1}} \\cdots \\sum_{{i_N}} z_{{i_1}}^{{\\kappa}} \\cdots z_{{i_N}}^{{\\kappa}} \
         \\prod_{{(k,l) \\in G}} \\theta_{{i_k i_l}}^{{\\beta}}, \\quad z_i = {share}, \\quad \\theta_{{ij}} = \
         \\sqrt{{\\Delta y_{{ij}}^2 + \\Delta\\phi_{{ij}}^2}}"
    ))
}

/// The chosen multigraphs beside their formulas, if there are any.
pub(super) fn formulas(search: &Search) -> Option<Table> {
    let mut table = Table::new(
        "The chosen multigraphs and the polynomials that they stand for.",
        [
            "graph and formula",
            "step",
            "vertices $N$",
            "edges $d$",
            "name",
        ],
    );
    for (i, step) in search.steps.iter().enumerate() {
        let Some(Polynomial {
            graph, kappa, beta, ..
        }) = Polynomial::of(&step.details)
        else {
            continue;
        };
        table.push([
            multigraph::with_formula(&graph, kappa, beta),
            Cell::Count(i as i64 + 1),
            Cell::Count(graph.vertices() as i64),
            Cell::Count(graph.degree() as i64),
            Cell::Text(format!("`{}`", step.observable)),
        ]);
    }
    (!table.is_empty()).then_some(table)
}

/// What might have been chosen as well.
pub(super) fn equivalents(view: &View<'_>, search: &Search) -> Option<Block> {
    let (mut listed, mut counted) = (0, 0);
    let mut table = Table::new(
        "Runners-up of each step whose ADO on its pairs is within one standard error of the best one’s.",
        [
            "step",
            "observable",
            "$\\kappa$",
            "$\\beta$",
            "$\\chi$",
            "direction",
            "ADO (choice)",
            "name",
        ],
    );
    for (i, step) in search.steps.iter().enumerate() {
        counted += step.equivalent_count;
        for equivalent in &step.equivalents {
            listed += 1;
            let observable = &equivalent.observable;
            let [kappa, beta, chi] = powers(&observable.details);
            table.push([
                Cell::Count(i as i64 + 1),
                drawn(view, &observable.name, &observable.details),
                kappa,
                beta,
                chi,
                direction(equivalent.sign),
                equivalent.ado_ranked.into(),
                Cell::Text(format!("`{}`", observable.name)),
            ]);
        }
    }
    let same: Vec<String> = search
        .steps
        .iter()
        .enumerate()
        .filter(|(_, step)| !step.same.is_empty())
        .map(|(i, step)| {
            let names: Vec<String> = step.same.iter().map(|name| format!("`{name}`")).collect();
            format!(
                "Step {} orders all {} as {} would.",
                i + 1,
                view.many,
                names::list(&names)
            )
        })
        .collect();
    if listed == 0 && same.is_empty() {
        return None;
    }
    let mut blocks = Vec::new();
    if listed > 0 {
        blocks.push(table.into());
    }
    if !same.is_empty() {
        blocks.push(Block::List(same));
    }
    Some(Block::Details {
        summary: format!("Equivalent choices: {listed} of {counted} listed"),
        blocks,
    })
}
