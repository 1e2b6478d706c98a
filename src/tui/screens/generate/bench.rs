//! The prompt workbench: a flow's prompts as they are written, their variables, what they become for this leaf, and what a
//! model answers; one row is taken through the flow, block by block.

use std::cell::Cell;
use std::path::PathBuf;
use std::sync::Arc;

use super::settings;
use super::{Effect, Pending, Report};
use crate::flow::{BlockPrompt, Columns};
use crate::taxonomy::NodePath;
use crate::tui::chrome::{Answer, Dialog, Weight};
use crate::tui::command::Command;
use crate::tui::effect::{EditorTarget, Effect as AnyEffect};
use crate::tui::event::{Mouse, MouseKind};
use crate::tui::hits::Hit;
use crate::tui::model::Model;
use crate::workbench::{Bench, BenchStep};

/// The pages: the template with its variables, the prompt as it is sent, the row on its way.
pub(super) const PAGES: usize = 3;
pub(super) const TEMPLATE: usize = 0;
pub(super) const FILLED: usize = 1;
pub(super) const ROW: usize = 2;
/// Numbers of the panes begin here.
pub(super) const PANES: usize = 4;

/// The state of the view.
pub struct Table {
    pub node: NodePath,
    pub flow: Option<String>,
    pub row: usize,
    /// The same seed for all rows, so that going back shows the same.
    pub seed: u64,
    /// `None` while it is laid out.
    pub bench: Option<Result<Arc<Bench>, String>>,
    /// Which of the flow's prompts is on show.
    pub prompt: usize,
    pub steps: Vec<BenchStep>,
    pub running: bool,
    /// Why the row did not come through.
    pub failed: Option<String>,
    pub page: usize,
    pub tops: [Cell<usize>; PAGES],
}

impl Table {
    fn new(node: NodePath, flow: Option<String>, seed: u64) -> Self {
        Table {
            node,
            flow,
            row: 0,
            seed,
            bench: None,
            prompt: 0,
            steps: Vec::new(),
            running: false,
            failed: None,
            page: TEMPLATE,
            tops: Default::default(),
        }
    }

    pub fn ready(&self) -> Option<&Arc<Bench>> {
        self.bench.as_ref()?.as_ref().ok()
    }

    /// The prompt on show with the index of its block.
    pub fn shown(&self) -> Option<(usize, &BlockPrompt)> {
        self.ready()?.prompts().nth(self.prompt)
    }

    /// The row as it comes to a block: as it begins, or as the blocks before left it.
    pub fn columns_at<'a>(&'a self, bench: &'a Bench, block: usize) -> &'a Columns {
        let before = block
            .checked_sub(1)
            .and_then(|before| self.steps.get(before.min(self.steps.len().max(1) - 1)));
        before.map_or(&bench.columns, |step| &step.columns)
    }

    /// What was answered to the prompt on show.
    pub fn answers(&self) -> Option<&[String]> {
        let (at, _) = self.shown()?;
        let asks = self.ready()?.asks(at)?;
        self.steps.get(asks).map(|step| step.answers.as_slice())
    }

    fn forget_row(&mut self) {
        self.steps.clear();
        self.failed = None;
        self.running = false;
        self.tops.iter().for_each(|top| top.set(0));
    }
}

pub fn open(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let Some(node) = model.generate.node.clone() else {
        return;
    };
    let kinds = settings::kinds(model);
    let flow = model
        .generate
        .settings
        .flows(&kinds)
        .get(model.generate.settings.flow)
        .copied()
        .flatten();
    let flow = flow.filter(|_| !kinds.is_empty()).map(|flow| flow.name.clone());
    let seed = model.generate.settings.seed.unwrap_or(1);
    model.generate.table = Some(Table::new(node, flow, seed));
    lay_out(model, fx);
}

/// Asks for the row that is wanted.
fn lay_out(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let cast = super::update::casting(model);
    let Some(table) = &mut model.generate.table else { return };
    if table.running {
        fx.push(AnyEffect::Generate(Effect::StopTrial));
    }
    table.forget_row();
    fx.push(AnyEffect::Generate(Effect::LayOut {
        node: table.node.clone(),
        flow: table.flow.clone(),
        row: table.row,
        seed: table.seed,
        cast,
    }));
}

pub fn command(model: &mut Model, command: Command, fx: &mut Vec<AnyEffect>) {
    let Some(table) = &mut model.generate.table else { return };
    let top = table.tops.get(table.page);
    if top.is_some_and(|top| super::update::scroll(top, command)) {
        return;
    }
    match command {
        Command::Back => close(model, fx),
        Command::NextPane => table.page = (table.page + 1) % PAGES,
        Command::PreviousPane => table.page = (table.page + PAGES - 1) % PAGES,
        Command::NextRow => {
            table.row += 1;
            lay_out(model, fx);
        }
        Command::PreviousRow => {
            table.row = table.row.saturating_sub(1);
            lay_out(model, fx);
        }
        Command::NextPrompt | Command::PreviousPrompt => {
            let count = table.ready().map_or(1, |bench| bench.prompts().count()).max(1);
            let step = if command == Command::NextPrompt { 1 } else { count - 1 };
            table.prompt = (table.prompt + step) % count;
            table.tops.iter().for_each(|top| top.set(0));
        }
        Command::AskPrompt => start(model, false, fx),
        Command::TryRow => start(model, true, fx),
        Command::CopyFlow => {
            if let Some(bench) = table.ready() {
                fx.push(AnyEffect::Generate(Effect::CopyFlow(bench.flow.name.clone())));
            }
        }
        Command::EditPrompt => {
            if let Some(file) = file(table) {
                fx.push(AnyEffect::Generate(Effect::ReadPrompt(file)));
            }
        }
        _ => {}
    }
}

/// The file of the prompt on show, where it can be edited.
fn file(table: &Table) -> Option<PathBuf> {
    let (_, prompt) = table.shown()?;
    table.ready()?.file_of(prompt)
}

pub fn close(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    if model.generate.table.take().is_some_and(|table| table.running) {
        fx.push(AnyEffect::Generate(Effect::StopTrial));
    }
}

/// Stops the row that is on its way. False when there is none.
pub fn stop(model: &mut Model, fx: &mut Vec<AnyEffect>) -> bool {
    let Some(table) = model.generate.table.as_mut().filter(|table| table.running) else {
        return false;
    };
    table.running = false;
    fx.push(AnyEffect::Generate(Effect::StopTrial));
    true
}

/// Takes the row to the answer of the prompt on show, or through the whole flow; asks first where it leaves this machine.
fn start(model: &mut Model, whole: bool, fx: &mut Vec<AnyEffect>) {
    let settings = &model.generate.settings;
    let Some(choice) = settings.teacher().cloned() else {
        return;
    };
    if !choice.is_ready() {
        model.tell(Weight::Bad, format!("{}: {}", choice.name, choice.missing.join("; ")));
        return;
    }
    let parts = [settings.critic.as_ref(), settings.reviser.as_ref()]
        .into_iter()
        .flatten();
    let others = parts.filter_map(|name| settings.teacher_named(name));
    let away = std::iter::once(&choice)
        .chain(others)
        .find(|one| one.remote && !model.generate.agreed.contains(&one.name));
    if let Some(away) = away {
        let body = format!(
            "{} ({}) runs at {}, another machine. The prompt of this row would be sent there; further rows with it in this session \
             will not ask.",
            away.name, away.model, away.host
        );
        let dialog = Dialog::new(format!("Send to {}?", away.host), body, model.now)
            .choice("not now", Answer::Nothing)
            .choice("send", Answer::StartRun);
        model.generate.pending = Some(Pending::Row {
            teacher: away.name.clone(),
            whole,
        });
        model.ask(dialog);
        return;
    }
    begin(model, whole, fx);
}

pub fn agreed(model: &mut Model, teacher: String, whole: bool, fx: &mut Vec<AnyEffect>) {
    model.generate.agreed.insert(teacher);
    start(model, whole, fx);
}

fn begin(model: &mut Model, whole: bool, fx: &mut Vec<AnyEffect>) {
    let wish = settings::wish(model);
    let Some(table) = &mut model.generate.table else { return };
    let Some(bench) = table.ready().cloned() else { return };
    let end = bench.flow.blocks.len().saturating_sub(1);
    let asked = table.shown().and_then(|(at, _)| bench.asks(at)).unwrap_or(end);
    let Some(wish) = wish else { return };
    table.forget_row();
    table.running = true;
    table.page = if whole { ROW } else { FILLED };
    fx.push(AnyEffect::Generate(Effect::TryRow {
        bench,
        last: if whole { end } else { asked },
        wish: Box::new(wish),
    }));
}

pub fn why_not(model: &Model, command: Command) -> Option<String> {
    let table = model.generate.table.as_ref()?;
    match command {
        Command::AskPrompt | Command::TryRow if table.ready().is_none() => {
            Some("the row is not there yet; without one there is nothing to ask".into())
        }
        Command::AskPrompt | Command::TryRow if table.running => Some("this row is on its way already".into()),
        Command::AskPrompt | Command::TryRow if model.generate.settings.teacher().is_none() => {
            Some("the teachers are still being looked for".into())
        }
        Command::PreviousRow if table.row == 0 => Some("this is the first row".into()),
        Command::NextPrompt | Command::PreviousPrompt
            if table.ready().is_none_or(|bench| bench.prompts().count() < 2) =>
        {
            Some("this flow has one prompt".into())
        }
        Command::EditPrompt if file(table).is_none() => Some(format!(
            "this flow is inside the program; {} copies it to be edited",
            model.keymap.how(Command::CopyFlow)
        )),
        Command::CopyFlow if file(table).is_some() => Some(format!(
            "this flow is your own; {} edits its prompt",
            model.keymap.how(Command::EditPrompt)
        )),
        _ => None,
    }
}

pub fn footer() -> Vec<Command> {
    vec![
        Command::AskPrompt,
        Command::TryRow,
        Command::NextRow,
        Command::NextPrompt,
        Command::EditPrompt,
        Command::CopyFlow,
        Command::NextPane,
        Command::Back,
    ]
}

pub fn point(model: &mut Model, mouse: Mouse, hit: Option<Hit>) {
    let pane = model.hits.pane_at(mouse.x, mouse.y);
    let Some(table) = &mut model.generate.table else { return };
    let page = pane
        .and_then(|pane| pane.checked_sub(PANES))
        .filter(|page| *page < PAGES);
    match (mouse.kind, page) {
        (MouseKind::Press, Some(page)) if hit.is_some() => table.page = page,
        (MouseKind::ScrollUp | MouseKind::ScrollDown, Some(page)) => {
            let up = mouse.kind == MouseKind::ScrollUp;
            let command = if up { Command::Up } else { Command::Down };
            if let Some(top) = table.tops.get(page) {
                for _ in 0..3 {
                    super::update::scroll(top, command);
                }
            }
        }
        _ => {}
    }
}

pub fn report(model: &mut Model, report: Report, fx: &mut Vec<AnyEffect>) {
    match report {
        Report::PromptText { file, text: Ok(text) } => {
            return fx.push(AnyEffect::OpenEditor {
                text,
                suffix: ".yaml",
                target: EditorTarget::PromptFile(file),
            });
        }
        Report::PromptText { text: Err(why), .. } | Report::FlowCopied(Err(why)) => {
            return model.tell(Weight::Bad, why);
        }
        Report::FlowCopied(Ok((name, folder))) => {
            let edit = model.keymap.how(Command::EditPrompt);
            model.tell(
                Weight::Good,
                format!("copied as {name} to {}; {edit} edits this prompt", folder.display()),
            );
            fx.push(AnyEffect::Generate(Effect::LookForTeachers));
            if let Some(table) = &mut model.generate.table {
                table.flow = Some(name.clone());
                lay_out(model, fx);
            }
            model.generate.settings.wanted_flow = Some(name);
            return;
        }
        Report::PromptWritten(written) => {
            if let Err(why) = written {
                model.tell(Weight::Bad, why);
            }
            return lay_out(model, fx);
        }
        _ => {}
    }
    let Some(table) = &mut model.generate.table else { return };
    match report {
        Report::LaidOut { node, row, bench } if (&table.node, table.row) == (&node, row) => {
            table.bench = Some(bench.map(Arc::from));
            let count = table.ready().map_or(0, |bench| bench.prompts().count());
            table.prompt = table.prompt.min(count.saturating_sub(1));
        }
        Report::Step(step) if table.running => table.steps.push(*step),
        Report::RowEnded(ended) => {
            table.running = false;
            table.failed = ended.err();
        }
        _ => {}
    }
}

/// Takes in a prompt's text as the editor left it.
pub fn edited(file: PathBuf, text: &str, fx: &mut Vec<AnyEffect>) {
    fx.push(AnyEffect::Generate(Effect::WritePrompt {
        file,
        text: text.to_owned(),
    }));
}
