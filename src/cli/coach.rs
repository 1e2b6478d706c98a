//! `seedbed coach`: where an expert's time is best spent on a leaf.

use clap::Args;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::Ended;
use super::interrupt::Interrupt;
use super::output::{Ink, Output, indented, shown};
use super::session::Session;
use crate::taxonomy::Kind;
use crate::text::counted::counted;
use crate::workbench::{Asked, Coached, Examination, Known};

/// Look at a leaf's seeds as a coach would: which examples are too alike, which parts of the documents no context uses and, with
/// --ask, which questions the teacher answers already without any text.
///
/// Answers are kept below the .git folder, so that no model is asked the same thing twice.
#[derive(Debug, Args)]
pub(super) struct CoachArgs {
    /// The leaf
    node: String,
    /// Ask the teacher every question and lay its answer beside yours; with a critic in the settings, that compares them
    #[arg(long)]
    ask: bool,
    /// Who answers [default: the usual teacher]
    #[arg(long, value_name = "NAME")]
    teacher: Option<String>,
    /// Fetch documents that are not on this machine yet
    #[arg(long)]
    fetch: bool,
    /// Do not ask before seeds leave this machine
    #[arg(long)]
    yes: bool,
    /// Print one object: {node, variety, parts, documents_missing, context_words, answers}
    #[arg(long)]
    json: bool,
}

pub(super) fn coach(session: &Session, args: &CoachArgs) -> anyhow::Result<Ended> {
    let workbench = session.workbench()?;
    let node = workbench.node(&args.node, session.folder())?;
    let leaf = workbench.leaf_file(&node)?.leaf();
    let output = if args.json {
        session.output.for_programs()
    } else {
        session.output
    };
    let coached = workbench.coach(&leaf, args.fetch, &|| false);
    if !args.json {
        print(output, &coached, leaf.kind)?;
    }
    let mut answers: Vec<Asked> = Vec::new();
    let mut ended = Ended::Well;
    let mut failed = None;
    if args.ask {
        let runtime = session.runtime()?;
        let teachers = workbench.teachers();
        let teacher = runtime.block_on(teachers.by_name(args.teacher.as_deref()))?;
        let critic = match &workbench.settings().roles.critic {
            Some(name) => Some(runtime.block_on(teachers.by_name(Some(name)))?),
            None => None,
        };
        let questions = workbench.questions_to_ask(&leaf, teacher.as_ref());
        let remote = teacher.is_remote() || critic.as_ref().is_some_and(|critic| critic.is_remote());
        if questions > 0 {
            let place = if remote { ", another machine" } else { "" };
            output.note(format!(
                "Asking {} ({}{place}) {}.",
                shown(teacher.name()),
                shown(teacher.model()),
                counted(questions, "question", "questions")
            ));
        }
        if remote && questions > 0 && !args.yes && session.is_interactive() {
            let question = "Your questions and answers leave this machine. Go on?";
            if !session.agrees(question) {
                output.note("Nothing was sent.");
                return Ok(Ended::Findings);
            }
        }
        let by = Examination { teacher, critic };
        let bar = output.bar(u64::try_from(questions)?);
        let cancel = CancellationToken::new();
        let (done, interrupted) = runtime.block_on(async {
            let interrupt = Interrupt::listen(&cancel);
            let mut take = |asked: Asked| {
                bar.inc(u64::from(asked.fresh));
                answers.push(asked);
            };
            let done = workbench.examine(&leaf, &by, &cancel, &mut take).await;
            (done, interrupt.fired())
        });
        bar.finish_and_clear();
        answers.sort_by_key(|asked| (asked.example, asked.pair));
        if interrupted {
            ended = Ended::Interrupted;
        } else if let Err(error) = done {
            failed = Some(error);
        }
        if !args.json {
            print_answers(output, &answers)?;
        }
    }
    if args.json {
        output.json(&json!({
            "node": node,
            "variety": coached.variety,
            "parts": coached.parts,
            "documents_missing": coached.documents_missing,
            "context_words": coached.context_words,
            "answers": answers,
        }))?;
    }
    failed.map_or(Ok(ended), |error| Err(error.into()))
}

fn print(output: Output, coached: &Coached, kind: Kind) -> anyhow::Result<()> {
    let variety = &coached.variety;
    output.line(output.paint(Ink::Strong, "How different the examples are"))?;
    let lengths = variety.answer_words;
    output.line(format!(
        "  {}; answers of {} to {} words, half of them up to {}",
        counted(variety.questions, "question", "questions"),
        lengths.shortest,
        lengths.longest,
        lengths.middle
    ))?;
    let kinds: Vec<String> = variety
        .kinds
        .iter()
        .map(|(kind, count)| format!("{kind} {count}"))
        .collect();
    output.line(format!("  asking for: {}", kinds.join(" · ")))?;
    for alike in &variety.alike {
        output.line(format!(
            "  {} {}",
            output.paint(Ink::Warning, "too alike"),
            alike.told(kind)
        ))?;
    }
    for said in &variety.advice {
        output.line(format!("  {} {}", output.paint(Ink::Warning, "advice"), shown(said)))?;
    }
    if variety.alike.is_empty() && variety.advice.is_empty() {
        output.line(format!("  {}", output.paint(Ink::Good, "nothing repeats")))?;
    }
    if kind != Kind::Knowledge {
        return Ok(());
    }
    output.line(output.paint(Ink::Strong, "Which parts of the documents the contexts use"))?;
    if !coached.documents_missing.is_empty() {
        output.line(format!("  {}", shown(&coached.documents_missing)))?;
        return Ok(());
    }
    let used = coached.parts.iter().filter(|part| part.is_used()).count();
    output.line(format!(
        "  {used} of {} are used",
        counted(coached.parts.len(), "part", "parts")
    ))?;
    for part in coached.parts.iter().filter(|part| !part.is_used()) {
        let heading = part.heading.last().map(String::as_str).unwrap_or_default();
        output.line(format!(
            "  {} {} § {} ({}): {}…",
            output.paint(Ink::Warning, "unused"),
            shown(&part.file),
            shown(heading),
            counted(part.words, "word", "words"),
            shown(&part.begins)
        ))?;
    }
    Ok(())
}

fn print_answers(output: Output, answers: &[Asked]) -> anyhow::Result<()> {
    output.line(output.paint(Ink::Strong, "What the model knows already"))?;
    for asked in answers {
        let ink = match asked.known {
            Known::Knows => Ink::Good,
            Known::Partly => Ink::Warning,
            Known::DoesNotKnow => Ink::Bad,
        };
        let share = asked
            .share
            .map(|share| format!(", says {:.0} % of it", share * 100.0))
            .unwrap_or_default();
        output.line(format!(
            "  example {} · {}{share}{}",
            asked.example + 1,
            output.paint(ink, asked.known.words()),
            if asked.with_context { ", with its context" } else { "" }
        ))?;
        output.line(indented(&asked.question, "    Q  "))?;
        output.line(indented(&asked.expert, "    you    "))?;
        output.line(indented(&asked.answer, "    model  "))?;
        if let Some(said) = &asked.critic {
            output.line(indented(said, "    critic "))?;
        }
    }
    let of = |known| answers.iter().filter(|asked| asked.known == known).count();
    output.report(format!(
        "Of {}: known {}, partly {}, not known {}. Seeds teach most where the model does not know.",
        counted(answers.len(), "answer", "answers"),
        of(Known::Knows),
        of(Known::Partly),
        of(Known::DoesNotKnow)
    ))
}
