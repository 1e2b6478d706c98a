//! The sizes of a model, as its file states them.

use candle_core::quantized::gguf_file::{Content, Value};
use candle_core::{Result, bail};

/// The sizes of a model, from the metadata of its GGUF file.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    pub layers: usize,
    pub width: usize,
    pub heads: usize,
    pub kv_heads: usize,
    /// Floats of one head.
    pub head: usize,
    /// How many floats of a head are rotated.
    pub rotated: usize,
    pub context: usize,
    pub epsilon: f32,
    pub rope_base: f32,
}

fn number(content: &Content, key: &str) -> Option<u64> {
    match content.metadata.get(key)? {
        Value::U8(v) => Some(u64::from(*v)),
        Value::U16(v) => Some(u64::from(*v)),
        Value::U32(v) => Some(u64::from(*v)),
        Value::U64(v) => Some(*v),
        Value::I32(v) => u64::try_from(*v).ok(),
        Value::I64(v) => u64::try_from(*v).ok(),
        _ => None,
    }
}

impl Shape {
    /// Reads the sizes; only the `llama` architecture (Llama, Mistral, SmolLM2 and their kin) is known.
    pub fn read(content: &Content) -> Result<Self> {
        let architecture = match content.metadata.get("general.architecture") {
            Some(Value::String(name)) => name.as_str(),
            _ => bail!("the file does not say its architecture"),
        };
        if architecture != "llama" {
            bail!(
                "its architecture is '{architecture}', only 'llama' can be run inside the program; a server can run it"
            );
        }
        let wanted = |key: &str| -> Result<usize> {
            match number(content, &format!("llama.{key}")) {
                Some(value) if (1..1 << 24).contains(&value) => Ok(value as usize),
                _ => bail!("the file lacks a sensible 'llama.{key}'"),
            }
        };
        let float = |key: &str| match content.metadata.get(key) {
            Some(Value::F32(value)) => Some(*value),
            Some(Value::F64(value)) => Some(*value as f32),
            _ => None,
        };
        if number(content, "llama.expert_count").is_some_and(|count| count > 0) {
            bail!("mixtures of experts cannot be run inside the program; a server can run it");
        }
        let width = wanted("embedding_length")?;
        let heads = wanted("attention.head_count")?;
        let kv_heads = wanted("attention.head_count_kv").unwrap_or(heads);
        let head = wanted("attention.key_length").unwrap_or(width / heads);
        let rotated = wanted("rope.dimension_count").unwrap_or(head);
        if !heads.is_multiple_of(kv_heads) || rotated > head || !rotated.is_multiple_of(2) || head == 0 {
            bail!("its heads do not fit together ({heads} heads, {kv_heads} for keys, {head} wide, {rotated} rotated)");
        }
        Ok(Shape {
            layers: wanted("block_count")?,
            width,
            heads,
            kv_heads,
            head,
            rotated,
            context: wanted("context_length")?,
            epsilon: float("llama.attention.layer_norm_rms_epsilon").unwrap_or(1e-5),
            rope_base: float("llama.rope.freq_base").unwrap_or(10_000.0),
        })
    }

    pub fn query_width(&self) -> usize {
        self.heads * self.head
    }

    pub fn key_width(&self) -> usize {
        self.kv_heads * self.head
    }
}
