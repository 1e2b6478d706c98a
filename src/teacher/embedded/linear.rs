//! Weight matrices as they lie in the file, brought into the form that this processor multiplies fastest.

use std::io::{Read, Seek};
use std::sync::Arc;

use candle_core::quantized::gguf_file::Content;
use candle_core::quantized::{GgmlDType, QMatMul, QTensor};
use candle_core::{Device, Module, Result, Tensor, bail};

/// Widths of the packed x86 kernels are multiples of this.
const PACKED_WIDTH: usize = 256;

/// A weight matrix whose input may be widened with zeros, so that candle's packed kernels take it.
pub struct Linear {
    weight: QMatMul,
    width: usize,
}

impl Linear {
    /// Multiplies rows of shape (count, input) into (count, output).
    pub fn forward(&self, rows: &Tensor) -> Result<Tensor> {
        let given = rows.dim(1)?;
        match self.width > given {
            true => self.weight.forward(&rows.pad_with_zeros(1, 0, self.width - given)?),
            false => self.weight.forward(rows),
        }
    }
}

/// Matrices that share their input; one where their formats allow it.
pub struct Joined(pub Vec<Linear>);

impl Joined {
    /// Multiplies rows of shape (count, input) into (count, output).
    pub fn forward(&self, rows: &Tensor) -> Result<Tensor> {
        let parts = self
            .0
            .iter()
            .map(|part| part.forward(rows))
            .collect::<Result<Vec<_>>>()?;
        match parts.as_slice() {
            [only] => Ok(only.clone()),
            several => Tensor::cat(several, 1),
        }
    }
}

/// Reads tensors out of an open GGUF file.
pub struct Loader<'a, R> {
    pub content: &'a Content,
    pub file: &'a mut R,
    pub device: Device,
}

/// True for formats that candle runs without vector instructions: they become Q8_0, which it runs fast.
fn is_slow(format: GgmlDType) -> bool {
    matches!(
        format,
        GgmlDType::Q4_1 | GgmlDType::Q5_0 | GgmlDType::Q5_1 | GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16
    )
}

/// The input width at which this processor multiplies fastest: the packed kernels want multiples of 256, and a third more
/// zeros cost less than going without them (8 rows through 576 by 960: 110 µs widened, 530 µs as it stands). The packed kernels round
/// activations in blocks of 256 instead of 32, so scores stray further from exact ones, up to about 1 where outliers are large.
fn fast_width(width: usize) -> usize {
    #[cfg(target_arch = "x86_64")]
    {
        let packed = (is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vnni"))
            || (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("avxvnni"));
        let widened = width.next_multiple_of(PACKED_WIDTH);
        if packed && widened <= width + width / 2 {
            return widened;
        }
    }
    width
}

impl<R: Read + Seek> Loader<'_, R> {
    pub fn tensor(&mut self, name: &str) -> Result<QTensor> {
        self.content.tensor(self.file, name, &self.device)
    }

    pub fn vector(&mut self, name: &str) -> Result<Vec<f32>> {
        self.tensor(name)?.dequantize(&self.device)?.flatten_all()?.to_vec1()
    }

    pub fn linear(&mut self, names: &[String]) -> Result<Vec<Linear>> {
        let parts = names.iter().map(|name| self.tensor(name)).collect::<Result<Vec<_>>>()?;
        let device = self.device.clone();
        let becomes_q8 = |part: &QTensor| -> Result<bool> {
            let (_, width) = part.shape().dims2()?;
            let format = part.dtype();
            Ok(width.is_multiple_of(GgmlDType::Q8_0.block_size()) && (is_slow(format) || format == GgmlDType::Q8_0))
        };
        let all = parts
            .iter()
            .map(becomes_q8)
            .collect::<Result<Vec<_>>>()?
            .into_iter()
            .all(|q8| q8);
        let requantized = |plain: Tensor| -> Result<Linear> {
            let (_, given) = plain.dims2()?;
            let width = fast_width(given);
            let weight = QTensor::quantize(&plain.pad_with_zeros(1, 0, width - given)?, GgmlDType::Q8_0)?;
            Ok(Linear {
                weight: QMatMul::from_arc(Arc::new(weight))?,
                width,
            })
        };
        if all {
            let plain = parts
                .iter()
                .map(|part| part.dequantize(&device))
                .collect::<Result<Vec<_>>>()?;
            return Ok(vec![requantized(Tensor::cat(&plain, 0)?)?]);
        }
        let each = parts.into_iter().map(|part| {
            if becomes_q8(&part)? {
                return requantized(part.dequantize(&device)?);
            }
            let (_, width) = part.shape().dims2()?;
            Ok(Linear {
                weight: QMatMul::from_arc(Arc::new(part))?,
                width,
            })
        });
        each.collect()
    }

    pub fn single(&mut self, name: String) -> Result<Linear> {
        match self.linear(std::slice::from_ref(&name))?.pop() {
            Some(linear) => Ok(linear),
            None => bail!("no tensor '{name}'"),
        }
    }
}
