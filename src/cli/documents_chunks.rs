//! `seedbed documents chunks`: how documents are cut, chunk by chunk.

use std::path::Path;

use clap::Args;
use serde_json::{Value, json};

use super::Ended;
use super::documents::{DocumentsFormat, leaf_named};
use super::output::{Ink, Output, shown};
use super::session::Session;
use crate::taxonomy::knowledge::{Chunk, ChunkSize, ChunkWish, Source, chunks, count_words};
use crate::text::counted::counted;
use crate::text::tokens;
use crate::text::width::truncate;
use crate::workbench::{DocumentTexts, Workbench};

/// How wide the first words of a chunk are shown.
const BEGINNING: usize = 64;

#[derive(Debug, Args)]
pub(super) struct ChunksArgs {
    /// A knowledge leaf, or a file: Markdown, text, PDF, DOCX or HTML
    #[arg(value_name = "NODE|FILE")]
    what: String,
    /// Most tokens of a chunk [default: the setting `generate.chunk_tokens`, else 500]
    #[arg(long, value_name = "N")]
    chunk_tokens: Option<u64>,
    /// Most tokens that a chunk shares with the one before [default: the setting `generate.chunk_overlap`, else a tenth of the size]
    #[arg(long, value_name = "N")]
    chunk_overlap: Option<u64>,
    /// Fetch the repository over the network if it is not here yet
    #[arg(long)]
    fetch: bool,
}

pub(super) fn list_chunks(
    session: &Session,
    workbench: &Workbench,
    args: &ChunksArgs,
    format: DocumentsFormat,
) -> anyhow::Result<Ended> {
    let wish = ChunkWish {
        tokens: args.chunk_tokens,
        overlap: args.chunk_overlap,
    };
    let size = workbench.chunk_size(wish, ChunkSize::USUAL)?;
    let file = session.folder().join(&args.what);
    let texts = if file.is_file() {
        of_file(workbench, &file, &args.what)?
    } else {
        let leaf = leaf_named(session, workbench, &args.what)?;
        workbench.document_texts(&leaf, args.fetch, &|| false)?
    };
    let cut: Vec<(&Source, Vec<Chunk>)> = texts
        .sources
        .iter()
        .map(|source| (source, chunks(&source.text, size)))
        .collect();
    match format {
        DocumentsFormat::Json => session.output.json(&as_json(&cut, size, &texts.notes))?,
        DocumentsFormat::Text => print(session.output, &cut, size, &texts.notes)?,
    }
    Ok(match cut.iter().all(|(_, chunks)| chunks.is_empty()) {
        true => Ended::Findings,
        false => Ended::Well,
    })
}

/// A text as it is, so that byte ranges are those of the file; anything else as it is imported.
fn of_file(workbench: &Workbench, file: &Path, typed: &str) -> anyhow::Result<DocumentTexts> {
    let ending = file.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let mut texts = DocumentTexts::default();
    let plain = matches!(ending.as_str(), "md" | "markdown" | "txt");
    let text = match plain.then(|| std::fs::read_to_string(file)) {
        Some(Ok(text)) => text,
        _ => {
            let imported = workbench.import_document(file)?;
            let told = format!(
                "the bytes and lines are those of the Markdown that {} made of it",
                imported.by
            );
            texts.notes.push(told);
            texts.notes.extend(imported.notes);
            imported.markdown
        }
    };
    texts.sources.push(Source {
        path: typed.to_owned(),
        text,
    });
    Ok(texts)
}

/// The first and the last line of each chunk, from 1. Chunks are in order, so the text is read once.
fn lines_of(text: &str, chunks: &[Chunk]) -> Vec<(usize, usize)> {
    let breaks = |from: usize, to: usize| text.get(from..to).unwrap_or_default().matches('\n').count();
    let (mut at, mut line) = (0, 1);
    let lines = chunks.iter().map(|chunk| {
        line += breaks(at, chunk.start);
        at = chunk.start;
        (line, line + breaks(chunk.start, chunk.end))
    });
    lines.collect()
}

/// The first words of a chunk.
fn beginning(text: &str, chunk: &Chunk) -> String {
    let words = chunk.text(text).split_whitespace().take(BEGINNING);
    truncate(&words.collect::<Vec<_>>().join(" "), BEGINNING).into_owned()
}

fn print(output: Output, cut: &[(&Source, Vec<Chunk>)], size: ChunkSize, notes: &[String]) -> anyhow::Result<()> {
    let sum = |of: fn(&Chunk) -> u64| cut.iter().flat_map(|(_, chunks)| chunks).map(of).sum::<u64>();
    for (source, chunks) in cut {
        output.line(output.paint(Ink::Strong, shown(&source.path)))?;
        let head = format!(
            "{:>5} {:>17} {:>13} {:>6} {:>6}  headings",
            "chunk", "bytes", "lines", "tokens", "shared"
        );
        output.line(output.paint(Ink::Faint, head))?;
        let lines = lines_of(&source.text, chunks);
        for (number, (chunk, (first, last))) in chunks.iter().zip(lines).enumerate() {
            let heading = match chunk.heading.as_slice() {
                [] => "(no heading)".to_owned(),
                path => path.join(" › "),
            };
            output.line(format!(
                "{:>5} {:>17} {:>13} {:>6} {:>6}  {}",
                number + 1,
                format!("{}-{}", chunk.start, chunk.end),
                format!("{first}-{last}"),
                chunk.tokens,
                chunk.shared,
                shown(&heading)
            ))?;
            output.line(output.paint(Ink::Faint, format!("      {}", shown(&beginning(&source.text, chunk)))))?;
        }
    }
    let count = cut.iter().map(|(_, chunks)| chunks.len()).sum();
    output.line(format!(
        "{} of at most {} tokens, {} shared at most; about {} tokens in all, {} of them twice; from {} in {}",
        counted(count, "chunk", "chunks"),
        size.tokens,
        size.overlap,
        sum(|chunk| chunk.tokens),
        sum(|chunk| chunk.shared),
        counted(
            cut.iter().map(|(source, _)| count_words(&source.text)).sum(),
            "word",
            "words"
        ),
        counted(cut.len(), "document", "documents"),
    ))?;
    notes
        .iter()
        .for_each(|note| output.note(format!("note: {}", shown(note))));
    Ok(())
}

fn as_json(cut: &[(&Source, Vec<Chunk>)], size: ChunkSize, notes: &[String]) -> Value {
    let documents = cut.iter().map(|(source, chunks)| {
        let lines = lines_of(&source.text, chunks);
        let chunks = chunks.iter().zip(lines).enumerate().map(|(number, (chunk, (first, last)))| {
            json!({"number": number + 1, "start": chunk.start, "end": chunk.end, "first_line": first, "last_line": last,
                   "words": chunk.words, "tokens": chunk.tokens, "shared": chunk.shared, "heading": chunk.heading,
                   "begins": beginning(&source.text, chunk)})
        });
        json!({"path": source.path, "bytes": source.text.len(), "words": count_words(&source.text),
               "tokens": tokens::estimate(&source.text), "chunks": chunks.collect::<Vec<_>>()})
    });
    json!({"chunk_tokens": size.tokens, "chunk_overlap": size.overlap, "documents": documents.collect::<Vec<_>>(),
           "notes": notes})
}
