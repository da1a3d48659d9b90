//! Which files are read: names, folders and patterns become a list.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use glob::{MatchOptions, glob_with};

use super::SourceError;
use super::settings::LabelledFiles;

/// Endings of the files that a folder stands for.
const ENDINGS: [&str; 5] = ["parquet", "pq", "npz", "csv", "tsv"];

/// Files in the order in which they are read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Files {
    /// Each once.
    pub paths: Vec<PathBuf>,
    /// Those that were named more than once, and are read once.
    pub again: Vec<PathBuf>,
}

/// The files behind names, folders and patterns (`*`, `?`, `[abc]`, `**` for
/// folders within folders), in this order, those of a folder or pattern by their
/// names. A file that is named twice is read once: its jets would be on both
/// sides of every split.
pub fn expand(asked: &[PathBuf]) -> Result<Files, SourceError> {
    let mut files = Files::default();
    let mut known = BTreeSet::new();
    for pattern in asked {
        for path in matches(pattern)? {
            let whole = path.canonicalize().unwrap_or_else(|_| path.clone());
            if known.insert(whole) {
                files.paths.push(path);
            } else {
                files.again.push(path);
            }
        }
    }
    if files.paths.is_empty() {
        return Err(SourceError::NoFiles);
    }
    Ok(files)
}

/// An error if a file to be written is one of those that are read.
pub fn check_out<'p>(
    out: &Path,
    read: impl IntoIterator<Item = &'p Path>,
) -> Result<(), SourceError> {
    let Ok(whole) = out.canonicalize() else {
        // It is not there yet.
        return Ok(());
    };
    let mut read = read.into_iter();
    if read.any(|path| path.canonicalize().is_ok_and(|path| path == whole)) {
        return Err(SourceError::Overwrites {
            path: out.to_owned(),
        });
    }
    Ok(())
}

/// What is said of files, the same of several in one sentence.
pub(crate) fn notes_of<'p>(said: impl IntoIterator<Item = (&'p Path, String)>) -> Vec<String> {
    let mut notes: Vec<(String, Vec<&Path>)> = Vec::new();
    for (path, note) in said {
        match notes.iter_mut().find(|(other, _)| *other == note) {
            Some((_, paths)) => paths.push(path),
            None => notes.push((note, vec![path])),
        }
    }
    let notes = notes.into_iter();
    notes
        .map(|(note, paths)| format!("{}: {note}", named(&paths)))
        .collect()
}

/// Files in a sentence.
pub(crate) fn named(paths: &[&Path]) -> String {
    const SHOWN: usize = 3;
    let shown = paths.iter().take(SHOWN);
    let shown: Vec<String> = shown.map(|path| path.display().to_string()).collect();
    match paths.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more files", shown.join(", ")),
    }
}

/// The files behind names, and behind the labels of files.
pub(super) fn expand_labelled(
    asked: &[PathBuf],
    labels: &[LabelledFiles],
) -> Result<Files, SourceError> {
    let mut files = if asked.is_empty() && !labels.is_empty() {
        Files::default()
    } else {
        expand(asked)?
    };
    let whole = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
    let mut known: BTreeSet<PathBuf> = files.paths.iter().map(whole).collect();
    // Those that are named beside their labels are named to be read, not twice.
    for label in labels {
        for path in expand(&label.paths)?.paths {
            if known.insert(whole(&path)) {
                files.paths.push(path);
            }
        }
    }
    Ok(files)
}

/// Each file with its label, where labels are given; each file needs one then.
pub(super) fn labels(
    paths: Vec<PathBuf>,
    labels: &[LabelledFiles],
) -> Result<Vec<(PathBuf, Option<String>)>, SourceError> {
    if labels.is_empty() {
        return Ok(paths.into_iter().map(|path| (path, None)).collect());
    }
    let whole = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
    let mut of_file: BTreeMap<PathBuf, BTreeSet<&str>> = BTreeMap::new();
    for label in labels {
        for path in &expand(&label.paths)?.paths {
            of_file.entry(whole(path)).or_default().insert(&label.class);
        }
    }
    let labelled = |path: PathBuf| {
        let classes = of_file.get(&whole(&path));
        let found = classes.map_or(0, BTreeSet::len);
        match classes.and_then(|classes| classes.first()) {
            Some(class) if found == 1 => Ok((path, Some((*class).to_owned()))),
            _ => Err(SourceError::FileLabel {
                path,
                found,
                labels: labels
                    .iter()
                    .map(|l| l.class.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
            }),
        }
    };
    paths.into_iter().map(labelled).collect()
}

fn matches(pattern: &Path) -> Result<Vec<PathBuf>, SourceError> {
    if pattern.is_dir() {
        return in_folder(pattern);
    }
    let text = pattern.to_string_lossy();
    // A name with brackets in it that is there is a name.
    if pattern.exists() || !text.contains(['*', '?', '[']) {
        return Ok(vec![pattern.to_owned()]);
    }
    let none = |problem: String| SourceError::NoMatch {
        pattern: pattern.to_owned(),
        problem,
    };
    // As a shell has it: stars do not cross folders, hidden files stay hidden.
    let options = MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: true,
    };
    let found =
        glob_with(&text, options).map_err(|error| none(format!("is no pattern: {error}")))?;
    let mut paths: Vec<PathBuf> = found
        .filter_map(Result::ok)
        .filter(|path| path.is_file())
        .collect();
    // Byte by byte, as the shell of a batch farm has it: the same everywhere.
    paths.sort();
    if paths.is_empty() {
        return Err(none(format!("no file matches; {}", beside(pattern))));
    }
    Ok(paths)
}

/// The data files of a folder by their names.
fn in_folder(folder: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let none = |problem: String| SourceError::NoMatch {
        pattern: folder.to_owned(),
        problem,
    };
    let entries =
        std::fs::read_dir(folder).map_err(|error| none(format!("cannot be read: {error}")))?;
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.is_file() && is_data(path))
        .collect();
    paths.sort();
    if paths.is_empty() {
        return Err(none(format!(
            "the folder holds no data file (.{}); {}",
            ENDINGS.join(", ."),
            listed(folder)
        )));
    }
    Ok(paths)
}

fn is_data(path: &Path) -> bool {
    let hidden = path
        .file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with(['.', '_']));
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    !hidden && ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

/// What the folder of a pattern holds, for one that nothing matches.
fn beside(pattern: &Path) -> String {
    let plain = |path: &&Path| !path.to_string_lossy().contains(['*', '?', '[']);
    let folder = pattern
        .ancestors()
        .skip(1)
        .find(plain)
        .unwrap_or(Path::new(""));
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    if folder.is_dir() {
        listed(folder)
    } else {
        format!("there is no folder `{}`", folder.display())
    }
}

/// The first entries of a folder.
fn listed(folder: &Path) -> String {
    const SHOWN: usize = 10;
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .collect();
    names.sort();
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    match (names.is_empty(), more) {
        (true, _) => format!("`{}` is empty", folder.display()),
        (_, 0) => format!("`{}` holds {}", folder.display(), names.join(", ")),
        (_, more) => format!(
            "`{}` holds {} and {more} more",
            folder.display(),
            names.join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of files by their names.
    fn folder(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        folder
    }

    fn names(folder: &Path, asked: &[&str]) -> Result<Vec<String>, String> {
        let asked: Vec<PathBuf> = asked.iter().map(|name| folder.join(name)).collect();
        let files = expand(&asked).map_err(|error| error.to_string())?;
        let name = |path: &PathBuf| {
            let path = path.strip_prefix(folder).unwrap();
            path.to_string_lossy().replace('\\', "/")
        };
        Ok(files.paths.iter().map(name).collect())
    }

    #[test]
    fn patterns_and_folders_become_files_in_the_order_of_their_names() {
        let folder = folder(&[
            "b.parquet",
            "a.parquet",
            "c.npz",
            "README.txt",
            ".hidden.parquet",
            "in/d.parquet",
        ]);
        let of = |asked: &[&str]| names(folder.path(), asked).unwrap();
        assert_eq!(of(&["*.parquet"]), ["a.parquet", "b.parquet"]);
        assert_eq!(of(&["?.npz", "a.parquet"]), ["c.npz", "a.parquet"]);
        assert_eq!(
            of(&["**/*.parquet"]),
            ["a.parquet", "b.parquet", "in/d.parquet"]
        );
        assert_eq!(of(&[""]), ["a.parquet", "b.parquet", "c.npz"]);
        // A file that is not there is the reader's to refuse.
        assert_eq!(of(&["gone.parquet"]), ["gone.parquet"]);
    }

    #[test]
    fn a_file_that_is_named_twice_is_read_once() {
        let folder = folder(&["a.parquet", "b.parquet"]);
        let asked = ["a.parquet", "*.parquet"].map(|name| folder.path().join(name));
        let files = expand(&asked).unwrap();
        assert_eq!((files.paths.len(), files.again.len()), (2, 1));
    }

    #[test]
    fn the_same_said_of_many_files_is_one_note() {
        let paths = ["a", "b", "c", "d", "e"].map(PathBuf::from);
        let said = paths
            .iter()
            .map(|path| (path.as_path(), "no masses".to_owned()));
        let other = (Path::new("f"), "no phi".to_owned());
        let notes = notes_of(said.chain([other]));
        assert_eq!(notes, ["a, b, c and 2 more files: no masses", "f: no phi"]);
    }

    #[test]
    fn a_file_that_is_read_is_not_written() {
        let folder = folder(&["a.parquet", "b.parquet"]);
        let [a, b] = ["a.parquet", "b.parquet"].map(|name| folder.path().join(name));
        let roundabout = folder.path().join(".").join("a.parquet");
        assert!(check_out(&roundabout, [b.as_path(), a.as_path()]).is_err());
        assert!(check_out(&a, [b.as_path()]).is_ok());
        assert!(check_out(&folder.path().join("c.parquet"), [a.as_path()]).is_ok());
    }

    #[test]
    fn a_name_with_brackets_that_is_there_is_no_pattern() {
        let folder = folder(&["jets[1].parquet", "jets1.parquet"]);
        let found = names(folder.path(), &["jets[1].parquet"]).unwrap();
        assert_eq!(found, ["jets[1].parquet"]);
    }

    #[test]
    fn where_nothing_matches_is_said_what_there_is() {
        let folder = folder(&["b.parquet", "README.txt", "empty/none.md"]);
        let says = |asked: &str, parts: &[&str]| {
            let message = names(folder.path(), &[asked]).unwrap_err();
            for part in parts {
                assert!(message.contains(part), "{message}");
            }
        };
        says("*.npz", &["*.npz", "no file matches", "b.parquet"]);
        says("none/*.npz", &["there is no folder", "none"]);
        says("empty", &["no data file", "none.md", ".parquet"]);
        assert!(expand(&[]).is_err());
    }
}
