//! What the model is given, where it is lists of particles: variables, formulas,
//! units, and what the files do not tell.

use pellucid_report::page::{Block, Callout, Status};
use pellucid_report::table::Cell;
use pellucid_report::{Section, Table, number, text};

use super::{View, names};
use crate::explain::result::{InputResult, VariableResult};

pub(super) fn section(view: &View<'_>) -> Option<Section> {
    let View { many, model, .. } = view;
    let lists: Vec<&InputResult> = view
        .result
        .inputs
        .iter()
        .filter(|input| !input.variables.is_empty())
        .collect();
    if lists.is_empty() && view.result.explained.is_none() {
        return None;
    }
    let mut section = Section::new(&format!("What the {model} is given"));
    if let Some(explained) = &view.result.explained {
        section = section.add(if view.result.black_box.values.is_empty() {
            format!("Explained is ${explained}$, on this page called the logit.")
        } else {
            format!("Explained is ${explained}$ itself: where this page says logit, it means that value.")
        });
    }
    for input in &lists {
        section = section.add(Block::Table(table(view, input)));
        if input.cut > 0.0 {
            section = section.add(format!(
                "{} of the {many} have more particles than `{}` has places: their softest are left out, {} of the \
                 transverse momentum on average over all {many}.",
                names::percent(input.cut),
                input.input.replace('`', ""),
                names::percent(input.cut_pt)
            ));
        }
    }
    let held: Vec<String> = view
        .result
        .inputs
        .iter()
        .filter(|input| input.held)
        .map(|input| format!("`{}`", input.input.replace('`', "")))
        .collect();
    if !held.is_empty() {
        section = section.add(format!(
            "{} {} held: what only says which places hold a particle, or is the same for all {many}, receives no \
             attribution and is not permuted. A variable that stands in several inputs is permuted in all of them \
             at once.",
            names::list(&held),
            if held.len() == 1 { "is" } else { "are" }
        ));
    }
    for sentence in &view.result.untold {
        let sentence = text::literal(sentence);
        section = section.add(Callout::new(
            Status::Caution,
            "Variables that the files do not tell",
            &format!(
                "Of the variables above: {sentence}. The {model} was trained with them; its scores here are those of \
                 {many} without."
            ),
        ));
    }
    Some(section)
}

fn table(view: &View<'_>, input: &InputResult) -> Table {
    let a_one = &view.a_one;
    let sides: Vec<String> = input.shape.iter().map(ToString::to_string).collect();
    let about = format!(
        "Input `{}`, {} numbers of {a_one}: what each variable is, and how its value $v$ is shifted, scaled and \
         cut.",
        input.input.replace('`', ""),
        sides.join(" × ")
    );
    let row = |variable: &VariableResult| {
        [&variable.name, &variable.unit, &variable.transform]
            .map(|it| Cell::Text(text::literal(it)))
    };
    if input.representation.jets().is_none() {
        let mut table = Table::new(&about, ["variable", "unit", "as given"]);
        input
            .variables
            .iter()
            .for_each(|variable| table.push(row(variable)));
        return table;
    }
    let mut table = Table::new(
        &about,
        [
            "variable",
            "formula",
            "unit",
            "as given",
            "without a particle",
        ],
    );
    for variable in &input.variables {
        let formula = if variable.told {
            text::literal(&variable.formula)
        } else {
            "not told: padded".to_owned()
        };
        let [name, unit, transform] = row(variable);
        table.push([
            name,
            formula.into(),
            unit,
            transform,
            number::significant(variable.pad, 4).into(),
        ]);
    }
    table
}
