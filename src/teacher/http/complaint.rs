//! What servers say when they do not answer, whichever shape they use.

use serde_json::Value;

/// What a server said went wrong, whichever shape it used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    pub status: u16,
    /// Machine-readable: `code` and `type`, in lower case, separated by a space.
    pub code: String,
    /// For people; at most 400 characters; not empty.
    pub message: String,
    /// The whole text in lower case, to be searched for known words.
    all: String,
}

const LONGEST_MESSAGE: usize = 400;

impl Complaint {
    /// Reads an error body: OpenAI's and vLLM's objects, FastAPI's `detail`, plain text, or a web page.
    pub fn from_body(status: u16, body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let text = text.trim();
        match serde_json::from_str::<Value>(text) {
            Ok(value) if !text.is_empty() => Complaint::from_json(status, &value),
            _ => {
                let message = match page_title(text) {
                    Some(title) => format!("a web page came instead of JSON ({title})"),
                    None if text.is_empty() => "no reason was given".to_owned(),
                    None => shorten(text),
                };
                Complaint {
                    status,
                    code: String::new(),
                    message,
                    all: text.to_lowercase(),
                }
            }
        }
    }

    /// Reads an error object, from a body or from inside a stream. A numeric `code` in it overrules a status of 200.
    pub fn from_json(status: u16, value: &Value) -> Self {
        // Gemini wraps its error in a list.
        let value = value.get(0).unwrap_or(value);
        let inner = value.get("error").filter(|inner| !inner.is_null()).unwrap_or(value);
        let said = match inner {
            Value::String(text) => Some(text.clone()),
            _ => ["message", "detail", "msg", "error"]
                .iter()
                .find_map(|key| match inner.get(key)? {
                    Value::String(text) => Some(text.clone()),
                    Value::Null => None,
                    other => Some(other.to_string()),
                }),
        };
        let words = ["code", "type", "status"]
            .iter()
            .filter_map(|key| inner.get(key).and_then(Value::as_str));
        let code = words.collect::<Vec<_>>().join(" ").to_lowercase();
        let numeric = inner.get("code").and_then(|code| match code {
            Value::String(text) => text.parse().ok(),
            other => other.as_u64(),
        });
        let status = match numeric
            .and_then(|code| u16::try_from(code).ok())
            .filter(|code| (400..600).contains(code))
        {
            Some(code) if status < 400 => code,
            // An error without a number inside an answer that began well is the server's failure.
            None if status < 400 => 500,
            _ => status,
        };
        let message = said
            .filter(|text| !text.trim().is_empty())
            .unwrap_or_else(|| inner.to_string());
        Complaint {
            status,
            code,
            message: shorten(message.trim()),
            // Line ends stand as `\n` in JSON and must not be taken for a word.
            all: value.to_string().replace("\\n", " ").to_lowercase(),
        }
    }

    /// True when any of these lower-case words occurs anywhere in what was said.
    pub fn mentions(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.all.contains(word))
    }

    /// True when the prompt, or prompt and answer together, do not fit the model.
    pub fn is_about_context(&self) -> bool {
        // As said by OpenAI, vLLM and its V1 engine, llama.cpp (old and new), llama-cpp-python, Ollama, LM Studio, TGI, SGLang,
        // Mistral, Gemini and Anthropic.
        self.status != 429
            && self.mentions(&[
                "context_length_exceeded",
                "exceed_context_size",
                "maximum context length",
                "maximum model length",
                "max_tokens must be at least 1, got -",
                "available context size",
                "context size has been exceeded",
                "context size exceeded",
                "exceed context window",
                "exceeds the context length",
                "exceeded max context length",
                "exceeds the context window",
                "context length of only",
                "reached context length",
                "model's context length",
                "prompt is too long",
                "prompt too long",
                "input is too long",
                "exceeds the maximum number of tokens",
                "`max_new_tokens` must be <=",
            ])
    }

    /// True when the account has no money left. A quota alone may be that of a minute.
    pub fn is_about_money(&self) -> bool {
        self.mentions(&[
            "insufficient_quota",
            "insufficient quota",
            "insufficient balance",
            "insufficient_balance",
            "insufficient credits",
            "insufficient funds",
            "credit balance is too low",
            "billing_hard_limit",
            "billing hard limit",
        ])
    }

    /// True when the server does not give several answers in one call: names `n`, or says so in words.
    pub fn is_about_choices(&self) -> bool {
        let names_n = || {
            let mut words = self.all.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '.');
            words.any(|word| word == "n")
        };
        self.mentions(&[
            "one completion choice",
            "multiple choices",
            "multiple completions",
            "candidate_count",
        ]) || (matches!(self.status, 400 | 422) && names_n())
    }

    /// True when the server cannot hold its answer to a form, whichever way it was asked to.
    pub fn is_about_form(&self) -> bool {
        matches!(self.status, 400 | 422 | 500 | 501)
            && self.mentions(&[
                "response_format",
                "response format",
                "json_schema",
                "json schema",
                "json_object",
                "guided_",
                "guided decoding",
                "structured_outputs",
                "structured output",
                "grammar",
            ])
    }

    /// True when there is nothing at this address, rather than no such model.
    pub fn is_about_endpoint(&self) -> bool {
        self.mentions(&["chat model", "v1/completions", "not a completion model"])
            || (matches!(self.status, 404 | 405 | 501) && !self.is_about_model())
    }

    /// True when the model's name seems to be the trouble; the list of models decides.
    pub fn is_about_model(&self) -> bool {
        self.mentions(&["model_not_found", "not a valid model", "invalid model", "unknown model"])
            || (self.mentions(&["model"])
                && self.mentions(&[
                    "not found",
                    "does not exist",
                    "not exist",
                    "no such model",
                    "is not available",
                ]))
    }
}

/// The title of a web page, or what it is; `None` when the text is no web page.
pub fn page_title(text: &str) -> Option<String> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if !text.starts_with('<') {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    let title = lower.find("<title").and_then(|at| {
        let after = text.get(at..)?.split_once('>')?.1;
        let title = after.split_once('<').map_or(after, |(title, _)| title).trim();
        (!title.is_empty()).then(|| shorten(title))
    });
    Some(title.unwrap_or_else(|| "without a title".to_owned()))
}

/// The beginning of a text, on one line.
pub fn shorten(text: &str) -> String {
    let mut short: String = text
        .chars()
        .take(LONGEST_MESSAGE)
        .map(|c| if matches!(c, '\n' | '\r') { ' ' } else { c })
        .collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_inside_an_answer_that_began_well() {
        let complaint = Complaint::from_json(200, &serde_json::json!({"error": {"code": 429, "message": "slow"}}));
        assert_eq!(complaint.status, 429);
        assert_eq!(
            Complaint::from_json(200, &serde_json::json!({"error": "boom"})).status,
            500
        );
        assert_eq!(
            Complaint::from_json(200, &serde_json::json!([{"error": {"code": "503"}}])).status,
            503
        );
        assert_eq!(
            Complaint::from_json(400, &serde_json::json!({"error": {"code": 500}})).status,
            400
        );
    }

    #[test]
    fn hostile_bodies_are_kept_short() {
        let message = Complaint::from_body(500, "é".repeat(100_000).as_bytes()).message;
        assert_eq!(message.chars().count(), LONGEST_MESSAGE + 1);
        assert_eq!(page_title("<TITLE>İ</TITLE>"), Some("İ".to_owned()));
        assert_eq!(page_title("<p>İ"), Some("without a title".to_owned()));
        assert_eq!(page_title("{}"), None);
    }
}
