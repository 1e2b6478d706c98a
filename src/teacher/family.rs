//! Which models are kin: trained by the same people on much the same texts, so that one prefers what the other writes.

/// Families by words that stand in the names of their models; the first that fits counts.
///
/// Fine-tunes keep the name of their base (`deepseek-r1-distill-qwen-7b` is a Qwen that learnt from DeepSeek: it counts as
/// DeepSeek, whose answers it gives).
const FAMILIES: &[(&str, &[&str])] = &[
    ("deepseek", &["deepseek"]),
    ("granite", &["granite"]),
    (
        "mistral",
        &[
            "mistral",
            "mixtral",
            "ministral",
            "magistral",
            "codestral",
            "devstral",
            "pixtral",
        ],
    ),
    ("qwen", &["qwen", "qwq", "qvq"]),
    ("claude", &["claude"]),
    ("gemini", &["gemini", "gemma"]),
    ("gpt", &["gpt", "chatgpt", "o1", "o3", "o4", "davinci"]),
    ("phi", &["phi"]),
    ("smollm", &["smollm"]),
    ("olmo", &["olmo", "tulu"]),
    ("command", &["command", "aya", "cohere"]),
    ("nemotron", &["nemotron"]),
    ("falcon", &["falcon"]),
    ("glm", &["glm", "chatglm"]),
    ("kimi", &["kimi", "moonshot"]),
    ("grok", &["grok"]),
    ("jamba", &["jamba"]),
    ("yi", &["yi"]),
    ("llama", &["llama", "codellama"]),
];

/// The family of a model by its name as servers and hubs write it; `None` when the name tells nothing.
pub fn family(model: &str) -> Option<&'static str> {
    // `meta-llama/Llama-3.1-8B`, `llama3.1:8b` and `qwen2.5` alike: words of letters, and letters with the digits behind them.
    let name = model.to_lowercase();
    // Who offers the model says nothing of it, unless the rest of its name is silent.
    let own = name.rsplit('/').next().unwrap_or(&name);
    [own, name.as_str()].into_iter().find_map(|name| {
        let words: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).collect();
        FAMILIES
            .iter()
            .find(|(_, signs)| signs.iter().any(|sign| words.iter().any(|word| is_called(word, sign))))
            .map(|(family, _)| *family)
    })
}

/// True for `qwen`, `qwen2` and `gpt4o`, not for `graphite` or `phil`.
fn is_called(word: &str, sign: &str) -> bool {
    word.strip_prefix(sign)
        .is_some_and(|rest| rest.chars().next().is_none_or(|c| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_servers_write_them() {
        for (model, wanted) in [
            ("granite-4.0-h-small", Some("granite")),
            ("ibm-granite/granite-3.3-8b-instruct", Some("granite")),
            ("meta-llama/Llama-3.3-70B-Instruct", Some("llama")),
            ("llama3.2:1b", Some("llama")),
            ("mistralai/Mixtral-8x7B-Instruct-v0.1", Some("mistral")),
            ("prometheus-eval/prometheus-8x7b-v2.0", None),
            ("qwen2.5-coder", Some("qwen")),
            ("QwQ-32B", Some("qwen")),
            ("gpt-4o-mini", Some("gpt")),
            ("openai/gpt-oss-120b", Some("gpt")),
            ("o3-mini", Some("gpt")),
            ("claude-sonnet-4", Some("claude")),
            ("google/gemma-3-27b-it", Some("gemini")),
            ("microsoft/phi-4", Some("phi")),
            ("Phi3-mini", Some("phi")),
            ("deepseek-r1-distill-llama-8b", Some("deepseek")),
            ("nvidia/Llama-3.1-Nemotron-70B", Some("nemotron")),
            ("SmolLM2-135M-Instruct.Q4_1", Some("smollm")),
            ("deepseek-ai/some-model", Some("deepseek")),
            ("my-own-model", None),
            ("philosopher", None),
            ("", None),
        ] {
            assert_eq!(family(model), wanted, "{model}");
        }
    }
}
