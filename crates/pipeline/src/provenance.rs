//! What a result was made of: hashes of files, the program's version.

use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::PipelineError;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// A file, by name and content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileId {
    /// Its name, without the folders.
    pub name: String,
    /// SHA-256 of its content.
    pub sha256: String,
    /// Its size in bytes.
    pub bytes: u64,
}

impl FileId {
    /// Reads the file through.
    pub fn of(path: &Path) -> Result<Self, PipelineError> {
        let failed = |source| PipelineError::File {
            path: path.to_owned(),
            source,
        };
        let mut file = std::fs::File::open(path).map_err(failed)?;
        let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 16]);
        loop {
            let count = file.read(&mut buffer).map_err(failed)?;
            if count == 0 {
                break;
            }
            hash.update(&buffer[..count]);
            bytes += count as u64;
        }
        let digest = hash.finalize();
        let mut sha256 = String::with_capacity(64);
        for byte in digest {
            sha256.push(char::from(HEX[usize::from(byte >> 4)]));
            sha256.push(char::from(HEX[usize::from(byte & 15)]));
        }
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        Ok(Self {
            name,
            sha256,
            bytes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_the_standard() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        std::fs::write(&path, "abc").unwrap();
        let id = FileId::of(&path).unwrap();
        // FIPS 180-2, appendix B.1.
        assert_eq!(
            id.sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!((id.name.as_str(), id.bytes), ("abc", 3));
    }
}
