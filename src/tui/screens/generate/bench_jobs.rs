//! The work behind the prompt workbench.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Report;
use super::settings::Wish;
use crate::flow::Cast;
use crate::taxonomy::NodePath;
use crate::tui::jobs::Post;
use crate::tui::report::Report as AnyReport;
use crate::tui::rooms::Rooms;
use crate::workbench::{Bench, Workbench};

/// Lays a row before its flow.
pub fn lay_out(workbench: &Workbench, node: NodePath, flow: Option<&str>, row: usize, seed: u64, cast: Cast) -> Report {
    let bench = workbench.bench(&node, flow, row, seed, cast);
    Report::LaidOut {
        node,
        row,
        bench: bench.map(Box::new).map_err(|error| error.to_string()),
    }
}

/// Takes a row through its flow and tells of each block.
pub async fn try_row(rooms: Rooms, bench: Arc<Bench>, last: usize, wish: Wish, post: Post, cancel: CancellationToken) {
    let workbench = &rooms.workbench;
    let cast = workbench
        .teachers()
        .cast(Some(&wish.teacher), wish.critic.as_deref(), wish.reviser.as_deref());
    let ended = match cast.await {
        Err(error) => Err(error.to_string()),
        Ok(cast) => {
            let clock = Arc::new(jiff::Timestamp::now);
            let (told, mut heard) = mpsc::channel(8);
            let tried = workbench.try_row(&bench, last, &cast, clock, &cancel, told);
            let passing_on = async {
                while let Some(step) = heard.recv().await {
                    post.send(AnyReport::Generate(Report::Step(Box::new(step)))).await;
                }
            };
            let (tried, ()) = tokio::join!(tried, passing_on);
            tried.map_err(|error| error.to_string())
        }
    };
    post.send(AnyReport::Generate(Report::RowEnded(ended))).await;
}

pub fn read_prompt(file: PathBuf) -> Report {
    let text = std::fs::read_to_string(&file).map_err(|error| format!("cannot read {}: {error}", file.display()));
    Report::PromptText { file, text }
}

/// Writes a prompt whole or not at all.
pub fn write_prompt(file: &Path, text: &str) -> Report {
    let written = crate::disk::write_whole(file, text.as_bytes());
    Report::PromptWritten(written.map_err(|error| format!("cannot write {}: {error}", file.display())))
}

pub fn copy_flow(workbench: &Workbench, name: &str) -> Report {
    let own = workbench.own_flows();
    let copied = own.copy(name).map(|name| (name, own.folder().to_owned()));
    Report::FlowCopied(copied.map_err(|error| error.to_string()))
}
