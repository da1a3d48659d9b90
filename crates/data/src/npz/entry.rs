//! ZIP: the archive that an NPZ file is, as far as it is written.
//!
//! An entry is a local header and its bytes; behind all entries stands the
//! directory that says where each of them begins. As NumPy does, every local
//! header carries its sizes in 64 bits (ZIP64), so that it has the same length
//! whatever they turn out to be; the directory has them only where 32 bits do
//! not hold them. There are no times, so that the same arrays make the same bytes.
//!
//! * **Reference:** PKWARE, APPNOTE.TXT 6.3.10, sections 4.3 to 4.5.

/// What 32 bits do not hold stands in a field of 64 bits, and this in its place.
const ELSEWHERE: u32 = u32::MAX;
/// The version of the format that knows ZIP64.
const VERSION: u16 = 45;
/// Made by a system whose files have permissions.
const UNIX: u16 = 3 << 8;
/// A regular file that its owner writes and all may read.
const PERMISSIONS: u32 = 0o100_644 << 16;
/// The first of January 1980, the earliest date there is.
const NO_DATE: u16 = 0x21;
/// Names are UTF-8.
const UTF8: u16 = 1 << 11;

/// How the bytes of an entry are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    /// As they are.
    Stored = 0,
    /// Compressed.
    Deflated = 8,
}

/// An entry of an archive.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Its name.
    pub name: String,
    /// How its bytes are kept.
    pub method: Method,
    /// The checksum of its bytes.
    pub checksum: u32,
    /// How many bytes it takes in the archive.
    pub packed: u64,
    /// How many it has.
    pub unpacked: u64,
    /// Where its local header begins.
    pub at: u64,
}

impl Entry {
    /// The header in front of its bytes; its length depends on the name alone.
    pub fn local(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(50 + self.name.len());
        out.extend(b"PK\x03\x04");
        out.extend(VERSION.to_le_bytes());
        self.common(&mut out, ELSEWHERE, ELSEWHERE);
        out.extend(20_u16.to_le_bytes());
        out.extend(self.name.as_bytes());
        wide(&mut out, &[self.unpacked, self.packed]);
        out
    }

    /// Its place in the directory.
    fn listed(&self) -> Vec<u8> {
        let mut elsewhere = Vec::new();
        let mut narrow = |number: u64| {
            u32::try_from(number)
                .ok()
                .filter(|&narrow| narrow != ELSEWHERE)
                .unwrap_or_else(|| {
                    elsewhere.push(number);
                    ELSEWHERE
                })
        };
        let unpacked = narrow(self.unpacked);
        let packed = narrow(self.packed);
        let at = narrow(self.at);
        let mut extra = Vec::new();
        if !elsewhere.is_empty() {
            wide(&mut extra, &elsewhere);
        }
        let mut out = Vec::with_capacity(46 + self.name.len() + extra.len());
        out.extend(b"PK\x01\x02");
        out.extend((UNIX | VERSION).to_le_bytes());
        out.extend(VERSION.to_le_bytes());
        self.common(&mut out, packed, unpacked);
        out.extend((extra.len() as u16).to_le_bytes());
        // No comment, the first and only disk, no attribute of text.
        out.extend([0; 6]);
        out.extend(PERMISSIONS.to_le_bytes());
        out.extend(at.to_le_bytes());
        out.extend(self.name.as_bytes());
        out.extend(extra);
        out
    }

    /// What both headers say, from the flags to the length of the name.
    fn common(&self, out: &mut Vec<u8>, packed: u32, unpacked: u32) {
        let flags = if self.name.is_ascii() { 0 } else { UTF8 };
        out.extend(flags.to_le_bytes());
        out.extend((self.method as u16).to_le_bytes());
        out.extend(0_u16.to_le_bytes());
        out.extend(NO_DATE.to_le_bytes());
        out.extend(self.checksum.to_le_bytes());
        out.extend(packed.to_le_bytes());
        out.extend(unpacked.to_le_bytes());
        out.extend((self.name.len() as u16).to_le_bytes());
    }
}

/// The field of numbers of 64 bits.
fn wide(out: &mut Vec<u8>, numbers: &[u64]) {
    out.extend(1_u16.to_le_bytes());
    out.extend((numbers.len() as u16 * 8).to_le_bytes());
    out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}

/// What stands behind the entries of an archive, from place `at` on.
pub(super) fn directory(entries: &[Entry], at: u64) -> Vec<u8> {
    let mut out: Vec<u8> = entries.iter().flat_map(Entry::listed).collect();
    let (length, count) = (out.len() as u64, entries.len() as u64);
    let narrow = |number: u64| u32::try_from(number).unwrap_or(ELSEWHERE);
    let few = u16::try_from(count).unwrap_or(u16::MAX);
    if few == u16::MAX || narrow(length) == ELSEWHERE || narrow(at) == ELSEWHERE {
        let end = at + length;
        out.extend(b"PK\x06\x06");
        out.extend(44_u64.to_le_bytes());
        out.extend((UNIX | VERSION).to_le_bytes());
        out.extend(VERSION.to_le_bytes());
        out.extend([0; 8]);
        for number in [count, count, length, at] {
            out.extend(number.to_le_bytes());
        }
        out.extend(b"PK\x06\x07");
        out.extend(0_u32.to_le_bytes());
        out.extend(end.to_le_bytes());
        out.extend(1_u32.to_le_bytes());
    }
    out.extend(b"PK\x05\x06");
    out.extend([0; 4]);
    out.extend(few.to_le_bytes());
    out.extend(few.to_le_bytes());
    out.extend(narrow(length).to_le_bytes());
    out.extend(narrow(at).to_le_bytes());
    out.extend(0_u16.to_le_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(unpacked: u64, at: u64) -> Entry {
        Entry {
            name: "x.npy".to_owned(),
            method: Method::Stored,
            checksum: 1,
            packed: unpacked,
            unpacked,
            at,
        }
    }

    #[test]
    fn a_local_header_has_the_same_length_for_every_size() {
        assert_eq!(entry(1, 0).local().len(), entry(u64::MAX, 0).local().len());
    }

    #[test]
    fn sizes_beyond_32_bits_stand_in_the_wide_field_of_the_directory() {
        let narrow = entry(7, 9).listed();
        assert_eq!(narrow.len(), 46 + 5);
        let large = 5_000_000_000_u64;
        let listed = entry(large, 9).listed();
        assert_eq!(listed.len(), 46 + 5 + 4 + 16);
        assert_eq!(listed[listed.len() - 8..], large.to_le_bytes());
        let end = directory(&[entry(1, large)], large + 100);
        assert!(end.windows(4).any(|four| four == b"PK\x06\x06"));
        assert!(
            !directory(&[entry(1, 0)], 100)
                .windows(4)
                .any(|four| four == b"PK\x06\x06")
        );
    }
}
