//! How several classes are told apart: areas, confusion, calibration.

use pellucid_report::figure::{Axis, Curve, Series};
use pellucid_report::page::Block;
use pellucid_report::table::Cell;
use pellucid_report::{Table, number, text};

use super::{View, names};
use crate::explain::result::{Calibration, Confusion};

pub(super) fn blocks(view: &View<'_>) -> Vec<Block> {
    let mut out = vec![Block::Table(areas(view))];
    if let Some(confusion) = &view.result.black_box.confusion {
        out.push(
            format!(
                "The class of the largest probability is the true one for {} of the {}.",
                number::estimate(confusion.accuracy),
                view.many
            )
            .into(),
        );
        out.push(Block::Table(taken(view, confusion)));
    }
    out
}

/// Each class against all others and against each other.
fn areas(view: &View<'_>) -> Table {
    let classes = &view.result.black_box.classes;
    let names: Vec<String> = classes
        .iter()
        .map(|class| text::literal(&class.name))
        .collect();
    let mut heads = vec![
        "class".to_owned(),
        view.many.clone(),
        "against all others".to_owned(),
    ];
    heads.extend(names.iter().map(|name| format!("against {name}")));
    let mut table = Table::new(
        &format!(
            "Areas under the ROC curves of {}: each class by its probability against all others, and by the ratio of \
             both probabilities against each other class alone.",
            view.counted(view.result.provenance.jets[0])
        ),
        heads,
    );
    for (place, class) in classes.iter().enumerate() {
        let mut row: Vec<Cell> = vec![
            names[place].clone().into(),
            names::count(class.events).into(),
            class.auc.map_or(Cell::Empty, Cell::from),
        ];
        let mut against = class.against.iter();
        for other in 0..classes.len() {
            row.push(if other == place {
                Cell::Empty
            } else {
                against
                    .next()
                    .copied()
                    .flatten()
                    .map_or(Cell::Empty, Cell::from)
            });
        }
        table.push(row);
    }
    table
}

/// What each class is taken for.
fn taken(view: &View<'_>, confusion: &Confusion) -> Table {
    let classes = &view.result.black_box.classes;
    let names: Vec<String> = classes
        .iter()
        .map(|class| text::literal(&class.name))
        .collect();
    let mut heads = vec!["true class".to_owned()];
    heads.extend(names.iter().map(|name| format!("taken for {name} [%]")));
    let mut table = Table::new(
        "The confusion matrix: of the events of each true class the share that the largest probability takes for each \
         class, by weight.",
        heads,
    );
    for (name, shares) in names.iter().zip(&confusion.shares) {
        let mut row: Vec<Cell> = vec![name.clone().into()];
        let shares = shares.iter();
        row.extend(
            shares.map(|share| share.map_or(Cell::Empty, |share| Cell::Number(100.0 * share, 3))),
        );
        table.push(row);
    }
    table
}

/// Whether probabilities are what they say.
pub(super) fn calibration(view: &View<'_>, calibration: &Calibration) -> Block {
    let several = !view.result.black_box.classes.is_empty();
    let [signal, _] = view.classes();
    let (probability, share) = if several {
        (
            "largest probability".to_owned(),
            "share that is of that class".to_owned(),
        )
    } else {
        (
            format!("probability of {signal}"),
            format!("share that is {signal}"),
        )
    };
    let values = calibration.share.iter().map(|share| share.value).collect();
    let errors: Vec<f64> = calibration.share.iter().map(|share| share.error).collect();
    Curve {
        title: "Whether probabilities are what they say.".to_owned(),
        caption: format!(
            "All {} in ten bins of the probability; whiskers are standard errors. On the diagonal a probability is a \
             frequency among these {}, whose classes may be mixed otherwise than those of the training. The mean distance \
             from it is {}.",
            view.counted(view.result.provenance.jets[0]),
            view.many,
            number::significant(calibration.error, 2)
        ),
        x: Axis::new(&probability, "").range(0.0, 1.0),
        y: Axis::new(&share, "").range(0.0, 1.0),
        series: vec![
            Series::points(&view.model, calibration.probability.clone(), values).errors(&errors),
            Series::line("what it says", vec![0.0, 1.0], vec![0.0, 1.0]),
        ],
        references: Vec::new(),
    }
    .figure("calibration")
    .into()
}
