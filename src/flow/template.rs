//! Prompts: Jinja2 as sdg_hub renders it (its default white space rules, every message stripped), with undefined
//! variables refused.

use std::collections::BTreeSet;
use std::io;

use minijinja::value::{Serde, Value as JinjaValue};
use minijinja::{Environment, ErrorKind, Expression, Template};
use serde::Deserialize;
use serde_json::Value;

use super::jinja::{LENIENT, MOST_STEPS, STRICT};
use super::python_value::stripped;
use super::row::Columns;
use crate::samples::{Message, Role};

/// Longest text that one template may make, in bytes: about a million tokens.
const LONGEST_TEXT: usize = 4 << 20;

/// A prompt file: a list of messages whose contents are templates.
#[derive(Debug, Clone)]
pub struct Prompt {
    messages: Vec<Message>,
    /// The same messages ready to be filled in, named by their numbers from 0.
    templates: Environment<'static>,
    /// The variables that each message reads.
    variables: Vec<BTreeSet<String>>,
}

#[derive(Deserialize)]
struct Written {
    role: String,
    content: String,
}

/// What is wrong with a prompt file: the line where it is known, and why.
#[derive(Debug, PartialEq, Eq)]
pub struct PromptFault {
    pub line: Option<usize>,
    pub reason: String,
}

/// Why a prompt could not be filled in.
#[derive(Debug, PartialEq, Eq)]
pub struct Unfilled {
    /// Which message and why, and what to do about it.
    pub reason: String,
    /// The template itself is at fault: it loops too long or grows too large, whatever the row.
    pub endless: bool,
}

impl Prompt {
    /// Reads a list of `{role, content}` whose last message is the user's.
    pub fn parse(text: &str) -> Result<Prompt, PromptFault> {
        let written: Vec<Written> = serde_yaml::from_str(text).map_err(|error| PromptFault {
            line: error.location().map(|at| at.line()),
            reason: format!("a prompt is a list of messages with role and content: {error}"),
        })?;
        let fault = |reason: String| PromptFault { line: None, reason };
        let mut messages = Vec::with_capacity(written.len());
        for (number, message) in (1..).zip(written) {
            let role = match message.role.as_str() {
                "system" => Role::System,
                "user" => Role::User,
                "assistant" => Role::Assistant,
                other => {
                    return Err(fault(format!(
                        "message {number} has the role '{other}'; use system, user or assistant"
                    )));
                }
            };
            messages.push(Message::new(role, message.content));
        }
        match messages.last().map(|message| message.role) {
            Some(Role::User) => Self::of(messages),
            Some(_) => Err(fault(
                "the last message must have the role user, because the teacher answers it".to_owned(),
            )),
            None => Err(fault("the prompt has no message".to_owned())),
        }
    }

    fn of(messages: Vec<Message>) -> Result<Prompt, PromptFault> {
        let mut templates = LENIENT.clone();
        let mut variables = Vec::with_capacity(messages.len());
        for (at, message) in messages.iter().enumerate() {
            templates
                .add_template_owned(at.to_string(), message.content.clone())
                .map_err(|error| {
                    let number = at + 1;
                    let line = error
                        .line()
                        .map_or(String::new(), |line| format!(", line {line} of its content,"));
                    PromptFault {
                        line: None,
                        reason: format!("message {number}{line} is not a Jinja2 template: {error}"),
                    }
                })?;
            variables.push(text_variables(&message.content).unwrap_or_default());
        }
        Ok(Prompt {
            messages,
            templates,
            variables,
        })
    }

    /// The messages as they are written in the file.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// Variables that the templates read, with the number of the message (from 1) that reads each.
    pub fn variables(&self) -> BTreeSet<(usize, String)> {
        let of_each = (1..).zip(&self.variables);
        of_each
            .flat_map(|(number, names)| names.iter().map(move |name| (number, name.clone())))
            .collect()
    }

    /// Renders every message; those that come out empty are left out, as sdg_hub does.
    ///
    /// # Errors
    /// Says which message failed and why, as for an undefined variable or a loop that does not end.
    pub fn render(&self, variables: &Columns) -> Result<Vec<Message>, Unfilled> {
        let context = JinjaValue::from(Serde(variables));
        let mut messages = Vec::with_capacity(self.messages.len());
        for (at, message) in self.messages.iter().enumerate() {
            let text = self.message(at, variables, context.clone()).map_err(|fault| Unfilled {
                reason: format!("message {} cannot be written: {}", at + 1, fault.reason),
                ..fault
            })?;
            let text = stripped(&text);
            if !text.is_empty() {
                messages.push(Message::new(message.role, text));
            }
        }
        Ok(messages)
    }

    fn message(&self, at: usize, given: &Columns, context: JinjaValue) -> Result<String, Unfilled> {
        let names = self.variables.get(at).into_iter().flatten();
        if let Some(name) = names.into_iter().find(|name| !given.contains_key(*name)) {
            return Err(Unfilled {
                reason: format!("a variable is undefined ('{name}')"),
                endless: false,
            });
        }
        fill_in(self.templates.get_template(&at.to_string()), context)
    }

    /// The templates as written, for estimates.
    pub(super) fn sources(&self) -> impl Iterator<Item = &str> {
        self.messages.iter().map(|message| message.content.as_str())
    }
}

/// Renders one short template, as those of a scaffold.
pub(super) fn render_text(source: &str, variables: &Columns) -> Result<String, String> {
    if !source.contains("{{") && !source.contains("{%") {
        return Ok(source.to_owned());
    }
    fill_in(LENIENT.template_from_str(source), JinjaValue::from(Serde(variables))).map_err(|fault| fault.reason)
}

/// A Jinja2 expression over the columns that is true or false for a row.
#[derive(Debug)]
pub struct Condition {
    source: String,
    expression: Expression<'static, 'static>,
}

impl Condition {
    pub fn parse(source: &str) -> Result<Condition, String> {
        let expression = STRICT
            .compile_expression_owned(source.to_owned())
            .map_err(|error| format!("'{source}' is not a Jinja2 expression: {error}"))?;
        Ok(Condition {
            source: source.to_owned(),
            expression,
        })
    }

    /// The columns that it reads.
    pub fn variables(&self) -> BTreeSet<String> {
        let names = self.expression.undeclared_variables(false).into_iter();
        names.filter(|name| !is_global(name)).collect()
    }

    pub fn holds(&self, columns: &Columns) -> Result<bool, String> {
        match self.expression.eval(JinjaValue::from(Serde(columns))) {
            Ok(value) => Ok(value.is_true()),
            Err(error) => Err(format!(
                "the condition '{}' cannot be told: {}",
                self.source,
                explain(&error)
            )),
        }
    }

    /// What the expression comes to; null where it is undefined.
    pub fn value(&self, columns: &Columns) -> Result<Value, String> {
        let why = |reason: String| format!("'{}' cannot be worked out: {reason}", self.source);
        match self.expression.eval(JinjaValue::from(Serde(columns))) {
            Ok(value) if value.is_undefined() => Ok(Value::Null),
            Ok(value) => serde_json::to_value(&value).map_err(|error| why(error.to_string())),
            Err(error) => Err(why(explain(&error))),
        }
    }
}

/// Renders one template within the limits of steps and length.
fn fill_in(template: Result<Template<'_, '_>, minijinja::Error>, context: JinjaValue) -> Result<String, Unfilled> {
    let mut text = Bounded::default();
    let rendered = template.and_then(|template| template.render_captured_to(context, &mut text).map(|_| ()));
    match rendered {
        Ok(()) => String::from_utf8(text.bytes).map_err(|error| Unfilled {
            reason: error.to_string(),
            endless: false,
        }),
        Err(error) if text.full => Err(Unfilled {
            reason: format!(
                "its text grows beyond {LONGEST_TEXT} bytes{}; make its loops or what they repeat shorter",
                line_of(&error)
            ),
            endless: true,
        }),
        Err(error) if ran_dry(&error) => Err(Unfilled {
            reason: format!(
                "it takes more than {MOST_STEPS} steps{}; make its loops shorter",
                line_of(&error)
            ),
            endless: true,
        }),
        Err(error) => Err(Unfilled {
            reason: explain(&error),
            endless: false,
        }),
    }
}

/// Takes what a template puts out, up to a length.
#[derive(Default)]
struct Bounded {
    bytes: Vec<u8>,
    full: bool,
}

impl io::Write for Bounded {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + piece.len() > LONGEST_TEXT {
            self.full = true;
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.bytes.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// True when the steps were used up, also inside a macro, whose error is the cause of another.
fn ran_dry(error: &minijinja::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(one) = cause {
        let kind = one.downcast_ref::<minijinja::Error>().map(minijinja::Error::kind);
        if kind == Some(ErrorKind::OutOfFuel) {
            return true;
        }
        cause = one.source();
    }
    false
}

fn line_of(error: &minijinja::Error) -> String {
    error
        .line()
        .map_or(String::new(), |line| format!(" (line {line} of its content)"))
}

/// Names of the variables of one template that nothing inside it defines.
pub(super) fn text_variables(source: &str) -> Result<BTreeSet<String>, String> {
    let template = LENIENT.template_from_str(source).map_err(|error| explain(&error))?;
    let names = template.undeclared_variables(false).into_iter();
    Ok(names.filter(|name| !is_global(name)).collect())
}

fn is_global(name: &str) -> bool {
    LENIENT.globals().any(|(global, _)| global == name)
}

fn explain(error: &minijinja::Error) -> String {
    match error.kind() {
        ErrorKind::UndefinedError => format!("a variable is undefined ({error})"),
        _ => error.to_string(),
    }
}

/// Reads messages out of a column: a list of `{role, content}`.
pub(super) fn messages_of(value: &Value) -> Result<Vec<Message>, String> {
    let Value::Array(items) = value else {
        return Err("it does not hold a list of messages".to_owned());
    };
    if items.is_empty() {
        return Err("it holds an empty list of messages".to_owned());
    }
    items
        .iter()
        .map(|item| {
            Message::deserialize(item).map_err(|error| format!("it holds something that is not a message: {error}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn columns(value: Value) -> Columns {
        match value {
            Value::Object(map) => map,
            _ => Columns::new(),
        }
    }

    #[test]
    fn empty_messages_are_left_out_and_others_stripped() {
        let prompt = Prompt::parse(
            "- role: system\n  content: |\n    {% if hint %}{{ hint }}{% endif %}\n- role: user\n  content: |\n    Say {{ word }} {{ yes }} {{ none }}\n",
        )
        .unwrap();
        let messages = prompt
            .render(&columns(json!({"hint": "", "word": "<b>", "yes": true, "none": null})))
            .unwrap();
        assert_eq!(messages, vec![Message::new(Role::User, "Say <b> True None")]);
    }

    #[test]
    fn undefined_variables_are_refused() {
        let prompt = Prompt::parse("- {role: user, content: 'Say {{ word }}'}").unwrap();
        assert_eq!(
            prompt.variables().into_iter().collect::<Vec<_>>(),
            vec![(1, "word".to_owned())]
        );
        let error = prompt.render(&Columns::new()).unwrap_err();
        let reason = &error.reason;
        assert!(reason.contains("message 1") && reason.contains("undefined"), "{reason}");
        assert!(!error.endless);
    }

    #[test]
    fn loops_without_end_and_texts_without_end_are_stopped() {
        let nested = |body: &str| {
            format!("{{% for a in range(9999) %}}{{% for b in range(9999) %}}{body}{{% endfor %}}{{% endfor %}}")
        };
        for (template, words) in [
            (nested(""), "500000 steps (line 2"),
            (nested("{% set c = 1 %}"), "500000 steps"),
            (
                "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(40) }}".to_owned(),
                "steps",
            ),
            (nested(&"word ".repeat(20)), "4194304 bytes"),
            ("{{ 'x' * 9999999 }}".to_owned(), "4194304 bytes"),
        ] {
            let content = format!("Say:\n{template}");
            let prompt = Prompt::of(vec![Message::new(Role::User, content)]).unwrap();
            let fault = prompt.render(&Columns::new()).unwrap_err();
            assert!(fault.endless, "{template}: {}", fault.reason);
            assert!(
                fault.reason.starts_with("message 1 ") && fault.reason.contains(words),
                "{template}: {}",
                fault.reason
            );
            assert!(render_text(&template, &Columns::new()).unwrap_err().contains("shorter"));
        }
        // Far more than a prompt needs is still fine.
        let long = "{% for a in range(20000) %}{{ a }} {% endfor %}";
        let prompt = Prompt::of(vec![Message::new(Role::User, long)]).unwrap();
        assert!(prompt.render(&Columns::new()).is_ok());
    }

    #[test]
    fn names_made_inside_a_template_are_not_asked_for() {
        let prompt = Prompt::parse(
            "- {role: user, content: '{% for item in list %}{{ loop.index }}{{ item }}{% endfor %}{% set a = 1 %}{{ a }}{{ range(2) }}'}",
        )
        .unwrap();
        let names: Vec<_> = prompt.variables().into_iter().map(|(_, name)| name).collect();
        assert_eq!(names, vec!["list"]);
    }

    #[test]
    fn white_space_follows_the_defaults_of_jinja2() {
        // Jinja2's default: no trimming around blocks, one newline at the very end dropped (and stripped anyway).
        let prompt =
            Prompt::parse("- role: user\n  content: \"a\\n  {% if true %}\\nb\\n{% endif %}\\nc\\n\"").unwrap();
        assert_eq!(
            prompt.render(&Columns::new()).unwrap(),
            vec![Message::new(Role::User, "a\n  \nb\n\nc")]
        );
    }

    #[test]
    fn prompt_files_that_no_teacher_can_answer_are_refused() {
        for (text, word) in [
            ("[]", "no message"),
            ("- {role: assistant, content: x}", "last message"),
            ("- {role: tool, content: x}", "'tool'"),
            ("role: user", "list of messages"),
            ("- {role: user, content: '{% if %}'}", "message 1"),
        ] {
            let fault = Prompt::parse(text).unwrap_err();
            assert!(fault.reason.contains(word), "{text}: {}", fault.reason);
        }
    }
}
