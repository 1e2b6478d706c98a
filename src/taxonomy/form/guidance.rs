//! How long texts should be, as InstructLab advises. Advice only: its validator limits no length.

use super::{Field, Group};
use crate::taxonomy::knowledge::count_words;
use crate::taxonomy::leaf::SeedExample;
use crate::taxonomy::yaml::Step;
use crate::text::tokens;

/// Words of a context, as the taxonomy's README has it.
const MOST_CONTEXT_WORDS: usize = 500;
/// Words of one question or one answer, from the same place.
const MOST_TEXT_WORDS: usize = 250;
/// Words of all questions and answers of one knowledge example; InstructLab's own form counts them together.
pub const MOST_PAIRS_WORDS: usize = 250;
/// Words of all questions and answers of a skill's file together.
pub const MOST_FILE_WORDS: usize = 2300;
/// From this share of the limit on, in percent, it is said that little room is left.
const NEAR: usize = 90;

/// How a length stands to the advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    Good,
    /// Little room is left.
    Near,
    Over,
}

/// How long a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Length {
    pub words: usize,
    /// Estimated, after the usual vocabularies.
    pub tokens: u64,
    /// Most words that InstructLab advises; `None` where it says nothing.
    pub most: Option<usize>,
}

impl Length {
    /// Measures a text against a limit.
    pub fn of(text: &str, most: Option<usize>) -> Self {
        Length {
            words: count_words(text),
            tokens: tokens::estimate(text),
            most,
        }
    }

    pub fn fit(&self) -> Fit {
        match self.most {
            Some(most) if self.words > most => Fit::Over,
            Some(most) if self.words * 100 >= most * NEAR => Fit::Near,
            _ => Fit::Good,
        }
    }
}

/// Most words that InstructLab advises for a field; `None` where it says nothing.
pub fn most_words(field: &Field) -> Option<usize> {
    let is = |name: &str| matches!(field.yaml_path.last(), Some(Step::Key(key)) if key == name);
    match field.group {
        Group::Example(_) => Some(MOST_CONTEXT_WORDS),
        Group::Pair(..) if is("question") || is("answer") => Some(MOST_TEXT_WORDS),
        Group::Pair(..) | Group::Top | Group::Document => None,
    }
}

/// The length of all questions and answers of these examples together; contexts do not count.
pub fn length_of<'a>(examples: impl IntoIterator<Item = &'a SeedExample>, most: usize) -> Length {
    let mut whole = Length {
        words: 0,
        tokens: 0,
        most: Some(most),
    };
    for pair in examples.into_iter().flat_map(|example| &example.pairs) {
        for text in [&pair.question, &pair.answer] {
            whole.words += count_words(text);
            whole.tokens += tokens::estimate(text);
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_near_its_limit_before_it_is_over() {
        let length = |words: usize| Length::of(&"word ".repeat(words), Some(500));
        assert_eq!(length(449).fit(), Fit::Good);
        assert_eq!(length(450).fit(), Fit::Near);
        assert_eq!(length(500).fit(), Fit::Near);
        assert_eq!(length(501).fit(), Fit::Over);
        assert_eq!(Length::of("a b c", None).fit(), Fit::Good);
    }
}
