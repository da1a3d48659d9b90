//! What the page was made of, and how to make it again.

use pellucid_report::page::Provenance;
use pellucid_report::text;

use super::{View, names};
use crate::explain::result::capital;
use crate::provenance::FileId;

pub(super) fn provenance(view: &View<'_>) -> Provenance {
    let result = view.result;
    let made = &result.provenance;
    let View { many, model, .. } = view;
    let jets = capital(many);
    let mut out = Provenance::new().entry("Model", &file(&made.model));
    for data in &made.data {
        out = out.entry("Data", &file(data));
    }
    let [read, kept] = made.jets.map(|n| view.counted(n));
    out = out
        .entry(
            &format!("{jets} read"),
            &format!("{read}: performance and observables"),
        )
        .entry(
            &format!("{jets} kept"),
            &format!("{kept}, drawn by the seed: the search for observables"),
        );
    for line in made.read.lines() {
        out = out.entry("Of the files", &text::literal(line.trim()));
    }
    if let Some(attribution) = &result.attribution {
        out = out.entry(
            &format!("{jets} attributed"),
            &format!(
                "{}: attribution, maps, deletion, beside {} models with random weights",
                view.counted(attribution.events),
                attribution.random_models
            ),
        );
    }
    if let Some(importance) = &result.importance {
        out = out.entry(
            &format!("{jets} permuted"),
            &format!(
                "{}, {} times each group of inputs",
                view.counted(importance.events),
                importance.repeats
            ),
        );
    }
    if made.trained_first {
        out = out.entry(
            "Training",
            &format!(
                "the {model} was trained first, on other {many} of these files; all numbers are of {many} it did not see"
            ),
        );
    }
    if result.interrupted {
        out = out.entry("Interrupted", "yes: the work was stopped before its end");
    }
    out.entry(
        "Program",
        &format!(
            "pellucid {}, layout {} of `result.json`",
            made.version, result.schema_version
        ),
    )
    .entry("Seed", &made.seed.to_string())
    .entry(
        "Threads and time",
        &format!(
            "{} threads, {:.1} s; results do not depend on the threads",
            made.threads, made.seconds
        ),
    )
    .entry(
        "To repeat",
        "save the settings below as `explain.toml` beside the files, then run the command",
    )
    .command(&command(view))
    .settings(&toml::to_string(&made.settings).unwrap_or_default())
}

fn file(file: &FileId) -> String {
    format!(
        "{}, {} bytes, SHA-256 `{}`",
        text::literal(&file.name),
        names::count(file.bytes as usize),
        file.sha256
    )
}

/// The command, for a folder that holds the files and the settings below as
/// `explain.toml`.
fn command(view: &View<'_>) -> String {
    let made = &view.result.provenance;
    let model = if made.trained_first {
        "--train".to_owned()
    } else {
        format!("--model {}", quoted(&made.model.name))
    };
    let mut words = vec!["pellucid explain".to_owned(), model];
    words.extend(
        made.data
            .iter()
            .map(|data| format!("--data {}", quoted(&data.name))),
    );
    words.push(format!("--config explain.toml --seed {}", made.seed));
    words.join(" ")
}

/// A word for a shell.
fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-+/".contains(c);
    if !name.is_empty() && name.chars().all(plain) {
        return name.to_owned();
    }
    format!("'{}'", name.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_name_with_spaces_is_one_word() {
        assert_eq!(quoted("w_tagger.onnx"), "w_tagger.onnx");
        assert_eq!(quoted("my jets' file"), "'my jets'\\'' file'");
    }
}
