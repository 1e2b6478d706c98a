//! A search for leaves while a person types: what the find box and the palette share.
//!
//! A search is a job, so what is on show may belong to an older text, or to fewer leaves than are known by now. This keeps
//! account of both, so that Enter never takes what was found for another text.

use super::effect::Effect as AnyEffect;
use super::key::Key;
use super::model::{Model, Overlay};
use super::screens::browse::Effect;
use super::widgets::Field;
use crate::taxonomy::NodePath;

/// A line to type into, and the leaves that were found for it.
pub struct LeafSearch {
    pub field: Field,
    pub results: Vec<NodePath>,
    /// The text the results belong to; another one means a search is still running.
    answered: String,
    /// True until the search that was asked for last has reported.
    searching: bool,
    /// True when leaves were read since that search began: it is made again then.
    stale: bool,
    /// True when a result was accepted before the search for the whole text had reported.
    accepted: bool,
}

/// What an answer means to the box that shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    /// The same text was answered before: the person stays where they are.
    pub again: bool,
    /// The person accepted already and waits for this.
    pub accepted: bool,
}

impl Default for LeafSearch {
    fn default() -> Self {
        LeafSearch {
            field: Field::new("", false),
            results: Vec::new(),
            answered: String::new(),
            searching: false,
            stale: false,
            accepted: false,
        }
    }
}

impl LeafSearch {
    pub fn text(&self) -> String {
        self.field.text()
    }

    /// True when the results belong to the text as it stands.
    pub fn is_answered(&self) -> bool {
        self.answered == self.text()
    }

    /// Takes a key into the line.
    pub fn key(&mut self, key: Key, fx: &mut Vec<AnyEffect>) {
        self.field.key(key);
        self.ask(fx);
    }

    pub fn paste(&mut self, text: &str, fx: &mut Vec<AnyEffect>) {
        self.field.paste(text);
        self.ask(fx);
    }

    fn ask(&mut self, fx: &mut Vec<AnyEffect>) {
        let query = self.text();
        (self.stale, self.accepted) = (false, false);
        self.searching = !query.trim().is_empty();
        if self.searching {
            fx.push(AnyEffect::Browse(Effect::Search(query)));
        } else {
            self.results.clear();
            self.answered = query;
        }
    }

    /// More leaves are known than when the search was made: makes it again, once the one under way is over.
    pub fn leaves_read(&mut self, fx: &mut Vec<AnyEffect>) {
        if self.searching {
            self.stale = true;
        } else {
            self.ask(fx);
        }
    }

    /// Takes in what a search found. `None` when it was for an older text; what it found is shown meanwhile.
    pub fn found(&mut self, query: String, results: Vec<NodePath>, fx: &mut Vec<AnyEffect>) -> Option<Answered> {
        if !self.searching {
            return None;
        }
        let again = self.answered == query;
        self.results = results;
        self.answered = query;
        self.searching = !self.is_answered();
        if self.searching {
            return None;
        }
        let accepted = std::mem::take(&mut self.accepted);
        if self.stale && !accepted {
            self.ask(fx);
        }
        Some(Answered { again, accepted })
    }

    /// True when a result may be taken now. Else what is on show belongs to another text, and the answer will be taken at once.
    pub fn accept(&mut self) -> bool {
        self.accepted = self.searching && !self.is_answered();
        !self.accepted
    }
}

/// The search that has the keys: the palette's, else the find box's.
pub fn open(model: &mut Model) -> Option<&mut LeafSearch> {
    match &mut model.overlay {
        Some(Overlay::Palette(palette)) => Some(&mut palette.search),
        _ => model.browse.finding.as_mut().map(|finding| &mut finding.search),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(name: &str) -> NodePath {
        NodePath::parse(&format!("knowledge/{name}")).unwrap()
    }

    fn typed(text: &str) -> (LeafSearch, Vec<AnyEffect>) {
        let (mut search, mut fx) = (LeafSearch::default(), Vec::new());
        search.paste(text, &mut fx);
        (search, fx)
    }

    #[test]
    fn nothing_found_for_another_text_is_taken() {
        let (mut search, mut fx) = typed("fro");
        search.key("s".parse().unwrap(), &mut fx);
        assert_eq!(search.found("fro".into(), vec![leaf("fro")], &mut fx), None);
        assert!(!search.accept());
        let answer = search.found("fros".into(), vec![leaf("frost")], &mut fx);
        assert_eq!(
            answer,
            Some(Answered {
                again: false,
                accepted: true
            })
        );
        assert!(search.accept());
    }

    #[test]
    fn leaves_that_are_read_meanwhile_are_looked_through_afterwards() {
        let (mut search, mut fx) = typed("frost");
        search.leaves_read(&mut fx);
        search.leaves_read(&mut fx);
        assert_eq!(fx.len(), 1, "one search at a time");
        search.found("frost".into(), Vec::new(), &mut fx);
        assert_eq!(fx.len(), 2);
        let answer = search.found("frost".into(), vec![leaf("frost")], &mut fx);
        assert_eq!(
            answer,
            Some(Answered {
                again: true,
                accepted: false
            })
        );
        search.leaves_read(&mut fx);
        assert_eq!(fx.len(), 3);
    }

    #[test]
    fn an_emptied_line_asks_nothing() {
        let (mut search, mut fx) = typed("a");
        search.found("a".into(), vec![leaf("a")], &mut fx);
        search.key("b".parse().unwrap(), &mut fx);
        for _ in 0..2 {
            search.key("backspace".parse().unwrap(), &mut fx);
        }
        assert_eq!(search.found("ab".into(), vec![leaf("ab")], &mut fx), None);
        assert!(search.results.is_empty() && search.is_answered());
        let asked = fx.len();
        search.leaves_read(&mut fx);
        assert_eq!(fx.len(), asked);
    }
}
