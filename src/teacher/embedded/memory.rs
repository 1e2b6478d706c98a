//! Keys and values of the tokens that a sequence has read.

use candle_core::{DType, Device, Result, Tensor, bail};

use crate::teacher::embedded::shape::Shape;

/// What a sequence remembers: for each layer the keys and values of every token read, with room for more.
#[derive(Debug)]
pub struct Memory {
    pub(super) layers: Vec<KeysValues>,
    pub(super) tokens: usize,
    room: usize,
}

/// Two tensors of one layer, each (key heads, room, head); written in place, never shared between memories.
#[derive(Debug)]
pub(super) struct KeysValues {
    pub keys: Tensor,
    pub values: Tensor,
}

impl Memory {
    pub(super) fn new(shape: &Shape, room: usize) -> Result<Self> {
        let room = room.max(1);
        let empty = || Tensor::zeros((shape.kv_heads, room, shape.head), DType::F32, &Device::Cpu);
        let layers = (0..shape.layers).map(|_| {
            Ok(KeysValues {
                keys: empty()?,
                values: empty()?,
            })
        });
        Ok(Memory {
            layers: layers.collect::<Result<_>>()?,
            tokens: 0,
            room,
        })
    }

    /// How many tokens were read so far.
    pub fn tokens(&self) -> usize {
        self.tokens
    }

    /// How many tokens it can hold in all.
    pub fn room(&self) -> usize {
        self.room
    }

    /// Takes over the first `tokens` tokens that another memory read; whatever was there is forgotten.
    pub fn copy_prefix(&mut self, from: &Memory, tokens: usize) -> Result<()> {
        if tokens == 0 || tokens > from.tokens || tokens > self.room {
            bail!(
                "cannot take over {tokens} of {} tokens into room for {}",
                from.tokens,
                self.room
            );
        }
        for (to, from) in self.layers.iter().zip(&from.layers) {
            to.keys
                .slice_set(&from.keys.narrow(1, 0, tokens)?.contiguous()?, 1, 0)?;
            to.values
                .slice_set(&from.values.narrow(1, 0, tokens)?.contiguous()?, 1, 0)?;
        }
        self.tokens = tokens;
        Ok(())
    }
}
