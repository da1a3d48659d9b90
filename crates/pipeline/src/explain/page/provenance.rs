//! What the page was made of, and how to make it again.

use pellucid_report::page::Provenance;
use pellucid_report::text;

use super::{View, names};
use crate::provenance::FileId;

pub(super) fn provenance(view: &View<'_>) -> Provenance {
    let result = view.result;
    let made = &result.provenance;
    let settings = &view.request.settings;
    let mut out = Provenance::new().entry("Model", &file(&made.model));
    for data in &made.data {
        out = out.entry("Data", &file(data));
    }
    let [read, kept] = made.jets.map(names::jets);
    out = out
        .entry("Jets read", &format!("{read}: performance and observables"))
        .entry(
            "Jets kept",
            &format!("{kept}, drawn by the seed: the search for observables"),
        );
    for line in made.read.lines() {
        out = out.entry("Of the files", &text::literal(line.trim()));
    }
    if let Some(attribution) = &result.attribution {
        out = out.entry(
            "Jets attributed",
            &format!(
                "{}: attribution, maps, deletion, beside {} models with random weights",
                names::jets(attribution.events),
                settings.attribution.random_models
            ),
        );
    }
    if let Some(importance) = &result.importance {
        out = out.entry(
            "Jets permuted",
            &format!(
                "{}, {} times each group of inputs",
                names::jets(importance.events),
                importance.repeats
            ),
        );
    }
    if made.trained_first {
        out = out.entry(
            "Training",
            "the tagger was trained first, on other jets of these files; all numbers are of jets it did not see",
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
    .settings(&made.settings)
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
