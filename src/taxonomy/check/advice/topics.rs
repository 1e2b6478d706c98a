//! refused-topic: what InstructLab does not take, however well it is written.
//!
//! Found by what a task or question asks for, in English only. Words of a subject alone say nothing: a text about poison in plants
//! is welcome, a request for a recipe of one is not.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::Advice;
use super::texts::{Seeds, Text};
use crate::taxonomy::check::place::subject;

/// Asked for together: one of the first, then within a few words one of the second. Lower case, whole words.
struct Topic {
    name: &'static str,
    verbs: &'static [&'static str],
    objects: &'static [&'static str],
}

const MAKE: &[&str] = &[
    "write", "compose", "tell", "create", "generate", "make", "invent", "give",
];
/// How many words may lie between the two.
const REACH: usize = 6;

/// Source: the list of topics to avoid in InstructLab's taxonomy repository.
const TOPICS: &[Topic] = &[
    Topic {
        name: "jokes",
        verbs: MAKE,
        objects: &["joke", "jokes", "pun", "puns"],
    },
    Topic {
        name: "poems and songs",
        verbs: MAKE,
        objects: &[
            "poem",
            "poems",
            "haiku",
            "haikus",
            "limerick",
            "limericks",
            "sonnet",
            "sonnets",
            "lyrics",
        ],
    },
    Topic {
        name: "programming",
        verbs: &["write", "create", "generate", "implement", "debug", "refactor"],
        objects: &["python", "javascript", "typescript", "java", "sql", "regex", "bash"],
    },
    Topic {
        name: "mathematics",
        verbs: &["solve", "compute", "calculate", "integrate", "differentiate"],
        objects: &[
            "equation",
            "equations",
            "integral",
            "derivative",
            "logarithm",
            "determinant",
        ],
    },
    Topic {
        name: "violence",
        verbs: &["make", "build", "construct", "buy"],
        objects: &["bomb", "bombs", "explosives", "grenade", "grenades"],
    },
    Topic {
        name: "political campaigning",
        verbs: MAKE,
        objects: &["campaign speech", "campaign slogan", "campaign slogans", "attack ad"],
    },
    Topic {
        name: "sexual content",
        verbs: MAKE,
        objects: &["erotica", "erotic", "porn", "pornography"],
    },
    Topic {
        name: "tailored financial advice",
        verbs: &["should i", "shall i"],
        objects: &["invest", "shares", "stocks", "bitcoin", "mortgage"],
    },
    Topic {
        name: "tailored medical advice",
        verbs: &["should i", "shall i", "can i"],
        objects: &[
            "my medication",
            "my pills",
            "my insulin",
            "my antidepressants",
            "my chemotherapy",
        ],
    },
    Topic {
        name: "tailored legal advice",
        verbs: &["should i", "shall i"],
        objects: &["sue", "plead guilty", "my divorce"],
    },
    Topic {
        name: "social scoring",
        verbs: &["rate", "score", "rank"],
        objects: &["citizens", "citizen's trustworthiness", "social credit"],
    },
];

/// The first words of all objects.
static BEGINNINGS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let objects = TOPICS.iter().flat_map(|topic| topic.objects);
    objects.filter_map(|object| object.split(' ').next()).collect()
});

pub(super) fn look(seeds: &Seeds<'_>, advice: &mut Advice<'_>) {
    let asked = seeds
        .task
        .iter()
        .chain(seeds.pairs().filter_map(|pair| pair.question.as_ref()));
    for text in asked {
        if let Some(topic) = topic_of(text.text) {
            tell(text, topic, advice);
        }
    }
    for answer in seeds.pairs().filter_map(|pair| pair.answer.as_ref()) {
        let code = ["```python", "```java", "```c", "```rust", "```bash", "```sql", "```js"];
        if code.iter().any(|fence| answer.text.contains(fence)) {
            tell(answer, "programming", advice);
        }
    }
}

fn tell(text: &Text<'_>, topic: &str, advice: &mut Advice<'_>) {
    let message = format!(
        "{} seems to be about {topic}, which InstructLab's taxonomy does not take; if your own taxonomy may have it, let it stand.",
        subject(&text.path)
    );
    advice.tell("refused-topic", text.node, &text.path, message, None);
}

fn topic_of(text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty())
        .collect();
    // Quick for the many texts that ask for nothing of the kind.
    if !words.iter().any(|word| BEGINNINGS.contains(word)) {
        return None;
    }
    let stands = |phrase: &str, at: usize| {
        let mut wanted = phrase.split(' ').enumerate();
        wanted.all(|(distance, word)| words.get(at + distance) == Some(&word))
    };
    let any = |phrases: &[&str], at: usize| phrases.iter().any(|phrase| stands(phrase, at));
    TOPICS.iter().find_map(|topic| {
        let asked = (0..words.len())
            .filter(|at| any(topic.verbs, *at))
            .any(|at| (at + 1..=at + REACH).any(|near| any(topic.objects, near)));
        asked.then_some(topic.name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_from_subjects() {
        for (text, topic) in [
            ("Tell me a good joke about gardens.", Some("jokes")),
            ("Please write a short poem", Some("poems and songs")),
            ("Write a function in Python", Some("programming")),
            ("Should I invest now?", Some("tailored financial advice")),
            ("What makes a joke fall flat?", None),
            ("Who wrote the poem on frost?", None),
            ("Do pythons write?", None),
            ("How do firms invest?", None),
            ("Why did the bomb not go off in 1944?", None),
        ] {
            assert_eq!(topic_of(text), topic, "{text}");
        }
    }
}
