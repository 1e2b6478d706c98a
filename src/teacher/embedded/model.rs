//! A llama-shaped network over candle's quantized kernels, written so that several sequences are decoded as one batch.
//!
//! Linear layers see all rows of a step at once; attention runs over each sequence's own keys and values, so sequences
//! of different lengths join and leave at any step. No row's numbers depend on the rows beside it, which is what makes a
//! seeded sample the same whoever shares its batch.

use std::io::{Read, Seek};

use candle_core::quantized::QTensor;
use candle_core::quantized::gguf_file::Content;
use candle_core::{Device, Result, Tensor, bail};

use crate::teacher::embedded::linear::{Joined, Linear, Loader};
use crate::teacher::embedded::memory::Memory;
use crate::teacher::embedded::shape::Shape;
use crate::teacher::embedded::spread::{spread, threads};

/// Tokens to be read by one sequence in one step.
pub struct Reading<'a> {
    pub memory: &'a mut Memory,
    pub tokens: &'a [u32],
    /// Whether what may follow the last token is asked for.
    pub answer: bool,
}

/// A reading's place among all, and the scores of what may follow.
type Scored = (usize, Vec<f32>);

struct Layer {
    attention_norm: Vec<f32>,
    query_key_value: Joined,
    attention_out: Linear,
    feed_norm: Vec<f32>,
    gate_up: Joined,
    down: Linear,
}

/// The network with its weights; shared by all sequences.
pub struct Model {
    shape: Shape,
    embedding: QTensor,
    layers: Vec<Layer>,
    last_norm: Vec<f32>,
    output: Linear,
    /// Turns of each rotated pair for one position.
    frequencies: Vec<f32>,
}

impl Model {
    /// Reads all weights; `on_layer` hears how many of how many layers are there and may stop it by answering false.
    pub fn load<R: Read + Seek>(
        content: &Content,
        file: &mut R,
        mut on_layer: impl FnMut(usize, usize) -> bool,
    ) -> Result<Self> {
        let shape = Shape::read(content)?;
        let mut loader = Loader {
            content,
            file,
            device: Device::Cpu,
        };
        let mut layers = Vec::with_capacity(shape.layers);
        for index in 0..shape.layers {
            if !on_layer(index, shape.layers) {
                bail!("loading was stopped");
            }
            let name = |part: &str| format!("blk.{index}.{part}.weight");
            layers.push(Layer {
                attention_norm: loader.vector(&name("attn_norm"))?,
                query_key_value: Joined(loader.linear(&[name("attn_q"), name("attn_k"), name("attn_v")])?),
                attention_out: loader.single(name("attn_output"))?,
                feed_norm: loader.vector(&name("ffn_norm"))?,
                gate_up: Joined(loader.linear(&[name("ffn_gate"), name("ffn_up")])?),
                down: loader.single(name("ffn_down"))?,
            });
        }
        let output = match content.tensor_infos.contains_key("output.weight") {
            true => loader.single("output.weight".to_owned())?,
            false => loader.single("token_embd.weight".to_owned())?,
        };
        let base = f64::from(shape.rope_base);
        let mut frequencies: Vec<f32> = (0..shape.rotated / 2)
            .map(|i| base.powf(-2.0 * i as f64 / shape.rotated as f64) as f32)
            .collect();
        if content.tensor_infos.contains_key("rope_freqs.weight") {
            // Llama 3.1 and later stretch the slow turns.
            let factors = loader.vector("rope_freqs.weight")?;
            frequencies
                .iter_mut()
                .zip(factors)
                .for_each(|(frequency, factor)| *frequency /= factor);
        }
        let model = Model {
            embedding: loader.tensor("token_embd.weight")?,
            last_norm: loader.vector("output_norm.weight")?,
            layers,
            output,
            frequencies,
            shape,
        };
        model.check()?;
        Ok(model)
    }

    /// Holds the widths of the tensors against the metadata, so that a damaged file is refused at load.
    fn check(&self) -> Result<()> {
        let (_, width) = self.embedding.shape().dims2()?;
        let wrong =
            |layer: &Layer| layer.attention_norm.len() != self.shape.width || layer.feed_norm.len() != self.shape.width;
        if width != self.shape.width || self.last_norm.len() != width || self.layers.iter().any(wrong) {
            bail!("the tensors of the file do not have the sizes that it states");
        }
        Ok(())
    }

    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// How many tokens the model knows.
    pub fn vocabulary(&self) -> usize {
        self.embedding.shape().dims().first().copied().unwrap_or(0)
    }

    /// An empty memory with room for `tokens` tokens.
    pub fn memory(&self, tokens: usize) -> Result<Memory> {
        Memory::new(&self.shape, tokens)
    }

    /// Reads the tokens of all sequences and returns, for each reading in order, the logits of what may follow its last
    /// token: one float for each token of the vocabulary, or nothing where no answer was asked for.
    pub fn read(&self, readings: &mut [Reading<'_>]) -> Result<Vec<Vec<f32>>> {
        let count = readings.len();
        let mut shares: Vec<(usize, Vec<(usize, &mut Reading<'_>)>)> = Vec::new();
        shares.resize_with(threads().min(count), Default::default);
        let mut rest: Vec<(usize, &mut Reading<'_>)> = readings.iter_mut().enumerate().collect();
        // The longest first, each to whoever has least to do.
        rest.sort_by_key(|(_, reading)| std::cmp::Reverse(reading.tokens.len()));
        for (index, reading) in rest {
            if let Some((rows, share)) = shares.iter_mut().min_by_key(|(rows, _)| *rows) {
                *rows += reading.tokens.len();
                share.push((index, reading));
            }
        }
        let answered: Vec<Result<Vec<Scored>>> = spread(shares, |(_, share)| {
            let (places, mut readings): (Vec<usize>, Vec<&mut Reading<'_>>) = share.into_iter().unzip();
            Ok(places.into_iter().zip(self.read_together(&mut readings)?).collect())
        });
        let mut scores = vec![Vec::new(); count];
        for answered in answered {
            for (index, answer) in answered? {
                if let Some(place) = scores.get_mut(index) {
                    *place = answer;
                }
            }
        }
        Ok(scores)
    }

    /// The same in one pass on one thread.
    fn read_together(&self, readings: &mut [&mut Reading<'_>]) -> Result<Vec<Vec<f32>>> {
        let ids: Vec<u32> = readings
            .iter()
            .flat_map(|reading| reading.tokens.iter().copied())
            .collect();
        if readings.iter().any(|reading| reading.tokens.is_empty()) {
            bail!("a sequence has nothing to read");
        }
        let turns = self.turns(readings);
        let count = ids.len();
        let mut hidden = self.embedding.embedding(&Tensor::from_vec(ids, count, &Device::Cpu)?)?;
        for (index, layer) in self.layers.iter().enumerate() {
            let normed = self.norm(&hidden, &layer.attention_norm)?;
            let mixed = self.attention(index, &layer.query_key_value.forward(&normed)?, &turns, readings)?;
            hidden = (hidden + layer.attention_out.forward(&mixed)?)?;
            let normed = self.norm(&hidden, &layer.feed_norm)?;
            let gate_up = layer.gate_up.forward(&normed)?;
            hidden = (hidden + layer.down.forward(&candle_nn::ops::swiglu(&gate_up)?)?)?;
        }
        let mut last = Vec::new();
        let mut row = 0;
        for reading in readings.iter_mut() {
            row += reading.tokens.len();
            reading.memory.tokens += reading.tokens.len();
            if reading.answer {
                last.push(row as u32 - 1);
            }
        }
        if last.is_empty() {
            return Ok(vec![Vec::new(); readings.len()]);
        }
        let asked = last.len();
        let hidden = hidden.index_select(&Tensor::from_vec(last, asked, &Device::Cpu)?, 0)?;
        let normed = self.norm(&hidden, &self.last_norm)?;
        let mut logits = self.output.forward(&normed)?.to_vec2::<f32>()?.into_iter();
        Ok(readings
            .iter()
            .map(|reading| {
                if reading.answer {
                    logits.next().unwrap_or_default()
                } else {
                    Vec::new()
                }
            })
            .collect())
    }

    /// Scales each row to a root mean square of 1, then by the weights. Plain, for the reason given at [`soften`].
    fn norm(&self, rows: &Tensor, weights: &[f32]) -> Result<Tensor> {
        let shape = rows.dims2()?;
        let mut rows = rows.flatten_all()?.to_vec1::<f32>()?;
        for row in rows.chunks_exact_mut(weights.len()) {
            let squares: f32 = row.iter().map(|x| x * x).sum();
            let factor = 1.0 / (squares / weights.len() as f32 + self.shape.epsilon).sqrt();
            row.iter_mut()
                .zip(weights)
                .for_each(|(x, weight)| *x *= factor * weight);
        }
        Tensor::from_vec(rows, shape, &Device::Cpu)
    }

    /// Cosine and sine of each rotated pair, for each row.
    fn turns(&self, readings: &[&mut Reading<'_>]) -> Vec<(f32, f32)> {
        let mut turns = Vec::new();
        for reading in readings {
            for position in (reading.memory.tokens..).take(reading.tokens.len()) {
                turns.extend(self.frequencies.iter().map(|frequency| {
                    let (sin, cos) = (position as f32 * frequency).sin_cos();
                    (cos, sin)
                }));
            }
        }
        turns
    }

    /// Turns neighbouring pairs, as GGUF files of this architecture order them.
    fn rotate(&self, heads: &mut [f32], turns: &[(f32, f32)]) {
        for head in heads.chunks_exact_mut(self.shape.head) {
            for (pair, (cos, sin)) in head.chunks_exact_mut(2).zip(turns) {
                if let [x, y] = pair {
                    (*x, *y) = (*x * cos - *y * sin, *x * sin + *y * cos);
                }
            }
        }
    }

    /// Writes keys and values of all rows into the memories, then lets each sequence look back over its own.
    fn attention(
        &self,
        layer: usize,
        projected: &Tensor,
        turns: &[(f32, f32)],
        readings: &[&mut Reading<'_>],
    ) -> Result<Tensor> {
        let shape = &self.shape;
        let (rows, width) = projected.dims2()?;
        if width != shape.query_width() + 2 * shape.key_width() {
            bail!("the attention matrices do not have the sizes that the file states");
        }
        let mut projected = projected.flatten_all()?.to_vec1::<f32>()?;
        let mut rest = projected.chunks_exact_mut(width);
        let mut turns = turns.chunks_exact(self.frequencies.len());
        let mut looks = Vec::with_capacity(readings.len());
        for reading in readings {
            let Some(cache) = reading.memory.layers.get(layer) else {
                bail!("a memory of another model")
            };
            let count = reading.tokens.len();
            let mut queries = Vec::with_capacity(count * shape.query_width());
            let mut keys = Vec::with_capacity(count * shape.key_width());
            let mut values = Vec::with_capacity(count * shape.key_width());
            for (row, turn) in rest.by_ref().take(count).zip(turns.by_ref()) {
                let (query, key_value) = row.split_at_mut(shape.query_width());
                let (key, value) = key_value.split_at_mut(shape.key_width());
                self.rotate(query, turn);
                self.rotate(key, turn);
                queries.extend_from_slice(query);
                keys.extend_from_slice(key);
                values.extend_from_slice(value);
            }
            let past = reading.memory.tokens;
            let by_head = |rows: Vec<f32>, heads: usize| {
                Tensor::from_vec(rows, (count, heads, shape.head), &Device::Cpu)?
                    .transpose(0, 1)?
                    .contiguous()
            };
            cache.keys.slice_set(&by_head(keys, shape.kv_heads)?, 1, past)?;
            cache.values.slice_set(&by_head(values, shape.kv_heads)?, 1, past)?;
            let grouped = (shape.kv_heads, shape.heads / shape.kv_heads * count, shape.head);
            looks.push(Look {
                queries: by_head(queries, shape.heads)?.reshape(grouped)?,
                keys: cache.keys.narrow(1, 0, past + count)?.transpose(1, 2)?,
                values: cache.values.narrow(1, 0, past + count)?,
                count,
            });
        }
        let mut mixed = Vec::with_capacity(rows * shape.query_width());
        let scale = 1.0 / (shape.head as f32).sqrt();
        for look in &looks {
            let seen = look.back(scale)?.reshape((shape.heads, look.count, shape.head))?;
            mixed.extend(seen.transpose(0, 1)?.flatten_all()?.to_vec1::<f32>()?);
        }
        Tensor::from_vec(mixed, (rows, shape.query_width()), &Device::Cpu)
    }
}

/// One sequence's look back in one layer: queries (key heads, queries of a key head × rows, head), keys (key heads, head,
/// tokens), values (key heads, tokens, head).
struct Look {
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    count: usize,
}

impl Look {
    fn back(&self, scale: f32) -> Result<Tensor> {
        let scores = self.queries.matmul(&self.keys)?;
        let shape = scores.dims3()?;
        let tokens = shape.2;
        let mut scores = scores.flatten_all()?.to_vec1::<f32>()?;
        for (row, scores) in scores.chunks_exact_mut(tokens).enumerate() {
            // A row sees what stands before it and itself.
            let hidden = self.count - 1 - row % self.count;
            soften(scores, tokens - hidden, scale);
        }
        Tensor::from_vec(scores, shape, &Device::Cpu)?.matmul(&self.values)
    }
}

/// Softmax over the first `seen` scores; the others become 0. Candle's own wakes a pool of threads for every call, many
/// times a token for a few hundred numbers.
fn soften(scores: &mut [f32], seen: usize, scale: f32) {
    let (seen, unseen) = scores.split_at_mut(seen.min(scores.len()));
    let top = seen.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for score in seen.iter_mut() {
        *score = ((*score - top) * scale).exp();
        sum += *score;
    }
    seen.iter_mut().for_each(|score| *score /= sum);
    unseen.fill(0.0);
}
