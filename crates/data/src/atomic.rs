//! Files that appear whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::error::DataError;

/// Writes a file through `write`, so that nobody ever sees half of it.
///
/// See `AtomicFile` for what that means.
pub fn write_atomically(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), DataError> {
    let mut file = AtomicFile::create(path)?;
    write(&mut file.out).map_err(|source| file.unwritable(source))?;
    file.commit()
}

/// A file being written that nobody sees before it is whole.
///
/// The bytes go to a new file beside the target, which takes the target's name
/// once they are all on the disk. If it is dropped before, the new file is
/// removed and an older file of that name is left as it was. A target that is
/// no regular file (`/dev/null`, a pipe) is written to directly.
#[derive(Debug)]
pub(crate) struct AtomicFile {
    path: PathBuf,
    out: BufWriter<File>,
    /// The file beside the target, and the target.
    unfinished: Option<(Unfinished, PathBuf)>,
}

impl AtomicFile {
    /// Begins a file.
    pub fn create(path: &Path) -> Result<Self, DataError> {
        Self::begin(path).map_err(|source| unwritable(path, source))
    }

    fn begin(path: &Path) -> io::Result<Self> {
        let (unfinished, file) = match fs::metadata(path).map(|metadata| metadata.file_type()) {
            Ok(kind) if kind.is_dir() => return Err(io::Error::other("it is a directory")),
            Ok(kind) if !kind.is_file() => (None, OpenOptions::new().write(true).open(path)?),
            _ => {
                // A link stays a link: what it points to is replaced.
                let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
                let (unfinished, file) = Unfinished::beside(&target)?;
                (Some((unfinished, target)), file)
            }
        };
        Ok(Self {
            path: path.to_owned(),
            out: BufWriter::new(file),
            unfinished,
        })
    }

    /// An error of this file.
    pub fn unwritable(&self, source: io::Error) -> DataError {
        unwritable(&self.path, source)
    }

    /// The same file once more, whose place is that of this one; none where places cannot
    /// be gone back to (a pipe).
    pub fn again(&self) -> Option<io::Result<File>> {
        self.unfinished.as_ref()?;
        Some(self.out.get_ref().try_clone())
    }

    /// A path beside which further files may be made.
    pub fn spare(&self) -> PathBuf {
        match &self.unfinished {
            Some((_, target)) => target.clone(),
            None => std::env::temp_dir().join("pellucid"),
        }
    }

    /// Gives the file its name.
    pub fn commit(self) -> Result<(), DataError> {
        let path = self.path.clone();
        self.finish().map_err(|source| unwritable(&path, source))
    }

    fn finish(mut self) -> io::Result<()> {
        self.out.flush()?;
        if let Some((unfinished, target)) = &self.unfinished {
            self.out.get_ref().sync_all()?;
            fs::rename(&unfinished.0, target)?;
        }
        Ok(())
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Seek for AtomicFile {
    fn seek(&mut self, place: SeekFrom) -> io::Result<u64> {
        self.out.seek(place)
    }
}

fn unwritable(path: &Path, source: io::Error) -> DataError {
    DataError::Unwritable {
        path: path.to_owned(),
        source,
    }
}

/// A file that is removed when dropped; once renamed there is none to remove.
#[derive(Debug)]
pub(crate) struct Unfinished(PathBuf);

impl Unfinished {
    /// A new file beside another.
    pub fn beside(target: &Path) -> io::Result<(Self, File)> {
        let no_name = || io::Error::other("the path does not end with a file name");
        let name = target.file_name().ok_or_else(no_name)?;
        for attempt in 0_u32.. {
            let mut unfinished = std::ffi::OsString::from(".");
            unfinished.push(name);
            unfinished.push(format!(".{}-{attempt}.unfinished", std::process::id()));
            let path = target.with_file_name(unfinished);
            match File::create_new(&path) {
                Ok(file) => return Ok((Self(path), file)),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::other("no name is free beside it"))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn a_file_appears_with_all_its_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.json");
        write_atomically(&path, |file| file.write_all(b"old")).unwrap();
        write_atomically(&path, |file| file.write_all(b"{}")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"{}");
        assert_eq!(names(folder.path()), ["result.json"]);
    }

    #[test]
    fn a_failure_leaves_the_older_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.json");
        fs::write(&path, b"old").unwrap();
        let failed = write_atomically(&path, |file| {
            file.write_all(b"half")?;
            Err(io::Error::other("the disk is full"))
        });
        let message = failed.unwrap_err().to_string();
        assert!(
            message.contains("result.json") && message.contains("the disk is full"),
            "{message}"
        );
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["result.json"]);
    }

    #[test]
    fn a_panic_leaves_nothing_either() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.json");
        let unwound = std::panic::catch_unwind(|| write_atomically(&path, |_| panic!("a bug")));
        assert!(unwound.is_err());
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn an_unwritable_path_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let message = |path: &Path| {
            write_atomically(path, |file| file.write_all(b"x"))
                .unwrap_err()
                .to_string()
        };
        let missing = folder.path().join("missing/result.json");
        assert!(
            message(&missing).contains("missing/result.json"),
            "{}",
            message(&missing)
        );
        assert!(
            message(folder.path()).contains("directory"),
            "{}",
            message(folder.path())
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_link_keeps_pointing_to_the_file_and_a_device_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("target");
        let link = folder.path().join("link");
        fs::write(&target, b"old").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        write_atomically(&link, |file| file.write_all(b"new")).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        write_atomically(Path::new("/dev/null"), |file| file.write_all(b"gone")).unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
