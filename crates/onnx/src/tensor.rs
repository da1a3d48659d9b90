//! A tensor's numbers, its shape checked against its data.
//!
//! A file may claim any shape. Nothing is allocated after a claim: the numbers
//! that are there must be exactly as many as the shape says before they are
//! converted, so memory is bounded by the file.
//!
//! Half-precision numbers become `f32` exactly: `float16` has 5 bits of
//! exponent (bias 15) and 10 of mantissa, `bfloat16` is the upper half of an
//! `f32`.

use crate::OnnxError;
use crate::proto::TensorProto;

/// The kinds of numbers that Pellucid reads, with ONNX's codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum DataType {
    Float = 1,
    Uint8 = 2,
    Int8 = 3,
    Uint16 = 4,
    Int16 = 5,
    Int32 = 6,
    Int64 = 7,
    Bool = 9,
    Float16 = 10,
    Double = 11,
    Uint32 = 12,
    Uint64 = 13,
    Bfloat16 = 16,
    Uint4 = 21,
    Int4 = 22,
}

impl DataType {
    /// The kind of that code, if Pellucid reads it.
    pub fn from_code(code: i32) -> Option<Self> {
        Some(match code {
            1 => Self::Float,
            2 => Self::Uint8,
            3 => Self::Int8,
            4 => Self::Uint16,
            5 => Self::Int16,
            6 => Self::Int32,
            7 => Self::Int64,
            9 => Self::Bool,
            10 => Self::Float16,
            11 => Self::Double,
            12 => Self::Uint32,
            13 => Self::Uint64,
            16 => Self::Bfloat16,
            21 => Self::Uint4,
            22 => Self::Int4,
            _ => return None,
        })
    }

    /// ONNX's code of the kind.
    pub fn code(self) -> i32 {
        self as i32
    }

    /// Bits of one number.
    pub fn bits(self) -> usize {
        match self {
            Self::Uint4 | Self::Int4 => 4,
            Self::Uint8 | Self::Int8 | Self::Bool => 8,
            Self::Uint16 | Self::Int16 | Self::Float16 | Self::Bfloat16 => 16,
            Self::Float | Self::Int32 | Self::Uint32 => 32,
            Self::Int64 | Self::Double | Self::Uint64 => 64,
        }
    }

    /// Bytes of so many numbers; two of four bits share one.
    pub fn bytes(self, count: usize) -> usize {
        (count * self.bits()).div_ceil(8)
    }

    /// Real numbers, in contrast to integers and truth values.
    pub fn is_real(self) -> bool {
        matches!(
            self,
            Self::Float | Self::Double | Self::Float16 | Self::Bfloat16
        )
    }

    /// Whether it holds integers; truth values are none.
    pub fn is_integer(self) -> bool {
        matches!(
            self,
            Self::Uint4
                | Self::Int4
                | Self::Uint8
                | Self::Int8
                | Self::Uint16
                | Self::Int16
                | Self::Int32
                | Self::Int64
                | Self::Uint32
                | Self::Uint64
        )
    }
}

/// A tensor's numbers in the narrowest of four types that holds them exactly.
#[derive(Debug, Clone, PartialEq)]
pub enum Numbers {
    /// Real numbers of at most 32 bits.
    Float(Vec<f32>),
    /// Real numbers of 64 bits.
    Double(Vec<f64>),
    /// Integers and truth values (0 or 1).
    Integer(Vec<i64>),
    /// Integers of type `uint64`.
    Unsigned(Vec<u64>),
}

impl TensorProto {
    /// A tensor of real numbers.
    pub fn floats(name: impl Into<String>, shape: &[usize], data: &[f32]) -> Self {
        let raw = data.iter().flat_map(|x| x.to_le_bytes()).collect();
        Self::raw(name.into(), shape, DataType::Float, raw)
    }

    /// A tensor of real numbers in double precision.
    pub fn doubles(name: impl Into<String>, shape: &[usize], data: &[f64]) -> Self {
        let raw = data.iter().flat_map(|x| x.to_le_bytes()).collect();
        Self::raw(name.into(), shape, DataType::Double, raw)
    }

    /// A tensor of integers.
    pub fn integers(name: impl Into<String>, shape: &[usize], data: &[i64]) -> Self {
        let raw = data.iter().flat_map(|x| x.to_le_bytes()).collect();
        Self::raw(name.into(), shape, DataType::Int64, raw)
    }

    fn raw(name: String, shape: &[usize], kind: DataType, raw: Vec<u8>) -> Self {
        Self {
            name,
            dims: shape.iter().map(|&side| side as i64).collect(),
            data_type: kind.code(),
            raw_data: Some(raw),
            ..Self::default()
        }
    }

    /// The length of every side.
    pub fn shape(&self) -> Result<Vec<usize>, OnnxError> {
        self.volume()
            .map(|_| self.dims.iter().map(|&side| side as usize).collect())
    }

    /// How many numbers the shape holds; their bytes are sure not to overflow.
    pub fn volume(&self) -> Result<usize, OnnxError> {
        let refuse = |reason| OnnxError::Shape {
            tensor: self.name.clone(),
            dims: self.dims.clone(),
            reason,
        };
        if self.dims.iter().any(|&side| side < 0) {
            return Err(refuse("has a negative side"));
        }
        // Sides beside a zero count too, and so do the bits of each number, so that no
        // product of them overflows elsewhere.
        self.dims
            .iter()
            .try_fold(1_i64, |volume, &side| volume.checked_mul(side.max(1)))
            .filter(|&volume| volume.checked_mul(64).is_some())
            .ok_or_else(|| refuse("is too large"))?;
        Ok(self.dims.iter().map(|&side| side as usize).product())
    }

    /// Which kind of numbers the tensor holds.
    pub fn kind(&self) -> Result<DataType, OnnxError> {
        DataType::from_code(self.data_type)
            .ok_or_else(|| self.wrong_kind("real numbers, integers or truth values"))
    }

    fn wrong_kind(&self, expected: &'static str) -> OnnxError {
        let found = match self.data_type {
            8 => "texts".to_owned(),
            14 | 15 => "complex numbers".to_owned(),
            code => DataType::from_code(code).map_or_else(
                || format!("numbers of the unknown type {code}"),
                |kind| format!("numbers of type {kind:?}").to_lowercase(),
            ),
        };
        OnnxError::Kind {
            tensor: self.name.clone(),
            expected,
            found,
        }
    }

    fn wrong_length(&self, unit: &'static str, expected: usize, found: usize) -> OnnxError {
        OnnxError::Length {
            tensor: self.name.clone(),
            dims: self.dims.clone(),
            unit,
            expected: expected as u64,
            found: found as u64,
        }
    }

    /// How many bytes the shape needs.
    pub(crate) fn bytes(&self) -> Result<usize, OnnxError> {
        Ok(self.kind()?.bytes(self.volume()?))
    }

    /// The numbers as they are.
    pub fn numbers(&self) -> Result<Numbers, OnnxError> {
        let kind = self.kind()?;
        let volume = self.volume()?;
        if self.data_location != 0 || !self.external_data.is_empty() {
            let location = crate::external::entry(self, "location").unwrap_or_default();
            return Err(OnnxError::External {
                tensor: self.name.clone(),
                location: location.to_owned(),
                reason: "was not read, since the model did not come from a file".to_owned(),
            });
        }
        if self.segment.is_some() {
            return Err(self.wrong_kind("all numbers of the tensor, not a segment of them"));
        }
        if let Some(raw) = &self.raw_data {
            let expected = kind.bytes(volume);
            if raw.len() != expected {
                return Err(self.wrong_length("bytes", expected, raw.len()));
            }
            return Ok(from_raw(kind, raw, volume));
        }
        let found = match kind {
            DataType::Float => self.float_data.len(),
            DataType::Double => self.double_data.len(),
            DataType::Int64 => self.int64_data.len(),
            DataType::Uint32 | DataType::Uint64 => self.uint64_data.len(),
            _ => self.int32_data.len(),
        };
        if let DataType::Uint4 | DataType::Int4 = kind {
            let bytes: Vec<u8> = self.int32_data.iter().map(|&byte| byte as u8).collect();
            if bytes.len() != kind.bytes(volume) {
                return Err(self.wrong_length("pairs of numbers", kind.bytes(volume), found));
            }
            return Ok(from_raw(kind, &bytes, volume));
        }
        if found != volume {
            return Err(self.wrong_length("numbers", volume, found));
        }
        Ok(match kind {
            DataType::Float => Numbers::Float(self.float_data.clone()),
            DataType::Double => Numbers::Double(self.double_data.clone()),
            DataType::Int64 => Numbers::Integer(self.int64_data.clone()),
            DataType::Uint32 | DataType::Uint64 => Numbers::Unsigned(self.uint64_data.clone()),
            DataType::Float16 => Numbers::Float(
                self.int32_data
                    .iter()
                    .map(|&bits| half(bits as u16))
                    .collect(),
            ),
            DataType::Bfloat16 => Numbers::Float(
                self.int32_data
                    .iter()
                    .map(|&bits| brain(bits as u16))
                    .collect(),
            ),
            DataType::Bool => {
                Numbers::Integer(self.int32_data.iter().map(|&x| i64::from(x != 0)).collect())
            }
            _ => Numbers::Integer(self.int32_data.iter().map(|&x| i64::from(x)).collect()),
        })
    }

    /// The numbers in single precision, whatever their kind.
    pub fn to_f32(&self) -> Result<Vec<f32>, OnnxError> {
        Ok(match self.numbers()? {
            Numbers::Float(data) => data,
            Numbers::Double(data) => data.into_iter().map(|x| x as f32).collect(),
            Numbers::Integer(data) => data.into_iter().map(|x| x as f32).collect(),
            Numbers::Unsigned(data) => data.into_iter().map(|x| x as f32).collect(),
        })
    }

    /// The numbers in double precision, whatever their kind.
    pub fn to_f64(&self) -> Result<Vec<f64>, OnnxError> {
        Ok(match self.numbers()? {
            Numbers::Float(data) => data.into_iter().map(f64::from).collect(),
            Numbers::Double(data) => data,
            Numbers::Integer(data) => data.into_iter().map(|x| x as f64).collect(),
            Numbers::Unsigned(data) => data.into_iter().map(|x| x as f64).collect(),
        })
    }

    /// The numbers, which must be integers or truth values.
    pub fn to_i64(&self) -> Result<Vec<i64>, OnnxError> {
        match self.numbers()? {
            Numbers::Integer(data) => Ok(data),
            Numbers::Unsigned(data) => data
                .into_iter()
                .map(i64::try_from)
                .collect::<Result<_, _>>()
                .map_err(|_| self.wrong_kind("integers below 2^63")),
            _ => Err(self.wrong_kind("integers")),
        }
    }
}

fn from_raw(kind: DataType, raw: &[u8], count: usize) -> Numbers {
    macro_rules! each {
        ($type:ty, $convert:expr) => {{
            let (words, _) = raw.as_chunks::<{ size_of::<$type>() }>();
            words
                .iter()
                .map(|&word| $convert(<$type>::from_le_bytes(word)))
                .collect()
        }};
    }
    match kind {
        DataType::Float => Numbers::Float(each!(f32, |x| x)),
        DataType::Float16 => Numbers::Float(each!(u16, half)),
        DataType::Bfloat16 => Numbers::Float(each!(u16, brain)),
        DataType::Double => Numbers::Double(each!(f64, |x| x)),
        // The lower half of a byte is the first of two numbers.
        DataType::Uint4 => Numbers::Integer(halves(raw, count, i64::from)),
        DataType::Int4 => {
            let signed = |half: u8| i64::from(half) - if half > 7 { 16 } else { 0 };
            Numbers::Integer(halves(raw, count, signed))
        }
        DataType::Uint8 => Numbers::Integer(each!(u8, i64::from)),
        DataType::Int8 => Numbers::Integer(each!(i8, i64::from)),
        DataType::Uint16 => Numbers::Integer(each!(u16, i64::from)),
        DataType::Int16 => Numbers::Integer(each!(i16, i64::from)),
        DataType::Int32 => Numbers::Integer(each!(i32, i64::from)),
        DataType::Int64 => Numbers::Integer(each!(i64, |x| x)),
        DataType::Bool => Numbers::Integer(each!(u8, |x| i64::from(x != 0))),
        DataType::Uint32 => Numbers::Unsigned(each!(u32, u64::from)),
        DataType::Uint64 => Numbers::Unsigned(each!(u64, |x| x)),
    }
}

/// `count` numbers of four bits each.
fn halves(raw: &[u8], count: usize, convert: impl Fn(u8) -> i64) -> Vec<i64> {
    let both = raw.iter().flat_map(|byte| [byte & 15, byte >> 4]);
    both.take(count).map(convert).collect()
}

/// The `float16` of these bits.
fn half(bits: u16) -> f32 {
    let mantissa = f32::from(bits & 0x3ff);
    let size = match (bits >> 10) & 0x1f {
        0 => mantissa * 2_f32.powi(-24),
        31 if mantissa == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        exponent => (1024.0 + mantissa) * 2_f32.powi(i32::from(exponent) - 25),
    };
    if bits >> 15 == 1 { -size } else { size }
}

/// The `bfloat16` of these bits.
fn brain(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_survive() {
        let floats = TensorProto::floats("w", &[2, 2], &[1.5, -0.0, f32::MIN_POSITIVE, 3e38]);
        assert_eq!(
            floats.to_f32().unwrap(),
            [1.5, -0.0, f32::MIN_POSITIVE, 3e38]
        );
        assert_eq!(floats.shape().unwrap(), [2, 2]);
        let integers = TensorProto::integers("i", &[2], &[i64::MIN, 7]);
        assert_eq!(integers.to_i64().unwrap(), [i64::MIN, 7]);
        assert_eq!(
            TensorProto::doubles("d", &[], &[0.1]).to_f64().unwrap(),
            [0.1]
        );
    }

    #[test]
    fn half_precision_is_read_exactly() {
        for (bits, value) in [
            (0x0000, 0.0),
            (0x0001, 2_f32.powi(-24)),
            (0x03ff, 1023.0 * 2_f32.powi(-24)),
            (0x0400, 2_f32.powi(-14)),
            (0x3c00, 1.0),
            (0x3555, 0.333_251_95),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x7c00, f32::INFINITY),
            (0xfc00, f32::NEG_INFINITY),
        ] {
            assert_eq!(half(bits), value, "{bits:#06x}");
        }
        assert!(half(0x7e00).is_nan());
        assert_eq!(brain(0x3f80), 1.0);
        assert_eq!(brain(0xc040), -3.0);
    }

    #[test]
    fn two_numbers_of_four_bits_share_a_byte() {
        let packed = |code: i32| TensorProto {
            dims: vec![3],
            data_type: code,
            raw_data: Some(vec![0x8f, 0x07]),
            ..TensorProto::default()
        };
        assert_eq!(packed(21).to_i64().unwrap(), [15, 8, 7]);
        assert_eq!(packed(22).to_i64().unwrap(), [-1, -8, 7]);
        let listed = TensorProto {
            raw_data: None,
            int32_data: vec![0x8f, 0x07],
            ..packed(22)
        };
        assert_eq!(listed.to_i64().unwrap(), [-1, -8, 7]);
        assert!(
            TensorProto {
                dims: vec![5],
                ..listed
            }
            .to_i64()
            .is_err()
        );
    }

    #[test]
    fn claims_that_the_data_do_not_keep_are_refused() {
        let claim = |dims: &[i64]| TensorProto {
            dims: dims.to_vec(),
            ..TensorProto::floats("w", &[2], &[1.0, 2.0])
        };
        for (dims, sentence) in [
            (&[-2][..], "tensor `w`: the shape [-2] has a negative side"),
            (&[-1, -2], "negative side"),
            (&[1 << 62], "too large"),
            (&[1 << 31, 1 << 31], "too large"),
            (&[0, i64::MAX], "too large"),
            (
                &[3],
                "tensor `w`: the shape [3] needs 12 bytes, the file holds 8",
            ),
            (&[], "needs 4 bytes"),
        ] {
            let error = claim(dims).to_f32().unwrap_err().to_string();
            assert!(error.contains(sentence), "{error}");
        }
    }

    #[test]
    fn numbers_of_another_kind_are_refused_by_name() {
        let real = TensorProto::floats("w", &[1], &[0.5])
            .to_i64()
            .unwrap_err()
            .to_string();
        assert_eq!(
            real,
            "tensor `w` holds numbers of type float, expected integers"
        );
        let text = TensorProto {
            name: "t".to_owned(),
            data_type: 8,
            ..TensorProto::default()
        };
        assert!(text.to_f32().unwrap_err().to_string().contains("texts"));
    }
}
