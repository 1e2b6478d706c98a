//! Flow, teacher, cost and earlier runs in plain words, as texts to read.

use super::figures::{calls_in_words, grouped};
use super::settings::{self, Costs, Earlier, FlowCard, Row, Trouble, UnreadableFlow};
use crate::samples::Outcome;
use crate::teacher::licences::Train;
use crate::tui::command::Command;
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::widgets::Prose;
use crate::workbench::{TeacherChoice, TeacherOrigin};

/// Everything about the chosen run: what a wide screen shows beside the settings.
pub fn everything(model: &Model) -> Prose {
    let mut prose = Prose::default();
    if let Row::Run(index) = model.generate.settings.row() {
        if let Some(earlier) = model.generate.settings.earlier.get(index) {
            earlier_run(earlier, &start(model), &mut prose);
            prose.push("\n", Role::Text);
        }
        costs(model, &mut prose);
        return prose;
    }
    costs(model, &mut prose);
    prose.push("\n", Role::Text);
    if let Row::ChunkTokens | Row::ChunkOverlap = model.generate.settings.row() {
        chunks(model, &mut prose);
        prose.push("\n", Role::Text);
    }
    flow(model, &mut prose);
    prose.push("\n", Role::Text);
    teacher(model, &mut prose);
    prose
}

/// What belongs to the chosen row only: for the room below the settings.
pub fn of_row(model: &Model) -> Prose {
    let mut prose = Prose::default();
    costs(model, &mut prose);
    prose.push("\n", Role::Text);
    match model.generate.settings.row() {
        Row::Flow => flow(model, &mut prose),
        Row::Critic => part(model, model.generate.settings.critic.as_deref(), "critic", &mut prose),
        Row::Reviser => part(model, model.generate.settings.reviser.as_deref(), "reviser", &mut prose),
        Row::Tokens | Row::Money => limits(&mut prose),
        Row::Seed => prose.push(
            "The same seed makes the same prompts in the same order. Without one each run gets a new one.\n",
            Role::Text,
        ),
        Row::ChunkTokens | Row::ChunkOverlap => chunks(model, &mut prose),
        Row::Teacher | Row::Count | Row::Live(_) => teacher(model, &mut prose),
        Row::Run(index) => {
            if let Some(earlier) = model.generate.settings.earlier.get(index) {
                earlier_run(earlier, &start(model), &mut prose);
            }
        }
    }
    prose
}

fn flow(model: &Model, prose: &mut Prose) {
    let settings = &model.generate.settings;
    let flows = settings.flows(&settings::kinds(model));
    chosen_flow(flows.get(settings.flow).copied(), prose);
}

/// A choice of a flow with its whole card.
pub fn chosen_flow(flow: Option<Option<&FlowCard>>, prose: &mut Prose) {
    match flow {
        None => prose.push("looking for flows …\n", Role::Dim),
        Some(None) => {
            prose.push("the usual flow of each leaf\n", Role::Strong);
            prose.push(
                "The leaves are of different kinds; each gets the flow that is made for its kind.\n",
                Role::Text,
            );
        }
        Some(Some(flow)) => flow_card(flow, prose),
    }
}

/// A flow of the user's own that cannot be chosen, with what is wrong.
pub fn unreadable_flow(UnreadableFlow { name, why }: &UnreadableFlow, prose: &mut Prose) {
    prose.push(&format!("flow {name}\n"), Role::Strong);
    prose.push("✗ it cannot be used as it is\n", Role::Bad);
    prose.push(&format!("{why}\n"), Role::Text);
}

fn flow_card(FlowCard { name, card, own, .. }: &FlowCard, prose: &mut Prose) {
    prose.push(&format!("flow {name}\n"), Role::Strong);
    if let Some(own) = own {
        prose.push(&format!("{own}\n"), Role::Dim);
    }
    for line in card.trim().lines() {
        // `Needs:`, `Costs:`: the head of a line is what the eye looks for.
        let (head, rest) = line
            .split_once(": ")
            .filter(|(head, _)| !head.contains(' '))
            .unwrap_or(("", line));
        if !head.is_empty() {
            prose.push(&format!("{head}: "), Role::Dim);
        }
        prose.push(&format!("{rest}\n"), Role::Text);
    }
}

/// How documents are cut.
fn chunks(model: &Model, prose: &mut Prose) {
    let settings = &model.generate.settings;
    if settings.chunk_size().is_none() {
        let told = "Chunks need at least 1 token, and what they share has to be less than their size.\n";
        prose.push(told, Role::Bad);
    }
    let small = settings.teacher().is_some_and(|teacher| teacher.demonstration);
    let usual = match small {
        true => "The small model inside reads 120 tokens at a time well, with nothing shared.",
        false => "Usual are 500 tokens, as InstructLab cuts documents, of which 50 are shared.",
    };
    let open = model.keymap.shown(Command::OpenDocuments);
    prose.push(
        &format!(
            "Documents are cut at headings, paragraphs and sentences into chunks, and each question is about one of them. Where a \
             section is too long for one, the next chunk begins with the last sentences of the one before. {usual} Tokens are \
             estimated. In the browse screen {open} shows where the chunks begin.\n"
        ),
        Role::Text,
    );
}

fn limits(prose: &mut Prose) {
    prose.push(
        "A hard limit for all chosen leaves together, shared evenly: no call begins that could go beyond it. What was made until \
         then is kept. Money needs known prices: `price` of a teacher in the settings, or the price table.\n",
        Role::Text,
    );
}

/// Who judges or mends.
fn part(model: &Model, name: Option<&str>, word: &str, prose: &mut Prose) {
    let settings = &model.generate.settings;
    match name.and_then(|name| settings.teacher_named(name)) {
        Some(choice) => {
            prose.push(&format!("{word} {}\n", choice.name), Role::Strong);
            prose.push(&format!("{}\n", runs_where(choice, &start(model))), Role::Text);
        }
        None => prose.push(
            &format!(
                "The {word} under `roles` in the settings, else the teacher itself. Right and left choose another.\n"
            ),
            Role::Text,
        ),
    }
}

fn teacher(model: &Model, prose: &mut Prose) {
    let settings = &model.generate.settings;
    let Some(choice) = settings.teacher() else {
        let told = super::start::no_teacher(model).unwrap_or_else(|| "looking for teachers …".into());
        prose.push(&format!("{told}\n"), Role::Warning);
        return;
    };
    prose.push(&format!("teacher {}\n", choice.name), Role::Strong);
    prose.push(
        &format!("{}\n", runs_where(choice, &start(model))),
        if choice.remote { Role::Warning } else { Role::Text },
    );
    for missing in &choice.missing {
        prose.push(&format!("✗ {missing}\n"), Role::Bad);
    }
    if choice.origin == TeacherOrigin::Embedded && !choice.is_ready() {
        let key = model.keymap.shown(Command::FetchWeights);
        prose.push(&format!("{key} fetches it here, after asking.\n"), Role::Text);
    }
    licence(choice, prose);
    if let Some(offers) = &settings.offers {
        if choice.demonstration {
            prose.push("demonstration: expect to reject most drafts. ", Role::Warning);
            let example = "teachers:\n  granite:\n    url: http://127.0.0.1:8000/v1\n    model: granite-4.0-h-small\n";
            let file = offers.config_file.display();
            prose.push(
                &format!("For real work name a better teacher in {file}, like so:\n"),
                Role::Text,
            );
            prose.push(example, Role::Quoted);
        }
        if !offers.complete {
            prose.push("still looking for servers on this machine …\n", Role::Dim);
        }
    }
}

fn runs_where(choice: &TeacherChoice, start: &str) -> String {
    let model = &choice.model;
    match choice.origin {
        TeacherOrigin::Embedded => format!("{model}, inside Seedbed; nothing leaves this machine"),
        _ if choice.remote => format!(
            "{model} at {}, another machine; {start} asks before anything is sent",
            choice.host
        ),
        TeacherOrigin::Found => format!("{model} at {}, a server found running on this machine", choice.host),
        TeacherOrigin::Settings => format!("{model} at {}, on this machine", choice.host),
    }
}

fn licence(choice: &TeacherChoice, prose: &mut Prose) {
    let (role, words) = match choice.licence.train {
        Train::Yes => (Role::Good, "its answers may train other models"),
        Train::Conditional => (Role::Warning, "its answers may train other models under conditions"),
        Train::No => (Role::Bad, "its answers must not train other models"),
        Train::Unknown => (Role::Warning, "whether its answers may train other models is not known"),
    };
    prose.push("licence ", Role::Dim);
    prose.push(&format!("{}: ", choice.licence.licence), Role::Text);
    prose.push(&format!("{words}\n"), role);
    if !choice.licence.note.is_empty() {
        prose.push(&format!("{}\n", choice.licence.note), Role::Dim);
    }
}

/// The key that starts the run.
fn start(model: &Model) -> String {
    model.keymap.how(Command::Start)
}

/// What the chosen run would cost.
pub fn costs(model: &Model, prose: &mut Prose) {
    let is_run = matches!(model.generate.settings.row(), Row::Run(_));
    if model.generate.node.is_none() || (is_run && settings::wish(model).is_none()) {
        return;
    }
    match &model.generate.costs {
        None if super::start::no_teacher(model).is_some() => {}
        None => prose.push("working out what it costs …\n", Role::Dim),
        Some(Err(Trouble::Said(why))) => prose.push(&format!("✗ {why}\n"), Role::Bad),
        Some(Err(Trouble::Documents { address })) => {
            prose.push(
                &format!(
                    "the documents at {address} are not fetched yet; {} asks for it\n",
                    start(model)
                ),
                Role::Warning,
            );
        }
        Some(Ok(costs)) => estimate(costs, prose),
    }
}

fn estimate(costs: &Costs, prose: &mut Prose) {
    if costs.leaves > 1 {
        prose.push(&format!("{} leaves: ", costs.leaves), Role::Strong);
    }
    prose.push(&calls_in_words(costs), Role::Strong);
    let figures = format!(
        ", about {} tokens to read, at most {} to write\n",
        grouped(costs.prompt_tokens),
        grouped(costs.completion_tokens)
    );
    prose.push(&figures, Role::Text);
    match &costs.money {
        Some((money, _)) if *money == 0.0 => {}
        Some((money, currency)) => {
            prose.push(
                &format!("at most {} {currency}\n", super::figures_view::money(*money)),
                Role::Text,
            );
        }
        None => prose.push(
            "what that costs is not known: there is no price for this teacher\n",
            Role::Dim,
        ),
    }
    for note in &costs.notes {
        prose.push(&format!("! {note}\n"), Role::Warning);
    }
}

fn earlier_run(earlier: &Earlier, start: &str, prose: &mut Prose) {
    let record = &earlier.record;
    prose.push(&format!("run {}\n", record.id), Role::Strong);
    prose.push(
        &format!(
            "{}: {} of {} made, with {} ({}) and {}\n",
            record.outcome.word(),
            earlier.made,
            record.wanted,
            record.teacher,
            record.model,
            record.flow
        ),
        Role::Text,
    );
    if let Outcome::Failed { reason } = &record.outcome {
        prose.push(&format!("✗ {reason}\n"), Role::Bad);
    }
    if !record.outcome.can_resume() {
        prose.push(
            "What it dropped can be read, restored, or asked about again.\n",
            Role::Dim,
        );
        return;
    }
    let told = format!(
        "{start} takes it up again: the same prompts, of which those that were answered are not asked again. The cost is what the \
         whole run would take at most.\n"
    );
    prose.push(&told, Role::Dim);
}
