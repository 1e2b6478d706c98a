//! `seedbed demo`: the sample taxonomy, opened, or the whole job without a screen.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::Ended;
use super::generate::run_plan;
use super::output::{Ink, indented, shown};
use super::printing::{GenerateFormat, Printing, tell_end};
use super::session::Session;
use crate::flow::{Budget, RunEvent};
use crate::review::Verdict;
use crate::samples::{Outcome, Sample};
use crate::taxonomy::{NodePath, Severity, check_tree};
use crate::teacher::Teacher;
use crate::text::counted::counted;
use crate::tui::Start;
use crate::workbench::{ChangeGroup, CommitRequest, GenerateRequest, Workbench, demo};

/// Lay out the sample taxonomy as a new git repository and open it.
///
/// A taxonomy that is there already is opened as it is; nothing is ever overwritten. The documents of the two knowledge leaves go
/// to a second repository beside it, DIR-documents.
#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// Where [default: the folder `demo` in your data folder]
    dir: Option<PathBuf>,
    /// Do the job once without a screen: check, generate from one leaf, print the samples, accept the first one that is new, commit.
    /// The embedded teacher's weights (93 MB, Apache-2.0) are fetched if it is used and they are missing
    #[arg(long)]
    headless: bool,
    /// Who writes the samples of --headless
    #[arg(long, value_name = "NAME", requires = "headless")]
    teacher: Option<String>,
    /// How many samples --headless asks for
    #[arg(long, value_name = "N", default_value_t = 6, requires = "headless")]
    count: usize,
}

/// How often --headless asks again when a small teacher's drafts were all dropped.
const ROUNDS: u64 = 5;

pub(super) fn demo(session: &Session, args: &DemoArgs) -> anyhow::Result<Ended> {
    let output = session.output;
    let folder = args
        .dir
        .as_ref()
        .map_or_else(|| session.places().demo(), |dir| session.folder().join(dir));
    let laid_out = demo::lay_out(&folder, &session.git())?;
    let root = shown(&laid_out.root.display().to_string());
    if args.headless || laid_out.is_new {
        let what = if laid_out.is_new {
            "Laid out the sample taxonomy in"
        } else {
            "Using the taxonomy that is there:"
        };
        output.report(format!("{what} {}", output.paint(Ink::Strong, root)))?;
    }
    for note in &laid_out.notes {
        output.note(format!("note: {}", shown(note)));
    }
    let workbench = session.workbench_at(&laid_out.root)?;
    if args.headless {
        headless(session, &workbench, args)
    } else {
        // A new one in a place where an older one was is another taxonomy.
        let start = if laid_out.is_new { Start::Anew } else { Start::WhereLeft };
        session.open_screen(workbench, start)
    }
}

/// The demo in its usual place, opened.
pub(super) fn open(session: &Session) -> anyhow::Result<Ended> {
    demo(
        session,
        &DemoArgs {
            dir: None,
            headless: false,
            teacher: None,
            count: 0,
        },
    )
}

fn headless(session: &Session, workbench: &Workbench, args: &DemoArgs) -> anyhow::Result<Ended> {
    if check(session, workbench)? == Ended::Findings {
        return Ok(Ended::Findings);
    }
    let samples = match generate(session, workbench, args)? {
        Ok(samples) => samples,
        Err(ended) => return Ok(ended),
    };
    accept_and_commit(session, workbench, &samples)
}

fn check(session: &Session, workbench: &Workbench) -> anyhow::Result<Ended> {
    let (mut leaves, mut errors) = (0, Vec::new());
    check_tree(workbench.root(), workbench.profile(), &|| false, &mut |_, found| {
        leaves += 1;
        errors.extend(found.into_iter().filter(|one| one.severity == Severity::Error));
    });
    let output = session.output;
    for one in &errors {
        output.line(format!("{}:{}: {}", shown(&one.path), one.line, shown(&one.message)))?;
    }
    let ink = if errors.is_empty() { Ink::Good } else { Ink::Bad };
    let figures = format!(
        "{} checked, {}",
        counted(leaves, "leaf", "leaves"),
        counted(errors.len(), "error", "errors")
    );
    output.line(output.paint(ink, figures))?;
    Ok(if errors.is_empty() {
        Ended::Well
    } else {
        Ended::Findings
    })
}

/// Makes the samples; `Err` when there are none, with how that ended.
fn generate(session: &Session, workbench: &Workbench, args: &DemoArgs) -> anyhow::Result<Result<Vec<Sample>, Ended>> {
    let output = session.output;
    let runtime = session.runtime()?;
    let teachers = workbench.teachers();
    #[cfg(feature = "embedded")]
    if args.teacher.clone().or_else(|| teachers.default_name()).as_deref() == Some(crate::workbench::EMBEDDED) {
        use super::fetching::{Consent, fetch_weights};
        let fetched = fetch_weights(session, teachers, &runtime, Consent::Given, None)?;
        if fetched != Ended::Well {
            return Ok(Err(fetched));
        }
    }
    let teacher = runtime.block_on(teachers.by_name(args.teacher.as_deref()))?;
    let seed = session.now().as_second().unsigned_abs() % (1 << 31);
    for round in 0..ROUNDS {
        let samples = ask(
            session,
            workbench,
            &runtime,
            Arc::clone(&teacher),
            args.count,
            seed + round,
        )?;
        match samples {
            Ok(samples) if samples.is_empty() => output.line("No draft passed the filters this time.")?,
            ended => return Ok(ended),
        }
    }
    output.line("The teacher made nothing usable; `seedbed doctor` says how to name a better one.")?;
    Ok(Err(Ended::Findings))
}

/// Asks for some samples once; `Err` when that failed or was interrupted.
fn ask(
    session: &Session,
    workbench: &Workbench,
    runtime: &tokio::runtime::Runtime,
    teacher: Arc<dyn Teacher>,
    wanted: usize,
    seed: u64,
) -> anyhow::Result<Result<Vec<Sample>, Ended>> {
    let output = session.output;
    let node = NodePath::parse(demo::FIRST_LEAF)?;
    let request = GenerateRequest {
        node,
        seeds: None,
        flow: None,
        overrides: Vec::new(),
        count: wanted,
        seed,
        chunks: Default::default(),
        fetch_documents: false,
    };
    let plan = workbench.plan(&request, teacher, &|| false)?;
    output.line(format!(
        "Asking {} ({}) for {} in the manner of {}",
        shown(plan.teacher().name()),
        shown(plan.teacher().model()),
        counted(wanted, "sample", "samples"),
        demo::FIRST_LEAF
    ))?;
    if plan.teacher().is_demonstration() {
        output.line(output.paint(
            Ink::Warning,
            "A demonstration teacher: its drafts are mostly to be rejected.",
        ))?;
    }
    let mut samples = Vec::new();
    let mut printing = Printing::new(output, GenerateFormat::Text, wanted);
    let ran = run_plan(session, workbench, runtime, plan, Budget::default(), &mut |event| {
        if let RunEvent::Sample(sample) = event {
            samples.push(sample.as_ref().clone());
        }
        printing.hear(event)
    })?;
    printing.end()?;
    tell_end(
        output,
        &session.program_at(workbench.root()),
        &ran.summary,
        ran.id.as_ref(),
    )?;
    Ok(match ran.summary.outcome {
        _ if ran.interrupted => Err(Ended::Interrupted),
        Outcome::Failed { .. } => Err(Ended::Findings),
        _ => Ok(samples),
    })
}

fn accept_and_commit(session: &Session, workbench: &Workbench, samples: &[Sample]) -> anyhow::Result<Ended> {
    let output = session.output;
    let mut reviews = workbench.reviews()?;
    let Some(first) = samples.iter().find(|sample| reviews.decisions(&sample.id).is_empty()) else {
        output.line("Every sample of this run was decided on before; nothing is left to accept.")?;
        return Ok(Ended::Findings);
    };
    reviews.decide(first, Verdict::Accepted, &[], "", session.now(), 0.0)?;
    output.line(format!("\n{} sample {}", output.paint(Ink::Good, "Accepted"), first.id))?;
    let changes = workbench.changes()?;
    // Seeds that somebody edited in an older demo are theirs to commit.
    let ours = |group| {
        matches!(
            group,
            ChangeGroup::Decisions | ChangeGroup::Samples | ChangeGroup::Support
        )
    };
    let paths: Vec<String> = changes
        .offered()
        .filter(|file| ours(file.group))
        .map(|file| file.path.clone())
        .collect();
    let message = changes.draft_message(&paths);
    let committed = workbench.commit(&CommitRequest {
        paths,
        message: message.clone(),
        sign_off: true,
        ..CommitRequest::default()
    })?;
    let branch = committed.branch.as_deref().unwrap_or("no branch");
    output.line(format!(
        "Committed {} on {}:",
        output.paint(Ink::Strong, &committed.short),
        shown(branch)
    ))?;
    output.line(indented(&message, "  "))?;
    for note in &committed.notes {
        output.note(format!("note: {}", shown(note)));
    }
    Ok(Ended::Well)
}
