//! How the comparison of a leaf's examples with its documents is printed.

use serde_json::{Value, json};

use super::output::{Ink, Output, shown};
use crate::taxonomy::Leaf;
use crate::taxonomy::knowledge::{Coverage, Place, Placed};
use crate::text::counted::counted;
use crate::workbench::DocumentTexts;

pub(super) fn print_coverage(
    output: Output,
    leaf: &Leaf,
    texts: &DocumentTexts,
    found: &Coverage,
) -> anyhow::Result<()> {
    output.line(output.paint(Ink::Strong, shown(leaf.path.as_str())))?;
    for document in &found.documents {
        output.line(format!(
            "{}  {} of {} words covered",
            shown(&document.path),
            document.covered_words,
            document.words
        ))?;
        for covered in &document.chunks {
            let heading = covered.chunk.heading.join(" › ");
            let heading = if heading.is_empty() {
                "(no heading)".to_owned()
            } else {
                shown(&heading)
            };
            let used = if covered.used_by.is_empty() {
                output.paint(Ink::Warning, "no example")
            } else {
                let numbers: Vec<String> = covered.used_by.iter().map(|number| (number + 1).to_string()).collect();
                output.paint(Ink::Good, format!("example {}", numbers.join(", ")))
            };
            output.line(format!("  {:>4} words  {heading}  {used}", covered.own_words))?;
        }
    }
    for context in found.misplaced() {
        let number = context.example + 1;
        let told = match &context.placed {
            Placed::Spaced(place) => format!(
                "example {number}: the context stands at {} with other white space",
                at(texts, place)
            ),
            Placed::Near(place, likeness) => format!(
                "example {number}: the context is not in the documents; {} is {:.0} % alike",
                at(texts, place),
                likeness * 100.0
            ),
            _ => format!("example {number}: the context is not in the documents, and nothing is like it"),
        };
        let ink = if context.placed.found().is_some() {
            Ink::Faint
        } else {
            Ink::Bad
        };
        output.line(output.paint(ink, told))?;
    }
    output.line(format!(
        "{:.0} % of {} words in {} covered by {}",
        found.share() * 100.0,
        found.words(),
        counted(found.documents.len(), "document", "documents"),
        counted(found.contexts.len(), "example", "examples")
    ))?;
    texts
        .notes
        .iter()
        .for_each(|note| output.note(format!("note: {}", shown(note))));
    Ok(())
}

/// `frost.md:12`, a line of a document.
fn at(texts: &DocumentTexts, place: &Place) -> String {
    let source = texts.sources.get(place.document);
    let path = source.map(|source| shown(&source.path)).unwrap_or_default();
    format!("{path}:{}", line_of(texts, place))
}

fn line_of(texts: &DocumentTexts, place: &Place) -> usize {
    let text = texts.sources.get(place.document).map(|source| source.text.as_str());
    let before = text.and_then(|text| text.get(..place.range.start)).unwrap_or_default();
    before.matches('\n').count() + 1
}

pub(super) fn coverage_json(leaf: &Leaf, texts: &DocumentTexts, found: &Coverage) -> Value {
    let documents = found.documents.iter().map(|document| {
        let chunks = document.chunks.iter().map(|covered| {
            json!({"heading": covered.chunk.heading, "start": covered.chunk.start, "end": covered.chunk.end,
                   "words": covered.own_words, "covered_words": covered.covered_words, "used_by": covered.used_by})
        });
        json!({"path": document.path, "words": document.words, "covered_words": document.covered_words,
               "chunks": chunks.collect::<Vec<_>>()})
    });
    let contexts = found.contexts.iter().map(|context| {
        let (place, likeness) = match &context.placed {
            Placed::Exact(place) | Placed::Spaced(place) => (Some(place), None),
            Placed::Near(place, likeness) => (Some(place), Some(likeness)),
            Placed::Nowhere | Placed::Empty => (None, None),
        };
        let place = place.map(|place| {
            let path = texts.sources.get(place.document).map(|source| &source.path);
            json!({"path": path, "line": line_of(texts, place), "start": place.range.start, "end": place.range.end})
        });
        json!({"yaml_path": format!(".seed_examples[{}].context", context.example), "words": context.words,
               "tokens": context.tokens, "found": context.placed.word(), "place": place, "likeness": likeness})
    });
    json!({"node": leaf.path, "share": found.share(), "words": found.words(), "covered_words": found.covered_words(),
           "documents": documents.collect::<Vec<_>>(), "contexts": contexts.collect::<Vec<_>>(), "notes": texts.notes})
}
