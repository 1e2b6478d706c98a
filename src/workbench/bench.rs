//! The prompt workbench: one row of a leaf before a flow's prompts, and on its way through all blocks, in memory.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::{GenerateRequest, Workbench, WorkbenchError};
use crate::flow::{
    Block, BlockPrompt, Cast, Clock, Columns, Ending, Flow, FlowSource, MemoryRecorder, Prepared, Run, Step, run,
};
use crate::samples::{DropReason, Message};
use crate::taxonomy::NodePath;

/// One row of a leaf at the beginning of a flow.
#[derive(Debug, Clone)]
pub struct Bench {
    pub node: NodePath,
    pub flow: Arc<Flow>,
    /// The flow as it was asked for.
    name: String,
    /// The row's number, from 0.
    pub row: usize,
    /// What the row begins with.
    pub columns: Columns,
    prepared: Prepared,
}

/// What one block did to the row.
#[derive(Debug, Clone, PartialEq)]
pub struct BenchStep {
    pub block: String,
    pub block_type: &'static str,
    /// How many rows there are behind it.
    pub rows: usize,
    /// Columns that it wrote or changed in the first of them.
    pub written: Vec<(String, Value)>,
    /// The whole first row behind the block: what the next prompt is filled in with.
    pub columns: Columns,
    /// What models said in this block, whole.
    pub answers: Vec<String>,
    /// Rows that left, with the reason.
    pub dropped: Vec<(DropReason, String)>,
}

impl Bench {
    /// The flow's prompts in their order, with the index of the block that writes each.
    pub fn prompts(&self) -> impl Iterator<Item = (usize, &BlockPrompt)> {
        let blocks = self.flow.blocks.iter().enumerate();
        blocks.filter_map(|(at, block)| Some((at, block.prompt.as_ref()?)))
    }

    /// The file of a prompt, where the flow is not inside the program.
    pub fn file_of(&self, prompt: &BlockPrompt) -> Option<std::path::PathBuf> {
        match &self.flow.source {
            FlowSource::Shipped => None,
            FlowSource::File(path) => Some(path.parent()?.join(&prompt.file)),
        }
    }

    /// A prompt's variables with their values; `None` for those that an earlier answer has to give first.
    pub fn variables<'a>(&self, prompt: &'a BlockPrompt, columns: &'a Columns) -> Vec<(&'a str, Option<&'a Value>)> {
        let inputs = prompt.inputs.iter();
        inputs
            .map(|(column, variable)| (variable.as_str(), columns.get(column)))
            .collect()
    }

    /// A prompt filled in with a row.
    ///
    /// # Errors
    /// Says which message could not be written and why.
    pub fn filled_in(&self, prompt: &BlockPrompt, columns: &Columns) -> Result<Vec<Message>, String> {
        let mut row = self.prepared.row(0, 0);
        row.columns = columns.clone();
        prompt.fill_in(&row).map_err(|unfilled| unfilled.reason)
    }

    /// The block that asks with a prompt: the first one behind it that asks anybody.
    pub fn asks(&self, prompt_at: usize) -> Option<usize> {
        let is_ask = |block: &Block| matches!(block.step, Step::Ask(_));
        let behind = self.flow.blocks.iter().enumerate().skip(prompt_at);
        behind.filter(|(_, block)| is_ask(block)).map(|(at, _)| at).next()
    }
}

impl Workbench {
    /// Lays a row of a leaf before a flow. `flow`: `None` takes the one for the leaf's kind.
    ///
    /// # Errors
    /// As [`Workbench::plan`].
    pub fn bench(
        &self,
        node: &NodePath,
        flow: Option<&str>,
        row: usize,
        seed: u64,
        cast: Cast,
    ) -> Result<Bench, WorkbenchError> {
        let request = GenerateRequest {
            node: node.clone(),
            seeds: None,
            flow: flow.map(str::to_owned),
            overrides: Vec::new(),
            count: row + 1,
            seed,
            chunks: Default::default(),
            fetch_documents: false,
        };
        let planned = self.plan(&request, cast, &|| false)?;
        let prepared = planned.prepared.only(row);
        let name = match &planned.flow.source {
            FlowSource::Shipped => planned.flow.name.clone(),
            FlowSource::File(path) => path.to_string_lossy().into_owned(),
        };
        Ok(Bench {
            node: node.clone(),
            row,
            columns: prepared.row(0, 0).columns,
            flow: planned.flow,
            name,
            prepared,
        })
    }

    /// Takes the row through the blocks up to `last` (its index), in memory, and tells what each did. Calls are made once, however
    /// many blocks follow. Ends early where nothing is left of the row.
    ///
    /// # Errors
    /// When the flow cannot be opened any more, or the run fails, as when the teacher is not there.
    pub async fn try_row(
        &self,
        bench: &Bench,
        last: usize,
        cast: &Cast,
        clock: Clock,
        cancel: &CancellationToken,
        told: mpsc::Sender<BenchStep>,
    ) -> Result<(), WorkbenchError> {
        let mut memory = MemoryRecorder::default();
        let mut before = bench.columns.clone();
        let leaves = [bench.prepared.clone()];
        let mut flow = self.open_flow(&bench.name, bench.prepared.origin().kind, &[])?;
        for block in std::mem::take(&mut flow.blocks).into_iter().take(last + 1) {
            let (name, block_type) = (block.name.clone(), block.block_type);
            // The flow grows by a block each time, so that draws and order are those of a run. What the blocks before did costs
            // next to nothing again: their answers are there already.
            flow.blocks.push(block);
            let known: HashSet<String> = memory.requests.keys().cloned().collect();
            memory = MemoryRecorder {
                requests: std::mem::take(&mut memory.requests),
                ..MemoryRecorder::default()
            };
            let (events, mut heard) = mpsc::channel(16);
            let (_go_on, paused) = watch::channel(false);
            let running = run(Run {
                ending: Ending::Rows,
                paused,
                cancel: cancel.clone(),
                ..Run::new(&flow, &leaves, cast.clone(), &mut memory, events, Arc::clone(&clock))
            });
            let listening = async { while heard.recv().await.is_some() {} };
            let (summary, ()) = tokio::join!(running, listening);
            if let crate::samples::Outcome::Failed { reason } = summary.outcome {
                return Err(WorkbenchError::TrialFailed { block: name, reason });
            }
            let fresh = memory.requests.iter().filter(|(key, _)| !known.contains(*key));
            let answers = fresh.map(|(_, reply)| reply.text.clone()).collect();
            let columns = memory.rows.first().cloned().unwrap_or_default();
            let changed = columns.iter().filter(|(name, value)| before.get(*name) != Some(*value));
            let written = changed.map(|(name, value)| (name.clone(), value.clone())).collect();
            let dropped = memory
                .drops
                .iter()
                // Rows that blocks before it dropped were told there.
                .filter(|drop| drop.block == name)
                .map(|drop| (drop.reason, drop.message.clone()))
                .collect();
            let rows = memory.rows.len();
            let step = BenchStep {
                block: name,
                block_type,
                rows,
                written,
                columns: columns.clone(),
                answers,
                dropped,
            };
            if told.send(step).await.is_err() {
                // Nobody looks at it any more.
                break;
            }
            if rows == 0 || cancel.is_cancelled() {
                break;
            }
            before = columns;
        }
        Ok(())
    }
}
