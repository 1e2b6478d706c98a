//! How actions change the browse screen.

use super::{Browse, Effect, Finding, Report, changing, details};
use crate::taxonomy::NodePath;
use crate::tui::chrome::Weight;
use crate::tui::command::Command;
use crate::tui::effect::Effect as AnyEffect;
use crate::tui::event::{Mouse, MouseKind};
use crate::tui::hits::Hit;
use crate::tui::key::Key;
use crate::tui::leaf_search;
use crate::tui::model::{GitState, Model, Overlay, ScreenName};
use crate::tui::place;
use crate::tui::screens::attribution;
use crate::tui::update::go;

/// The pane numbers of this screen.
pub(super) const TREE: usize = 0;
pub(super) const DETAILS: usize = 1;
pub(super) const FINDING: usize = 2;

/// How many changed leaves are read one by one; where more changed, as at another branch, the tree is walked anew.
const MOST_BY_NAME: usize = 256;

pub fn enter(model: &mut Model, fx: &mut Vec<AnyEffect>) -> bool {
    model.browse.reading = false;
    look(model, fx);
    true
}

pub fn command(model: &mut Model, command: Command, fx: &mut Vec<AnyEffect>) {
    if model.browse.reading && scroll_details(&mut model.browse, command) {
        return;
    }
    let len = model.tree.len();
    match command {
        _ if model.tree.rows.go(command, len) => {}
        Command::NextPane | Command::PreviousPane => model.browse.reading = !model.browse.reading,
        Command::Expand => expand(model),
        Command::Collapse => collapse(model),
        Command::ExpandAll => model.tree.open_all(),
        Command::CollapseAll => model.tree.close_all(),
        Command::Open => open(model, fx),
        Command::Find => model.browse.finding = Some(Finding::default()),
        Command::FindAccept => accept_finding(model),
        Command::FindUp => {
            if let Some(finding) = &mut model.browse.finding {
                finding.rows.up(1);
            }
        }
        Command::FindDown => {
            if let Some(finding) = &mut model.browse.finding {
                finding.rows.down(1, finding.search.results.len());
            }
        }
        Command::Back if model.browse.finding.is_some() => model.browse.finding = None,
        Command::Mark => mark(model),
        Command::Back if !model.browse.marked.is_empty() && !model.browse.reading => {
            model.browse.marked.clear();
            model.tell(Weight::Plain, "the marks are taken away");
        }
        Command::Back => {
            model.browse.reading = false;
            model.notices.dismiss(model.now);
        }
        Command::New => changing::ask_for_leaf(model),
        Command::Move | Command::Rename => changing::ask_where(model, command),
        Command::Delete => changing::delete(model, fx),
        Command::UndoTree => changing::undo(model, fx),
        Command::Sources => {
            let node = model.tree.chosen().map(|node| node.path.clone());
            node.into_iter().for_each(|node| attribution::open(node, fx));
        }
        Command::Refresh => {
            fx.extend([Effect::Scan { again: true }, Effect::Git, Effect::Count].map(AnyEffect::Browse));
            model.tell(Weight::Plain, "reading the taxonomy again");
        }
        Command::Preview => {
            go(model, ScreenName::Edit, fx);
            if model.screen == ScreenName::Edit {
                crate::tui::screens::edit::update::command(model, Command::Preview, fx);
            }
        }
        Command::EditRaw => {
            go(model, ScreenName::Edit, fx);
            if model.screen == ScreenName::Edit {
                crate::tui::screens::edit::update::command(model, Command::EditRaw, fx);
            }
        }
        _ => {}
    }
    look(model, fx);
}

/// Goes to the chosen result. What is on show while a search goes on belongs to a shorter text, so that is waited for.
fn accept_finding(model: &mut Model) {
    let Some(mut finding) = model.browse.finding.take() else {
        return;
    };
    if !finding.search.accept() {
        model.browse.finding = Some(finding);
    } else if let Some(path) = finding.search.results.get(finding.rows.chosen) {
        model.tree.choose(path);
    }
}

fn scroll_details(browse: &mut Browse, command: Command) -> bool {
    let Some((_, prose)) = &mut browse.text else {
        return false;
    };
    match command {
        Command::Up => prose.scroll_up(1),
        Command::Down => prose.scroll_down(1),
        Command::PageUp => prose.scroll_up(prose.page()),
        Command::PageDown => prose.scroll_down(prose.page()),
        Command::First => prose.scroll_up(usize::MAX),
        _ => return false,
    }
    true
}

/// Marks the chosen leaf, or every leaf below the chosen folder; where all are marked, takes the marks away.
fn mark(model: &mut Model) {
    let Some(node) = model.tree.chosen() else { return };
    let leaf = node.is_leaf;
    let leaves = model.tree.leaves_below(&node.path);
    let marked = &mut model.browse.marked;
    if leaves.iter().all(|path| marked.contains(path)) {
        for path in &leaves {
            marked.remove(path);
        }
    } else {
        marked.extend(leaves);
    }
    if leaf {
        let len = model.tree.len();
        model.tree.rows.down(1, len);
    }
    let generate = model.keymap.how(Command::Generate);
    let told = match model.browse.marked.len() {
        0 => "nothing is marked".to_owned(),
        count => format!(
            "{} marked; {generate} generates for all of them",
            super::view::leaves(count)
        ),
    };
    model.tell(Weight::Plain, told);
}

fn expand(model: &mut Model) {
    let Some(node) = model.tree.chosen() else { return };
    let (path, has_children, open) = (
        node.path.clone(),
        model.tree.has_children(node),
        model.tree.is_open(&node.path),
    );
    if !has_children {
        return;
    }
    if open {
        let len = model.tree.len();
        model.tree.rows.down(1, len);
    } else {
        model.tree.set_open(&path, true);
    }
}

fn collapse(model: &mut Model) {
    let Some(node) = model.tree.chosen() else { return };
    let path = node.path.clone();
    if model.tree.has_children(node) && model.tree.is_open(&path) {
        model.tree.set_open(&path, false);
    } else if let Some(parent) = path.parent() {
        model.tree.choose(&parent);
    }
}

fn open(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let Some(node) = model.tree.chosen() else { return };
    if node.is_leaf {
        go(model, ScreenName::Edit, fx);
    } else {
        let (path, open) = (node.path.clone(), model.tree.is_open(&node.path));
        model.tree.set_open(&path, !open);
    }
}

pub fn type_key(model: &mut Model, key: Key, fx: &mut Vec<AnyEffect>) {
    if let Some(finding) = &mut model.browse.finding {
        finding.search.key(key, fx);
    }
}

pub fn paste(model: &mut Model, text: &str, fx: &mut Vec<AnyEffect>) -> bool {
    let Some(finding) = &mut model.browse.finding else {
        return false;
    };
    finding.search.paste(text, fx);
    true
}

/// Takes in what a search found, for the box that is open.
fn found(model: &mut Model, query: String, results: Vec<NodePath>, fx: &mut Vec<AnyEffect>) {
    if let Some(Overlay::Palette(palette)) = &mut model.overlay {
        if let Some(entry) = palette.found(query, results, fx) {
            model.overlay = None;
            place::moved(model);
            entry.open(model, fx);
        }
        return;
    }
    let Some(Finding { search, rows }) = &mut model.browse.finding else {
        return;
    };
    let before = search.results.get(rows.chosen).cloned();
    let answered = search.found(query, results, fx);
    let kept = before.filter(|_| answered.is_some_and(|answered| answered.again));
    let at = kept.and_then(|path| search.results.iter().position(|result| *result == path));
    rows.chosen = at.unwrap_or_default();
    if answered.is_some_and(|answered| answered.accepted) {
        place::moved(model);
        accept_finding(model);
        look(model, fx);
    }
}

/// Asks for the chosen leaf's details when they are not the ones on show.
fn look(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let Some(node) = model.tree.chosen() else { return };
    let path = node.path.clone();
    let shown = model.browse.text.as_ref().is_some_and(|(shown, _)| *shown == path);
    if !shown {
        model.browse.text = None;
        lay_out(model);
    }
    if model.tree.node(&path).is_some_and(|node| node.is_leaf) && model.browse.asked.as_ref() != Some(&path) {
        model.browse.asked = Some(path.clone());
        fx.push(AnyEffect::Browse(Effect::Details(path)));
    }
}

/// Writes the right side anew.
fn lay_out(model: &mut Model) {
    let Some(node) = model.tree.chosen() else { return };
    let path = node.path.clone();
    let prose = details::text(model, node);
    model.browse.text = Some((path, prose));
}

pub fn point(model: &mut Model, mouse: Mouse, hit: Option<Hit>, fx: &mut Vec<AnyEffect>) {
    let down = mouse.kind == MouseKind::ScrollDown;
    match (mouse.kind, model.hits.pane_at(mouse.x, mouse.y)) {
        (MouseKind::ScrollUp | MouseKind::ScrollDown, Some(DETAILS)) => {
            if let Some((_, prose)) = &mut model.browse.text {
                if down { prose.scroll_down(3) } else { prose.scroll_up(3) }
            }
        }
        (MouseKind::ScrollUp | MouseKind::ScrollDown, _) => {
            let len = model.tree.len();
            model.tree.rows.scroll(down, 3, len);
        }
        (MouseKind::Press, _) => match hit {
            Some(Hit::Row { pane: TREE, index }) => {
                model.browse.reading = false;
                let again = model.tree.rows.chosen == index;
                model.tree.rows.chosen = index;
                if again {
                    open(model, fx);
                }
            }
            Some(Hit::Row { index, .. }) => {
                // What was pointed at is meant, whatever is still being looked for.
                if let Some(path) = model
                    .browse
                    .finding
                    .take()
                    .and_then(|found| found.search.results.get(index).cloned())
                {
                    model.tree.choose(&path);
                }
            }
            Some(Hit::Pane(DETAILS)) => model.browse.reading = true,
            _ => {}
        },
        (MouseKind::Drag, _) => {}
    }
    look(model, fx);
}

/// Leaves that changed on disk are read again; a new or missing folder means a new walk.
pub fn files_changed(model: &mut Model, paths: &[String], fx: &mut Vec<AnyEffect>) {
    let mut leaves = Vec::new();
    let mut shape = false;
    let mut samples = false;
    for path in paths {
        if path.starts_with("curated/") {
            samples = true;
        } else if let Some(folder) = path.strip_suffix("/qna.yaml") {
            match NodePath::parse(folder) {
                Ok(node)
                    if model.tree.node(&node).is_some_and(|node| node.is_leaf) && model.root.join(path).is_file() =>
                {
                    leaves.push(node);
                }
                Ok(_) => shape = true,
                Err(_) => {}
            }
        } else if let Ok(node) = NodePath::parse(path) {
            let is_folder = model.tree.node(&node).is_some() || model.root.join(path).is_dir();
            shape |= is_folder;
            // What lies beside a seed file is judged with it.
            if !is_folder && node.parent() == model.browse.asked {
                model.browse.asked = None;
            }
        }
    }
    if model.browse.asked.as_ref().is_some_and(|asked| leaves.contains(asked)) {
        model.browse.asked = None;
    }
    if shape || leaves.len() > MOST_BY_NAME {
        // Files that are still the same are not read again.
        fx.push(AnyEffect::Browse(Effect::Scan { again: true }));
    } else if !leaves.is_empty() {
        fx.push(AnyEffect::Browse(Effect::Reread(leaves)));
    }
    if samples {
        fx.push(AnyEffect::Browse(Effect::Count));
    }
    fx.push(AnyEffect::Browse(Effect::Git));
    look(model, fx);
}

/// Goes to what was just made, moved or brought back.
fn choose_wanted(model: &mut Model) {
    let mut wanted = model.browse.wanted.take();
    // A folder that became empty went as well; then the one above it is next.
    while let Some(path) = wanted {
        if model.tree.choose(&path) {
            model.browse.details = None;
            model.browse.asked = None;
            return;
        }
        wanted = path.parent();
    }
}

pub fn report(model: &mut Model, report: Report, fx: &mut Vec<AnyEffect>) {
    match report {
        Report::Folders { found, again } => {
            if again {
                model.tree.replace(found);
                choose_wanted(model);
            } else {
                model.tree.add(found);
            }
            place::folders_found(model);
        }
        Report::Walked(notices) => {
            model.tree.walked = true;
            if let Some(first) = notices.first() {
                let more = if notices.len() > 1 {
                    format!(" (and {} more)", notices.len() - 1)
                } else {
                    String::new()
                };
                model.tell(Weight::Bad, format!("{first}{more}"));
            }
            // A first look goes to a leaf, not to an empty folder.
            if !place::tree_walked(model)
                && model.tree.rows.chosen == 0
                && let Some(leaf) = model
                    .tree
                    .nodes()
                    .iter()
                    .find(|node| node.is_leaf)
                    .map(|node| node.path.clone())
            {
                model.tree.choose(&leaf);
            }
        }
        Report::Summaries(summaries) => {
            model.tree.know(summaries);
            if let Some(search) = leaf_search::open(model) {
                search.leaves_read(fx);
            }
        }
        Report::Details(found) => model.browse.details = Some(found.into()),
        Report::History { node, text } => model.browse.history = Some((node, text)),
        Report::Git { branch, changes } => {
            model.git = GitState::new(branch, changes);
        }
        Report::Counted(counts) => {
            model.tree.set_counts(counts);
            crate::tui::screens::review::update::samples_counted(model, fx);
        }
        Report::Searched { query, results } => return found(model, query, results, fx),
        other => changing::report(model, other, fx),
    }
    // Keep the scroll place when only the words changed.
    lay_out(model);
    look(model, fx);
}
