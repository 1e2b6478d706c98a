//! The two sides of the screen as texts to read, laid out once for a sample and a way of looking.

use std::fmt::Write;

use super::draft::label;
use super::{Differences, Loaded, Source};
use crate::quality::overlap::shared_passages;
use crate::review::Verdict;
use crate::samples::{Role as Speaker, Sample, SampleId};
use crate::taxonomy::SeedExample;
use crate::text::diff::{self, PieceKind};
use crate::tui::theme::Role;
use crate::tui::widgets::Prose;

/// Both sides for one sample.
pub struct Page {
    pub sample: SampleId,
    pub source: Source,
    pub source_title: String,
    pub left: Prose,
    pub right: Prose,
}

/// Which sources a sample has, in the order in which Tab shows them.
pub fn sources(loaded: &Loaded) -> Vec<Source> {
    let mut found = Vec::new();
    if loaded.sample.context.is_some() {
        found.push(Source::Document);
    }
    if !loaded.seeds.is_empty() {
        found.push(Source::Seed);
    }
    if loaded.parent.is_some() {
        found.push(Source::Parent);
    }
    found.push(Source::Provenance);
    found
}

/// Lays a sample out.
pub fn page(loaded: &Loaded, source: Source, differences: Differences, decided: Option<Verdict>) -> Page {
    let sample = &loaded.sample;
    let available = sources(loaded);
    let source = if available.contains(&source) {
        source
    } else {
        available.first().copied().unwrap_or_default()
    };
    let (source_title, left) = match source {
        Source::Document => document(sample),
        Source::Seed => seeds(&loaded.seeds),
        Source::Parent => parent(loaded.parent.as_ref()),
        Source::Provenance => provenance(loaded, decided.is_some()),
    };
    let right = match differences {
        Differences::Off => plain(sample),
        _ => compared(loaded, differences),
    };
    Page {
        sample: sample.id.clone(),
        source,
        source_title,
        left,
        right,
    }
}

fn said(sample: &Sample, role: Speaker) -> String {
    let mut text = String::new();
    for message in sample.messages.iter().filter(|message| message.role == role) {
        let _ = writeln!(text, "{}", message.content);
    }
    text.trim_end().to_owned()
}

fn document(sample: &Sample) -> (String, Prose) {
    let context = sample.context.clone().unwrap_or_default();
    let title = match &sample.provenance.document {
        Some(span) if span.heading.is_empty() => format!("source: {}", span.file),
        Some(span) => format!("source: {} § {}", span.file, span.heading),
        None => "context".to_owned(),
    };
    let mut prose = Prose::new(context.clone());
    let answers = format!("{}\n{}", said(sample, Speaker::User), said(sample, Speaker::Assistant));
    for range in shared_passages(&context, &answers) {
        prose.mark(range, Role::Quoted);
    }
    (title, prose)
}

fn seeds(seeds: &[(usize, SeedExample)]) -> (String, Prose) {
    let mut prose = Prose::default();
    for (index, (number, example)) in seeds.iter().enumerate() {
        if index > 0 {
            prose.push("\n\n", Role::Text);
        }
        let what = if index == 0 {
            "asked to resemble"
        } else {
            "also in the prompt"
        };
        prose.push(&format!("seed example {number} · {what}\n"), Role::Dim);
        if let Some(context) = &example.context {
            prose.push(&format!("{}\n\n", context.trim_end()), Role::Text);
        }
        for pair in &example.pairs {
            prose.push("Q  ", Role::Accent);
            prose.push(&format!("{}\n", below_mark(&pair.question)), Role::Strong);
            prose.push("A  ", Role::Accent);
            prose.push(&format!("{}\n", below_mark(&pair.answer)), Role::Text);
        }
    }
    ("seed examples".to_owned(), prose)
}

/// A text whose further lines stand below its first one, behind a mark of three cells.
fn below_mark(text: &str) -> String {
    text.trim_end().replace('\n', "\n   ")
}

fn parent(parent: Option<&Sample>) -> (String, Prose) {
    let Some(parent) = parent else {
        return ("parent".into(), Prose::default());
    };
    (format!("parent {}", parent.id), plain(parent))
}

fn provenance(loaded: &Loaded, decided: bool) -> (String, Prose) {
    let sample = &loaded.sample;
    let from = &sample.provenance;
    let mut prose = Prose::default();
    let mut row = |name: &str, value: &str| {
        if !value.is_empty() {
            prose.push(&format!("{name:<12}"), Role::Dim);
            prose.push(&format!("{value}\n"), Role::Text);
        }
    };
    row("sample", sample.id.as_str());
    row("flow", &format!("{} {}", from.flow, from.flow_hash));
    row("teacher", &from.teacher);
    row("model", &from.model);
    for (name, value) in &from.parameters {
        row(name, &value.to_string());
    }
    let numbers: Vec<String> = from.seeds.iter().map(|index| (index + 1).to_string()).collect();
    row("seeds", &numbers.join(", "));
    row("seed file", &from.seed_hash);
    if let Some(span) = &from.document {
        row(
            "document",
            &format!("{} at {}, bytes {} to {}", span.file, span.commit, span.start, span.end),
        );
    }
    row("run", &from.run);
    row("edited by", &from.editor);
    row("parent", sample.parent.as_ref().map_or("", SampleId::as_str));
    if let Some(made) = from.made {
        row("made", &made.strftime("%Y-%m-%d %H:%M:%S UTC").to_string());
    }
    for (name, score) in &sample.scores {
        row(name, &format!("{score:.2}"));
    }
    row("flags", &sample.flags.join(", "));
    if decided {
        for (reviewer, verdict) in &loaded.others {
            row(reviewer, verdict.word());
        }
    } else if !loaded.others.is_empty() {
        prose.push(
            "\nOthers have decided on this sample; you see what after you have.\n",
            Role::Dim,
        );
    }
    ("provenance".to_owned(), prose)
}

fn plain(sample: &Sample) -> Prose {
    let mut prose = Prose::default();
    for (index, message) in sample.messages.iter().enumerate() {
        if index > 0 {
            prose.push("\n\n", Role::Text);
        }
        prose.push(&format!("{}\n", label(message.role)), Role::Accent);
        let role = if message.role == Speaker::User {
            Role::Strong
        } else {
            Role::Text
        };
        prose.push(message.content.trim_end(), role);
    }
    prose
}

/// The sample against its parent, else against the seed example it was asked to resemble, else against its context.
/// True where new text would run on from removed text as if they were one word.
fn run_on(before: &Prose, piece: &diff::Piece) -> bool {
    piece.kind == PieceKind::Added
        && !before.text().ends_with(char::is_whitespace)
        && !piece.text.starts_with(char::is_whitespace)
}

fn compared(loaded: &Loaded, differences: Differences) -> Prose {
    let seed = loaded.seeds.first().and_then(|(_, example)| example.pairs.first());
    let mut prose = Prose::default();
    let base = |role: Speaker| match (&loaded.parent, seed) {
        (Some(parent), _) => said(parent, role),
        (None, Some(pair)) if role == Speaker::User => pair.question.clone(),
        (None, Some(pair)) => pair.answer.clone(),
        (None, None) => loaded.sample.context.clone().unwrap_or_default(),
    };
    let against = if loaded.parent.is_some() {
        "against its parent"
    } else {
        "against the seed example"
    };
    prose.push(
        &format!("differences {against}: new text is marked, text of the other is struck through\n\n"),
        Role::Dim,
    );
    for (index, message) in loaded.sample.messages.iter().enumerate() {
        if index > 0 {
            prose.push("\n\n", Role::Text);
        }
        prose.push(&format!("{}\n", label(message.role)), Role::Accent);
        let before = base(message.role);
        let pieces = match differences {
            Differences::Lines => diff::lines(before.trim_end(), message.content.trim_end()),
            _ => diff::words(before.trim_end(), message.content.trim_end()),
        };
        let mut removed = false;
        for piece in pieces {
            if removed && run_on(&prose, &piece) {
                prose.push("→", Role::Dim);
            }
            removed = piece.kind == PieceKind::Removed;
            prose.push(
                &piece.text,
                match piece.kind {
                    PieceKind::Same => Role::Text,
                    PieceKind::Removed => Role::Removed,
                    PieceKind::Added => Role::Added,
                },
            );
        }
    }
    prose
}
