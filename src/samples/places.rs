//! Where lines stand, by a mark of what they are about, in little memory.

/// Lists by the first bits of a mark: of some millions of marks each list holds a thousand, which is quickly put in order.
const SHARDS: usize = 1 << 12;

/// Places by marks, 16 bytes each and a quarter more for growing, without the moments at which a hash table doubles. A later
/// place of the same mark counts.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// None until there is something to hold; then [`SHARDS`], each in the order of its marks.
    shards: Vec<Vec<(u64, u64)>>,
    count: usize,
}

impl Places {
    pub(super) fn insert(&mut self, mark: u64, place: u64) {
        if self.shards.is_empty() {
            self.shards.resize_with(SHARDS, Vec::new);
        }
        let Some(shard) = self.shards.get_mut(shard_of(mark)) else {
            return;
        };
        match shard.binary_search_by_key(&mark, |(mark, _)| *mark) {
            Ok(at) => {
                if let Some(entry) = shard.get_mut(at) {
                    entry.1 = place;
                }
            }
            Err(at) => {
                if shard.len() == shard.capacity() {
                    shard.reserve_exact((shard.len() / 4).max(4));
                }
                shard.insert(at, (mark, place));
                self.count += 1;
            }
        }
    }

    pub(super) fn get(&self, mark: u64) -> Option<u64> {
        let shard = self.shards.get(shard_of(mark))?;
        let at = shard.binary_search_by_key(&mark, |(mark, _)| *mark).ok()?;
        shard.get(at).map(|(_, place)| *place)
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    pub(super) fn clear(&mut self) {
        *self = Places::default();
    }
}

fn shard_of(mark: u64) -> usize {
    usize::try_from(mark >> (u64::BITS - SHARDS.trailing_zeros())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Marks that lie side by side share a list, others do not.
        #[test]
        fn it_holds_what_a_table_holds(entries in prop::collection::vec((0_u64..60, any::<u8>(), any::<u64>()), 0..400)) {
            let (mut places, mut table) = (Places::default(), HashMap::new());
            for (near, far, place) in &entries {
                let mark = near | u64::from(*far) << 56;
                places.insert(mark, *place);
                table.insert(mark, *place);
            }
            prop_assert_eq!(places.len(), table.len());
            for mark in (0..60).flat_map(|near| (0..=255_u64).map(move |far| near | far << 56)) {
                prop_assert_eq!(places.get(mark), table.get(&mark).copied());
            }
        }
    }
}
