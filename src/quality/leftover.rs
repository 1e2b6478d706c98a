//! Traces of how a text was made that must not be in it: frame words of prompts, chat markup, refusals.

/// What kind of trace was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftoverKind {
    /// Markup of chat templates, as in `<|im_start|>`.
    Markup,
    /// A frame word of the prompt or a variable nobody filled in, as in `[Question]` and `{{question}}`.
    Frame,
    /// The model speaks of itself or declines, as in "As an AI language model".
    Refusal,
}

impl LeftoverKind {
    /// The kind in plain words, for reasons and screens.
    pub fn words(self) -> &'static str {
        match self {
            LeftoverKind::Markup => "markup of the chat template",
            LeftoverKind::Frame => "a frame word of the prompt",
            LeftoverKind::Refusal => "a refusal",
        }
    }
}

/// A trace and how it reads in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    pub kind: LeftoverKind,
    pub text: String,
}

const MARKUP: [&str; 9] = [
    "[INST]",
    "[/INST]",
    "<<SYS>>",
    "<</SYS>>",
    "</s>",
    "<start_of_turn>",
    "<end_of_turn>",
    "<think>",
    "</think>",
];

/// Words that stand in square brackets in the prompts of InstructLab's and Seedbed's flows.
const FRAME_WORDS: [&str; 8] = [
    "question",
    "answer",
    "context",
    "document",
    "end",
    "task",
    "response",
    "instruction",
];

const FRAME_HEADINGS: [&str; 4] = ["### instruction:", "### response:", "### human:", "### assistant:"];

/// Variables of those prompts.
const VARIABLES: [&str; 9] = [
    "question",
    "answer",
    "context",
    "document",
    "task_description",
    "seed_question",
    "seed_response",
    "seed_context",
    "document_outline",
];

/// Whole openings, since "I cannot" alone is ordinary speech.
const REFUSALS: [&str; 14] = [
    "as an ai language model",
    "as an ai assistant",
    "as an ai model",
    "as an ai, i",
    "as a language model",
    "i'm just an ai",
    "i am just an ai",
    "i'm sorry, but i can't",
    "i'm sorry, but i cannot",
    "i am sorry, but i cannot",
    "i can't assist with",
    "i cannot assist with",
    "i can't help with that",
    "i cannot fulfill",
];

/// How much of a text's beginning (in characters) may hold a refusal: later it may be a quotation.
const OPENING: usize = 200;

/// Returns the first trace found, markup before frame words before refusals (which are known in English only).
pub fn find(text: &str) -> Option<Leftover> {
    let found = |kind, text: &str| {
        Some(Leftover {
            kind,
            text: text.to_owned(),
        })
    };
    if let Some(token) = special_token(text) {
        return found(LeftoverKind::Markup, token);
    }
    if let Some(markup) = MARKUP.into_iter().find(|markup| text.contains(markup)) {
        return found(LeftoverKind::Markup, markup);
    }
    if let Some(frame) = frame(text) {
        return found(LeftoverKind::Frame, frame);
    }
    refusal(text).and_then(|refusal| found(LeftoverKind::Refusal, refusal))
}

/// Returns the words with which a text declines, or speaks of its writer as a model, in its beginning; English only.
pub fn refusal(text: &str) -> Option<&'static str> {
    let opening: String = text
        .chars()
        .take(OPENING)
        .collect::<String>()
        .to_lowercase()
        .replace('’', "'");
    REFUSALS.into_iter().find(|refusal| opening.contains(refusal))
}

/// Finds `<|name|>`.
fn special_token(text: &str) -> Option<&str> {
    text.match_indices("<|").find_map(|(start, _)| {
        let name_start = start + 2;
        let length = text.get(name_start..)?.find("|>")?;
        let name = text.get(name_start..name_start + length)?;
        let is_name = !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        if is_name {
            text.get(start..name_start + length + 2)
        } else {
            None
        }
    })
}

fn frame(text: &str) -> Option<&str> {
    bracketed(text, '[', ']', |inside| {
        let inside = inside.to_lowercase();
        let inside = inside
            .strip_prefix("start of ")
            .or(inside.strip_prefix("end of "))
            .unwrap_or(&inside);
        FRAME_WORDS.contains(&inside)
    })
    .or_else(|| {
        bracketed(text, '{', '}', |inside| {
            VARIABLES.contains(&inside.trim_matches(|c| c == '{' || c == ' '))
        })
    })
    .or_else(|| {
        text.lines().map(str::trim).find(|line| {
            let line = line.to_lowercase();
            FRAME_HEADINGS.iter().any(|heading| line.starts_with(heading))
        })
    })
}

/// Finds the first short bracketed part that is wanted; Markdown links (`[end](…)`) are not parts.
fn bracketed(text: &str, open: char, close: char, wanted: impl Fn(&str) -> bool) -> Option<&str> {
    text.match_indices(open).find_map(|(start, _)| {
        let rest = text.get(start + 1..)?;
        // No word looked for is longer.
        let length = rest
            .char_indices()
            .take(40)
            .find(|(_, c)| *c == close)
            .map(|(at, _)| at)?;
        let is_link = rest.get(length + 1..).is_some_and(|after| after.starts_with('('));
        let inside = rest.get(..length)?;
        if !is_link && wanted(inside) {
            text.get(start..start + length + 2)
        } else {
            None
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_are_found() {
        for (text, kind, trace) in [
            ("Fine.<|im_end|>", LeftoverKind::Markup, "<|im_end|>"),
            ("[INST] hello", LeftoverKind::Markup, "[INST]"),
            ("[Question]\nWhen?", LeftoverKind::Frame, "[Question]"),
            ("Done. [End of Answer]", LeftoverKind::Frame, "[End of Answer]"),
            ("Answer: {{ question }}", LeftoverKind::Frame, "{{ question }"),
            ("Use {seed_question} here", LeftoverKind::Frame, "{seed_question}"),
            ("### Response:\nyes", LeftoverKind::Frame, "### Response:"),
            (
                "As an AI language model, I do not garden.",
                LeftoverKind::Refusal,
                "as an ai language model",
            ),
            (
                "I’m sorry, but I can’t do that.",
                LeftoverKind::Refusal,
                "i'm sorry, but i can't",
            ),
        ] {
            assert_eq!(
                find(text),
                Some(Leftover {
                    kind,
                    text: trace.to_owned()
                }),
                "{text}"
            );
        }
    }

    #[test]
    fn ordinary_text_is_left_alone() {
        for text in [
            "",
            "Water the soil [1] the evening before.",
            "See [the end](end.md) and [end](x).",
            "if a <| b then c |> d",
            "let x = {a: 1};",
            "Dear [Your Name], I cannot come on Monday.",
            "質問：いつ水をやりますか",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }
}
