//! Batches on the command line: where the requests are, how they get answered, what came back.

use std::path::{Path, PathBuf};

use super::output::{Ink, Output, shown};
use super::session::Session;
use super::shell_words::{path, word};
use crate::text::counted::counted;
use crate::workbench::{BatchFile, BatchWritten, TakenResults};

/// Uploads a file and starts a batch with OpenAI's Python client; prints the batch's id.
const UPLOAD: &str = "import sys, openai; c = openai.OpenAI(); f = c.files.create(file=open(sys.argv[1], 'rb'), purpose='batch'); print(c.batches.create(input_file_id=f.id, endpoint=sys.argv[2], completion_window='24h').id)";
/// Fetches what a batch answered, and what it could not.
const DOWNLOAD: &str = "import sys, openai; c = openai.OpenAI(); b = c.batches.retrieve(sys.argv[1]); print(b.status); [open(sys.argv[2], 'ab').write(c.files.content(i).read()) for i in (b.output_file_id, b.error_file_id) if i]";

/// The folder that was named with `--batch`: as it was typed where that means the same, so that commands can be copied from
/// what is printed.
pub(super) fn batch_folder(session: &Session, typed: &Path) -> PathBuf {
    match std::env::current_dir().is_ok_and(|here| here == session.folder()) {
        true => typed.to_owned(),
        false => session.folder().join(typed),
    }
}

/// Says what was written and what to do with it; `go_on` is the command that goes on with the run.
pub(super) fn tell_written(output: Output, written: &BatchWritten, go_on: &str, folder: &Path) -> anyhow::Result<()> {
    for file in &written.files {
        output.report(format!(
            "{} {} of {} for {} ({}) in {}",
            output.paint(Ink::Good, "Written:"),
            counted(file.requests, "request", "requests"),
            shown(&file.block),
            shown(&file.model),
            file.url,
            path(&file.path),
        ))?;
    }
    if written.still_out > 0 {
        let what = match written.still_out {
            1 => "1 request is still out in an earlier file and was".to_owned(),
            several => format!("{several} requests are still out in earlier files and were"),
        };
        output.report(format!("{what} not written again; --post-again writes what got lost"))?;
    }
    if written.files.is_empty() {
        return Ok(());
    }
    let results: Vec<String> = written.files.iter().map(|file| path(&results_of(file))).collect();
    output.report(format!(
        "Once they are answered: {go_on} --batch {} --results {}",
        path(folder),
        results.join(" ")
    ))
}

/// Says how files get answered.
pub(super) fn tell_how(output: Output, files: &[BatchFile]) -> anyhow::Result<()> {
    let [first, ..] = files else {
        return Ok(());
    };
    output.report("Have them answered in one of these ways:")?;
    // It takes no raw texts.
    for file in files.iter().filter(|file| file.url.ends_with("/chat/completions")) {
        output.report(format!(
            "  vllm run-batch -i {} -o {} --model {}",
            path(&file.path),
            path(&results_of(file)),
            word(&file.model)
        ))?;
    }
    output.report(format!(
        "  OpenAI's Batch API, for each file: python -c \"{UPLOAD}\" {} {}",
        path(&first.path),
        first.url
    ))?;
    output.report(format!(
        "    and once it is done: python -c \"{DOWNLOAD}\" BATCH_ID {}",
        path(&results_of(first))
    ))?;
    output.report(format!(
        "  Ray Data: the same requests as rows in {}; keep the column custom_id, write the rows out as JSON",
        path(&first.ray)
    ))?;
    output.report("Without --batch the rest is asked live.")
}

/// Says what files of results brought. False when none of them belongs to the run, which should not go on then.
pub(super) fn tell_taken(output: Output, taken: &TakenResults, is_dry: bool) -> anyhow::Result<bool> {
    let verb = if is_dry { "Found" } else { "Took in" };
    output.report(format!(
        "{verb} {}; {} still without one.",
        counted(taken.answers, "answer", "answers"),
        counted(taken.waiting, "request is", "requests are"),
    ))?;
    if taken.known > 0 {
        output.note(format!(
            "{} there before and stayed",
            counted(taken.known, "answer was", "answers were")
        ));
    }
    for (kind, failed) in &taken.failed {
        output.note(format!(
            "{} {}: {}, as in: {}",
            output.paint(Ink::Warning, "failed:"),
            shown(kind),
            counted(failed.count, "request", "requests"),
            shown(&failed.message)
        ));
    }
    if taken.strangers > 0 {
        let ids: Vec<String> = taken.strange_ids.iter().map(|id| shown(&short(id))).collect();
        output.note(format!(
            "{} not to this run and {} left out: {}",
            counted(taken.strangers, "result belongs", "results belong"),
            if taken.strangers == 1 { "was" } else { "were" },
            ids.join(", ")
        ));
    }
    for odd in &taken.odd_lines {
        output.note(format!(
            "{}:{}: {}; the line was left out",
            shown(&odd.file.display().to_string()),
            odd.line,
            shown(&odd.reason)
        ));
    }
    if taken.odd > taken.odd_lines.len() {
        output.note(format!(
            "{} more lines were left out",
            taken.odd - taken.odd_lines.len()
        ));
    }
    // Most likely these are not the files that were meant, and going on live would cost.
    let is_ours = taken.answers > 0 || taken.known > 0 || !taken.failed.is_empty();
    if !is_ours {
        output.note("No result of this run was found, so it did not go on.");
    }
    Ok(is_ours)
}

/// Where a file's results are expected.
fn results_of(file: &BatchFile) -> PathBuf {
    let name = file.path.file_stem().unwrap_or_default().to_string_lossy();
    file.path.with_file_name(format!("{name}.results.jsonl"))
}

fn short(id: &str) -> String {
    match id.char_indices().nth(64) {
        Some((end, _)) => format!("{}…", id.get(..end).unwrap_or_default()),
        None => id.to_owned(),
    }
}
