//! NPY: one `numpy` array.
//!
//! Magic bytes, a version, the length of a header, and the header: a Python
//! dictionary with `descr` (type), `fortran_order` and `shape`; then the
//! numbers.
//!
//! * **Reference:** <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>,
//!   versions 1.0 to 3.0.

use std::io::{self, Read};

use arrow_array::types::{ArrowPrimitiveType, Float16Type};
use pellucid_core::Tensor;

use super::Array;

const MAGIC: &[u8] = b"\x93NUMPY";

/// The longest header accepted; those of plain arrays have about 100 bytes.
const LONGEST_HEADER: usize = 1 << 16;

/// Bytes reserved before a number is read, at most: the header is not trusted
/// with memory.
const RESERVED: usize = 1 << 24;

/// Why an array cannot be read.
pub(super) enum Fault {
    /// The bytes contradict the format.
    Damaged(String),
    /// It holds this, no numbers.
    Kind(String),
    /// An unsigned integer beyond `i64`, in this row.
    TooLarge { row: usize, found: u64 },
}

/// What an array is.
pub(super) struct Header {
    pub shape: Vec<usize>,
    /// What it holds, if not numbers that we read.
    pub refused: Option<String>,
    /// The type's code: a letter and the number of bytes.
    code: String,
    big_endian: bool,
    fortran_order: bool,
    /// Whether unsigned integers beyond `i64` become negative ones: of keys only
    /// equality counts.
    pub wrap: bool,
}

impl Header {
    pub fn read(bytes: &mut impl Read) -> Result<Self, String> {
        let cut = |error: io::Error| format!("its header is cut short ({error})");
        let mut start = [0; 8];
        bytes.read_exact(&mut start).map_err(cut)?;
        if &start[..6] != MAGIC {
            return Err("it is not a NumPy array".to_owned());
        }
        let mut length = [0; 4];
        let size = if start[6] == 1 { 2 } else { 4 };
        bytes.read_exact(&mut length[..size]).map_err(cut)?;
        let length = u32::from_le_bytes(length) as usize;
        if length > LONGEST_HEADER {
            return Err(format!("its header claims {length} bytes"));
        }
        let mut text = vec![0; length];
        bytes.read_exact(&mut text).map_err(cut)?;
        let text = String::from_utf8_lossy(&text);
        Self::parse(&text).ok_or_else(|| format!("its header `{}` is not understood", text.trim()))
    }

    fn parse(text: &str) -> Option<Self> {
        let after = |key: &str| {
            let (_, rest) = text.split_once(&format!("'{key}'"))?;
            Some(rest.trim_start().strip_prefix(':')?.trim_start())
        };
        let fortran_order = match after("fortran_order")? {
            rest if rest.starts_with("True") => true,
            rest if rest.starts_with("False") => false,
            _ => return None,
        };
        let (sides, _) = after("shape")?.strip_prefix('(')?.split_once(')')?;
        let sides = sides
            .split(',')
            .map(str::trim)
            .filter(|side| !side.is_empty());
        let shape = sides.map(|side| side.parse().ok()).collect::<Option<_>>()?;
        let descr = after("descr")?;
        // Records have a list of fields in place of a type.
        let (order, code) = match descr.strip_prefix('\'') {
            Some(quoted) => {
                let (descr, _) = quoted.split_once('\'')?;
                let code = descr.trim_start_matches(['<', '>', '|', '=']);
                (descr.chars().next()?, code.to_owned())
            }
            None => ('|', "V".to_owned()),
        };
        let refused = refused(&code).map(str::to_owned);
        Some(Self {
            shape,
            refused,
            code,
            big_endian: order == '>',
            fortran_order,
            wrap: false,
        })
    }

    fn item_bytes(&self) -> usize {
        self.code[1..].parse().unwrap_or(1)
    }
}

/// What an array of that type holds, if not numbers that we read.
fn refused(code: &str) -> Option<&'static str> {
    match code {
        "b1" | "i1" | "i2" | "i4" | "i8" | "u1" | "u2" | "u4" | "u8" | "f2" | "f4" | "f8" => None,
        _ => Some(match code.as_bytes().first() {
            Some(b'U' | b'S' | b'a') => "text",
            Some(b'O') => "Python objects (a list of lists? write offsets and flat arrays)",
            Some(b'M' | b'm') => "dates or times",
            Some(b'c') => "complex numbers",
            Some(b'f') => "numbers of extended precision",
            Some(b'V') => "records",
            _ => "values of an unknown type",
        }),
    }
}

/// Reads an array to its end.
pub(super) fn read(bytes: &mut impl Read) -> Result<Array, Fault> {
    let header = Header::read(bytes).map_err(Fault::Damaged)?;
    if let Some(kind) = header.refused {
        return Err(Fault::Kind(kind));
    }
    let size = header.bytes(&header.shape)?;
    let mut data = Vec::with_capacity(size.min(RESERVED));
    // Reading to the end of the archive's entry lets it compare its checksum.
    bytes
        .read_to_end(&mut data)
        .map_err(|error| Fault::Damaged(error.to_string()))?;
    if data.len() != size {
        let (found, shape) = (data.len(), &header.shape);
        let reason = format!("it has {found} bytes, its shape {shape:?} needs {size}");
        return Err(Fault::Damaged(reason));
    }
    let shape = header.shape.clone();
    header.decode(data, shape)
}

impl Header {
    /// Whether it holds integers of 64 bits without sign.
    pub fn unsigned(&self) -> bool {
        self.code == "u8"
    }

    /// Whether the numbers of a row are not beside each other.
    pub fn in_other_order(&self) -> bool {
        self.fortran_order && self.shape.len() > 1
    }

    /// The bytes of an array of that shape.
    pub fn bytes(&self, shape: &[usize]) -> Result<usize, Fault> {
        let count = shape
            .iter()
            .try_fold(1_usize, |n, &side| n.checked_mul(side));
        let size = count.and_then(|count| count.checked_mul(self.item_bytes()));
        size.ok_or_else(|| Fault::Damaged(format!("its shape {shape:?} is impossible")))
    }

    /// The numbers of an array, or of a part of one, from its bytes, which fill the shape.
    pub fn decode(&self, mut data: Vec<u8>, shape: Vec<usize>) -> Result<Array, Fault> {
        if self.big_endian {
            data.chunks_exact_mut(self.item_bytes())
                .for_each(<[u8]>::reverse);
        }
        let fortran = self.fortran_order;
        let count = data.len() / self.item_bytes();
        let per_row = (count / shape.first().copied().unwrap_or(1).max(1)).max(1);
        macro_rules! tensor {
            ($from:ty, $to:ty) => {
                row_major(
                    shape,
                    fortran,
                    numbers(&data, |b| <$to>::from(<$from>::from_le_bytes(b))),
                )
            };
        }
        Ok(match self.code.as_str() {
            "f4" => Array::F32(tensor!(f32, f32)),
            "f8" => Array::F64(tensor!(f64, f64)),
            "f2" => {
                let half =
                    |b| <Float16Type as ArrowPrimitiveType>::Native::from_le_bytes(b).to_f32();
                Array::F32(row_major(shape, fortran, numbers(&data, half)))
            }
            "i1" => Array::I64(tensor!(i8, i64)),
            "i2" => Array::I64(tensor!(i16, i64)),
            "i4" => Array::I64(tensor!(i32, i64)),
            "i8" => Array::I64(tensor!(i64, i64)),
            "u1" => Array::I64(tensor!(u8, i64)),
            "u2" => Array::I64(tensor!(u16, i64)),
            "u4" => Array::I64(tensor!(u32, i64)),
            "u8" => {
                let tensor = tensor!(u64, u64);
                let beyond = |x: &u64| i64::try_from(*x).is_err();
                let first = tensor.data().iter().position(beyond);
                if let Some(index) = first.filter(|_| !self.wrap) {
                    return Err(Fault::TooLarge {
                        row: index / per_row,
                        found: tensor.data()[index],
                    });
                }
                Array::I64(tensor.map(|&x| x as i64))
            }
            // `refused` let through one type more than those above.
            _ => Array::I64(row_major(
                shape,
                fortran,
                numbers(&data, |[b]: [u8; 1]| i64::from(b != 0)),
            )),
        })
    }
}

/// Reads an array of text (`U` or `S`) of one side.
pub(super) fn read_text(bytes: &mut impl Read) -> Result<Vec<String>, String> {
    let header = Header::read(bytes)?;
    let wide = match header.code.as_bytes().first() {
        Some(b'U') => 4,
        Some(b'S' | b'a') => 1,
        _ => return Err("it holds no text".to_owned()),
    };
    let size = header.item_bytes().saturating_mul(wide);
    let mut data = Vec::new();
    bytes
        .read_to_end(&mut data)
        .map_err(|error| error.to_string())?;
    if header.shape.len() != 1 || Some(data.len()) != header.shape[0].checked_mul(size) || size == 0
    {
        return Err(format!(
            "its shape {:?} is not that of a list of words",
            header.shape
        ));
    }
    let word = |item: &[u8]| -> Option<String> {
        if wide == 1 {
            return String::from_utf8(item.to_vec()).ok();
        }
        let codes = item.as_chunks::<4>().0.iter().map(|&code| {
            if header.big_endian {
                u32::from_be_bytes(code)
            } else {
                u32::from_le_bytes(code)
            }
        });
        codes.map(char::from_u32).collect()
    };
    data.chunks_exact(size)
        .map(|item| word(item).map(|word| word.trim_end_matches('\0').to_owned()))
        .collect::<Option<_>>()
        .ok_or_else(|| "its text is not Unicode".to_owned())
}

fn numbers<T, const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> T) -> Vec<T> {
    bytes
        .as_chunks()
        .0
        .iter()
        .map(|&chunk| number(chunk))
        .collect()
}

/// A tensor of numbers that come with the last side running fastest, or the
/// first one (Fortran order).
fn row_major<T: Copy>(shape: Vec<usize>, fortran: bool, data: Vec<T>) -> Tensor<T> {
    if !fortran || shape.len() < 2 {
        return Tensor::new(shape, data);
    }
    let mut strides = vec![1; shape.len()];
    for side in 1..shape.len() {
        strides[side] = strides[side - 1] * shape[side - 1];
    }
    let mut index = vec![0; shape.len()];
    let mut ordered = Vec::with_capacity(data.len());
    for _ in 0..data.len() {
        ordered.push(
            data[index
                .iter()
                .zip(&strides)
                .map(|(i, stride)| i * stride)
                .sum::<usize>()],
        );
        for side in (0..shape.len()).rev() {
            index[side] += 1;
            if index[side] < shape[side] {
                break;
            }
            index[side] = 0;
        }
    }
    Tensor::new(shape, ordered)
}

/// The type of an array's numbers as a header names it: little-endian.
pub(super) fn descr(array: &Array) -> &'static str {
    match array {
        Array::F32(_) => "<f4",
        Array::F64(_) => "<f8",
        Array::I64(_) => "<i8",
    }
}

/// Bytes of blanks that every header has.
pub(super) const SPARE: usize = 5;

/// The length of the header of an array with any number of such rows, with
/// [`SPARE`] blanks.
pub(super) fn header_len(descr: &str, shape: &[usize]) -> usize {
    // The longest number of rows, so that it may be filled in later.
    let rows = usize::MAX.to_string().len();
    let longest = start(descr, shape).len() + rows + SPARE;
    // The numbers start at a multiple of 64 bytes, behind a newline.
    (longest + 1).next_multiple_of(64)
}

/// The header of an array of version 1.0, row-major, of that length.
pub(super) fn header(descr: &str, shape: &[usize], length: usize) -> io::Result<Vec<u8>> {
    let mut out = start(descr, shape);
    let text = length - MAGIC.len() - 4;
    let text = u16::try_from(text)
        .map_err(|_| io::Error::other("an array has too many sides for a NumPy file"))?;
    out[MAGIC.len() + 2..MAGIC.len() + 4].copy_from_slice(&text.to_le_bytes());
    out.resize(length - 1, b' ');
    out.push(b'\n');
    Ok(out)
}

/// A header without its length and its end.
fn start(descr: &str, shape: &[usize]) -> Vec<u8> {
    let sides: Vec<String> = shape.iter().map(|side| format!("{side},")).collect();
    let sides = sides.join(" ");
    let text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({sides}), }}");
    [MAGIC, &[1, 0, 0, 0], text.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_plain_arrays_are_understood() {
        let header =
            Header::parse("{'descr': '>f4', 'fortran_order': True, 'shape': (2, 3), }").unwrap();
        assert_eq!(header.shape, [2, 3]);
        assert!(header.big_endian && header.fortran_order && header.refused.is_none());
        let scalar = Header::parse("{'shape':(),'fortran_order':False,'descr':'|b1'}").unwrap();
        assert!(scalar.shape.is_empty());
    }

    #[test]
    fn headers_of_other_arrays_say_what_they_hold() {
        for (descr, kind) in [
            ("'<U3'", "text"),
            ("'|O'", "Python objects"),
            ("'<c16'", "complex"),
            ("[('a', '<f4'), ('b', '<i8')]", "records"),
            ("'<M8[ns]'", "dates"),
            ("'<f16'", "extended"),
        ] {
            let text = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': (3,), }}");
            let refused = Header::parse(&text).unwrap().refused.unwrap();
            assert!(refused.contains(kind), "{descr}: {refused}");
        }
    }

    #[test]
    fn broken_headers_are_refused() {
        for text in [
            "",
            "{}",
            "{'descr': '<f4', 'fortran_order': 1, 'shape': (3,), }",
        ] {
            assert!(Header::parse(text).is_none(), "{text}");
        }
        for shape in ["3", "(-1,)", "(3", "(x,)"] {
            let text = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}");
            assert!(Header::parse(&text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_header_has_the_same_length_for_any_number_of_rows() {
        for rows in [0, 7, usize::MAX] {
            let length = header_len("<f4", &[rows, 3]);
            assert_eq!(length, header_len("<f4", &[0, 3]));
            assert_eq!(length % 64, 0);
            for length in [length, length - SPARE] {
                let header = header("<f4", &[rows, 3], length).unwrap();
                assert_eq!((header.len(), header.last()), (length, Some(&b'\n')));
                let read = Header::read(&mut header.as_slice());
                assert_eq!(read.map(|header| header.shape), Ok(vec![rows, 3]));
            }
        }
    }

    #[test]
    fn a_shape_that_its_bytes_do_not_fill_is_refused() {
        let array = Array::F32(Tensor::new(vec![3], vec![1.0, 2.0, 3.0]));
        let mut bytes = header("<f4", &[3], header_len("<f4", &[3])).unwrap();
        bytes.extend([1.0_f32, 2.0, 3.0].iter().flat_map(|x| x.to_le_bytes()));
        assert!(matches!(read(&mut bytes.as_slice()), Ok(read) if read == array));
        let short = &bytes[..bytes.len() - 1];
        assert!(matches!(read(&mut &*short), Err(Fault::Damaged(_))));
        bytes.push(0);
        assert!(matches!(
            read(&mut bytes.as_slice()),
            Err(Fault::Damaged(_))
        ));
    }
}
