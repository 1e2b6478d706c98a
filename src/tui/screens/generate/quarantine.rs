//! The quarantine of a run: what it dropped, why, what the model said, and what can still be done with it.

use std::cell::Cell;

use super::drop_rows::{DropRows, Dropped};
use super::settings::{Row, Wish};
use super::{Effect, Report, start};
use crate::flow::Override;
use crate::samples::{Again, DropGroup, GroupKey, RunId, RunRecord, Threshold};
use crate::tui::chrome::{Answer, Dialog, Weight};
use crate::tui::command::Command;
use crate::tui::effect::Effect as AnyEffect;
use crate::tui::event::{Mouse, MouseKind};
use crate::tui::hits::Hit;
use crate::tui::model::Model;
use crate::tui::screens::browse;
use crate::tui::widgets::Rows;
use crate::workbench::{DropsWanted, MarkedDrops, Restored, Tried};

pub(super) const DROPS: usize = 2;
pub(super) const DROP: usize = 3;

/// What is known of the quarantine of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub record: RunRecord,
    /// The largest first.
    pub groups: Vec<DropGroup>,
    /// Lines of the file that are no drops.
    pub broken: usize,
    /// The end of what was read, in bytes.
    pub end: u64,
    /// Goes up when the file is written anew: places in it mean something else then.
    pub generation: u64,
    /// There is more to read.
    pub reading: bool,
}

/// The state of the view.
pub struct Quarantine {
    pub run: RunId,
    pub found: Option<Box<Found>>,
    /// The group that is shown, where not all are.
    pub group: Option<GroupKey>,
    pub marked: MarkedDrops,
    /// Those that were restored here.
    pub restored: Vec<MarkedDrops>,
    pub rows: Rows,
    pub held: DropRows,
    /// Rows that the text of the chosen one is scrolled by; the view keeps it in bounds.
    pub top: Cell<usize>,
    /// On narrow screens, true while the text has the place of the list.
    pub reading: bool,
}

impl Quarantine {
    fn new(run: RunId) -> Self {
        Quarantine {
            run,
            found: None,
            group: None,
            marked: MarkedDrops::default(),
            restored: Vec::new(),
            rows: Rows::default(),
            held: DropRows::default(),
            top: Cell::default(),
            reading: false,
        }
    }

    pub fn chosen(&self) -> Option<&Dropped> {
        self.held.get(self.rows.chosen)
    }

    fn groups(&self) -> &[DropGroup] {
        self.found.as_ref().map_or(&[], |found| found.groups.as_slice())
    }

    /// Those of the group on show, or all.
    pub fn count(&self) -> usize {
        let on_show = |group: &&DropGroup| self.group.as_ref().is_none_or(|key| *key == group.key);
        self.groups().iter().filter(on_show).map(|group| group.count).sum()
    }

    pub fn is_restored(&self, row: &Dropped) -> bool {
        let means = |done: &MarkedDrops| done.means(row.offset, &row.drop.block, row.drop.reason);
        row.restorable && self.restored.iter().any(means)
    }

    /// The marked rows, else the chosen one.
    fn wanted(&self) -> DropsWanted {
        let mut marked = self.marked.clone();
        if marked.is_empty() {
            marked.turned.extend(self.chosen().map(|row| row.offset));
        }
        DropsWanted {
            marked: Some(marked),
            ..DropsWanted::default()
        }
    }

    /// The threshold of the chosen row's block, else the first of the flow.
    pub fn threshold(&self) -> Option<&Threshold> {
        let all = &self.found.as_ref()?.record.thresholds;
        let block = self.chosen().map(|row| row.drop.block.as_str());
        let own = all.iter().find(|threshold| Some(threshold.block.as_str()) == block);
        own.or(all.first())
    }

    fn read(&self) -> Effect {
        Effect::ReadDrops(self.run.clone())
    }

    /// Asks for the rows around the chosen one, unless they are there.
    fn ask_for_rows(&mut self, fx: &mut Vec<AnyEffect>) {
        let len = self.count();
        let Some(found) = &self.found else { return };
        if let Some(from) = self.held.ask(self.rows.chosen, len) {
            fx.push(AnyEffect::Generate(Effect::ReadDropRows {
                run: self.run.clone(),
                group: self.group.clone(),
                from,
                generation: found.generation,
            }));
        }
    }

    fn generation(&self) -> u64 {
        self.found.as_ref().map_or(0, |found| found.generation)
    }
}

/// The run whose drops are meant: the earlier one that is chosen in the settings, else the one on show.
pub fn run_meant(model: &Model) -> Option<RunId> {
    let generate = &model.generate;
    if !generate.watching
        && let Row::Run(index) = generate.settings.row()
    {
        return Some(generate.settings.earlier.get(index)?.record.id.clone());
    }
    generate.run()?.id.clone()
}

pub fn open(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let Some(run) = run_meant(model) else { return };
    let quarantine = Quarantine::new(run);
    fx.push(AnyEffect::Generate(quarantine.read()));
    model.generate.quarantine = Some(quarantine);
}

pub fn command(model: &mut Model, command: Command, fx: &mut Vec<AnyEffect>) {
    let Some(quarantine) = &mut model.generate.quarantine else {
        return;
    };
    let len = quarantine.count();
    if quarantine.reading && super::update::scroll(&quarantine.top, command) {
        return;
    }
    if quarantine.rows.go_above_text(command, len, &quarantine.top) {
        return quarantine.ask_for_rows(fx);
    }
    match command {
        Command::Back if quarantine.reading => quarantine.reading = false,
        Command::Back => model.generate.quarantine = None,
        Command::NextPane | Command::PreviousPane => quarantine.reading = !quarantine.reading,
        Command::NextGroup | Command::PreviousGroup => turn_groups(quarantine, command == Command::NextGroup, fx),
        Command::MarkDrop => {
            if let Some(offset) = quarantine.chosen().map(|row| row.offset)
                && !quarantine.marked.turned.remove(&offset)
            {
                quarantine.marked.turned.insert(offset);
            }
            quarantine.rows.down(1, len);
            quarantine.top.set(0);
            quarantine.ask_for_rows(fx);
        }
        Command::MarkAllDrops => {
            let end = quarantine.found.as_ref().map_or(0, |found| found.end);
            let marked = &mut quarantine.marked;
            let all = marked.all_before == end && marked.turned.is_empty();
            marked.all_before = if all { 0 } else { end };
            marked.turned.clear();
        }
        Command::Refresh => fx.push(AnyEffect::Generate(quarantine.read())),
        Command::RestoreDrops => fx.push(AnyEffect::Generate(Effect::Restore {
            run: quarantine.run.clone(),
            wanted: quarantine.wanted(),
            generation: quarantine.generation(),
        })),
        Command::AskAgain => fx.push(AnyEffect::Generate(Effect::FindCalls {
            run: quarantine.run.clone(),
            wanted: quarantine.wanted(),
            generation: quarantine.generation(),
        })),
        Command::TryThreshold => ask_for_threshold(model, ""),
        _ => {}
    }
}

/// Shows the drops of the next block and reason, or of all.
fn turn_groups(quarantine: &mut Quarantine, forward: bool, fx: &mut Vec<AnyEffect>) {
    let groups = quarantine.groups();
    let place = |key: &GroupKey| groups.iter().position(|group| group.key == *key);
    let places = groups.len() + 1;
    let at = quarantine.group.as_ref().and_then(place).map_or(0, |group| group + 1);
    let next = (at + if forward { 1 } else { places - 1 }) % places;
    quarantine.group = next
        .checked_sub(1)
        .and_then(|next| groups.get(next))
        .map(|group| group.key.clone());
    quarantine.marked = MarkedDrops {
        group: quarantine.group.clone(),
        ..MarkedDrops::default()
    };
    quarantine.rows.chosen = 0;
    quarantine.top.set(0);
    // What is held belongs to another group: keys that come before the answer must not act on it.
    quarantine.held = DropRows::default();
    quarantine.ask_for_rows(fx);
}

fn ask_for_threshold(model: &mut Model, problem: &str) {
    let Some(threshold) = model.generate.quarantine.as_ref().and_then(Quarantine::threshold) else {
        return;
    };
    let body = format!(
        "{problem}{} keeps rows for which {} is {} {}. Another value says first how many rows it would move.",
        threshold.block,
        threshold.key,
        threshold.keeps.words(),
        threshold.value
    );
    let dialog = Dialog::new("Try another threshold", body, model.now)
        .input("threshold", &threshold.value.to_string())
        .choice("see what it would move", Answer::TryThreshold(threshold.block.clone()))
        .choice("leave it", Answer::Nothing);
    model.ask(dialog);
}

pub fn why_not(model: &Model, command: Command) -> Option<String> {
    let quarantine = model.generate.quarantine.as_ref()?;
    let at_work = model
        .generate
        .runs
        .iter()
        .any(|run| run.is_under_way() && run.id.as_ref() == Some(&quarantine.run));
    match command {
        Command::MarkDrop | Command::MarkAllDrops if quarantine.count() == 0 => Some("there is nothing to mark".into()),
        Command::RestoreDrops | Command::AskAgain if quarantine.chosen().is_none() && quarantine.count() > 0 => {
            Some("still reading what was dropped".into())
        }
        Command::RestoreDrops | Command::AskAgain if quarantine.count() == 0 => {
            Some("this run dropped nothing that could be restored or asked about again".into())
        }
        Command::RestoreDrops | Command::AskAgain | Command::TryThreshold if at_work => {
            Some("the run is still under way; this works once it has ended".into())
        }
        Command::TryThreshold if quarantine.threshold().is_none() => {
            Some("no block of this flow compares a number with a threshold".into())
        }
        Command::NextGroup | Command::PreviousGroup if quarantine.groups().len() < 2 => {
            Some("there is one group only".into())
        }
        _ => None,
    }
}

pub fn footer() -> Vec<Command> {
    vec![
        Command::RestoreDrops,
        Command::AskAgain,
        Command::TryThreshold,
        Command::MarkDrop,
        Command::NextGroup,
        Command::MarkAllDrops,
        Command::Review,
        Command::NextPane,
        Command::Back,
    ]
}

pub fn point(model: &mut Model, mouse: Mouse, hit: Option<Hit>, fx: &mut Vec<AnyEffect>) {
    let Some(quarantine) = &mut model.generate.quarantine else {
        return;
    };
    let down = mouse.kind == MouseKind::ScrollDown;
    match (mouse.kind, hit) {
        (MouseKind::ScrollUp | MouseKind::ScrollDown, _) => match model.hits.pane_at(mouse.x, mouse.y) {
            Some(DROP) => {
                let command = if down { Command::Down } else { Command::Up };
                for _ in 0..3 {
                    super::update::scroll(&quarantine.top, command);
                }
            }
            _ => {
                let len = quarantine.count();
                quarantine.rows.scroll(down, 3, len);
                quarantine.ask_for_rows(fx);
            }
        },
        (MouseKind::Press, Some(Hit::Row { pane: DROPS, index })) => {
            quarantine.rows.chosen = index;
            quarantine.top.set(0);
            quarantine.reading = false;
        }
        (MouseKind::Press, Some(Hit::Pane(pane))) => quarantine.reading = pane == DROP,
        _ => {}
    }
}

/// Acts on an answer to a question of this view.
pub fn answer(model: &mut Model, answer: &Answer, filled: &str, fx: &mut Vec<AnyEffect>) {
    let Some(quarantine) = &model.generate.quarantine else {
        return;
    };
    match answer {
        Answer::TryThreshold(block) => match filled.trim().replace(',', ".").parse::<f64>() {
            Ok(value) if value.is_finite() => fx.push(AnyEffect::Generate(Effect::TryThreshold {
                run: quarantine.run.clone(),
                block: block.clone(),
                value,
            })),
            _ => ask_for_threshold(model, &format!("\'{}\' is no number. ", filled.trim())),
        },
        Answer::ApplyThreshold(text) => {
            let overrides = vec![text.clone()];
            begin(model, Vec::new(), overrides, fx);
        }
        _ => {}
    }
}

/// Takes the run up with calls to be made once more, or with another threshold.
fn begin(model: &mut Model, again: Vec<Again>, overrides: Vec<String>, fx: &mut Vec<AnyEffect>) {
    let found = model.generate.quarantine.as_ref().and_then(|open| open.found.as_ref());
    let Some(record) = found.map(|found| found.record.clone()) else {
        return;
    };
    let Some(node) = record.nodes.first().cloned() else {
        return;
    };
    let wish = Wish {
        resume: Some(record.id.clone()),
        seed: record.seed,
        flow: Some(record.flow.clone()),
        again,
        overrides,
        ..Wish::new(node, record.teacher, record.wanted)
    };
    start::start_known(model, wish, fx);
}

pub fn report(model: &mut Model, report: Report, fx: &mut Vec<AnyEffect>) {
    match report {
        Report::Drops { run, found } => {
            let Some(quarantine) = model.generate.quarantine.as_mut().filter(|open| open.run == run) else {
                return;
            };
            match found {
                Ok(found) => {
                    let generation = quarantine.found.as_ref().map(|known| known.generation);
                    if generation.is_some_and(|known| known != found.generation) {
                        (quarantine.held, quarantine.restored) = (DropRows::default(), Vec::new());
                        (quarantine.marked.all_before, quarantine.marked.turned) = Default::default();
                    }
                    quarantine.found = Some(found);
                    let len = quarantine.count();
                    quarantine.rows.clamp(len);
                    quarantine.ask_for_rows(fx);
                }
                Err(why) => model.tell(Weight::Bad, why),
            }
        }
        Report::DropRows {
            run,
            group,
            from,
            generation,
            rows,
        } => {
            let open = model.generate.quarantine.as_mut();
            let Some(quarantine) = open.filter(|open| open.run == run && open.group == group) else {
                return;
            };
            match rows {
                Ok(rows) if generation == quarantine.generation() => {
                    quarantine.held.take(from, rows);
                    quarantine.ask_for_rows(fx);
                }
                // The file was written anew in between: news of that is on its way, or is asked for here.
                Ok(_) => {
                    quarantine.held.failed();
                    fx.push(AnyEffect::Generate(quarantine.read()));
                }
                Err(why) => {
                    quarantine.held.failed();
                    model.tell(Weight::Bad, why);
                }
            }
        }
        Report::Restored { wanted, restored } => match restored {
            Ok(restored) => {
                if let Some(quarantine) = &mut model.generate.quarantine {
                    quarantine.restored.extend(wanted.marked);
                    (quarantine.marked.all_before, quarantine.marked.turned) = Default::default();
                }
                let told = in_words(model, &restored);
                let weight = if restored.samples.is_empty() {
                    Weight::Plain
                } else {
                    Weight::Good
                };
                model.tell(weight, told);
                fx.push(AnyEffect::Browse(browse::Effect::Count));
            }
            Err(why) => model.tell(Weight::Bad, why),
        },
        Report::Calls(Ok(again)) => begin(model, again, Vec::new(), fx),
        Report::Tried(Ok(tried)) => ask_to_apply(model, &tried),
        Report::Calls(Err(why)) | Report::Tried(Err(why)) => model.tell(Weight::Bad, why),
        _ => {}
    }
}

fn in_words(model: &Model, restored: &Restored) -> String {
    let mut parts = Vec::new();
    if !restored.samples.is_empty() {
        let review = model.keymap.how(Command::Review);
        parts.push(format!(
            "{} in the review queue now, {review} goes there",
            restored.samples.len()
        ));
    }
    if restored.known > 0 {
        parts.push(format!("{} in the queue already", restored.known));
    }
    if restored.unfinished > 0 {
        let again = model.keymap.how(Command::AskAgain);
        parts.push(format!(
            "{} had not come as far as a sample, {again} asks about them again",
            restored.unfinished
        ));
    }
    parts.join("; ")
}

/// Says what another threshold would do, before anything is done.
fn ask_to_apply(model: &mut Model, tried: &Tried) {
    let Tried {
        threshold,
        value,
        samples,
        leave,
        drops,
        stay,
    } = tried;
    let body = format!(
        "With {value} in place of {}, of {samples} samples that were measured {leave} would leave, and of {drops} rows that it \
         dropped {stay} would stay. Using it makes a new run out of the same answers; only what was never asked is asked. The run \
         as it is stays.",
        threshold.value
    );
    let text = format!("{}.{}={value}", threshold.block, threshold.key);
    let mut dialog = Dialog::new(
        format!("{} {} {value}?", threshold.block, threshold.keeps.words()),
        body,
        model.now,
    )
    .choice("leave it", Answer::Nothing);
    if Override::parse(&text).is_ok() && (*leave > 0 || *stay > 0) {
        dialog = dialog.choice("use it in a new run", Answer::ApplyThreshold(text));
    }
    model.ask(dialog);
}
