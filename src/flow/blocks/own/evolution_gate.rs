//! `EvolutionGateBlock` (Seedbed's own): the end of a round of evolution.
//!
//! An evolved instruction with its answer either fails, which leaves a drop with the reason while the old instruction goes
//! on; or it becomes a sample, and goes on itself. It fails by an earlier `fault`, when a judge finds it equal to the old
//! one (`equality` is `EQUAL`), or by its answer: cut off, empty, repeating itself, with left-over markup, of stop words
//! only, or shorter than `sorry_words` (80; 0: off) with "sorry" in it, as Evol-Instruct has it; not so where the seeds' own
//! answers say sorry.
//!
//! Keys: `rounds` (as many as the repeat has `times`; nothing goes on after the last), `sorry_words`. Reads the columns `instruction`,
//! `evolved`, `evolved_response`, `evolved_reasoning`, `operator`, `fault`, `equality`, `operators`, `depth`; writes
//! `finished` (true for samples) and, for those, `question`, `response`, `reasoning`.

use serde_json::Value;

use super::evolution_rules::text_fault;
use super::{Block, BuildFault, EachRow};
use crate::flow::config::Config;
use crate::flow::file::ROUND;
use crate::flow::row::{Applied, Rejected, Row};
use crate::samples::DropReason;
use crate::text::normal::words;

pub(super) const NAME: &str = "EvolutionGateBlock";

const READS: [&str; 9] = [
    "instruction",
    "evolved",
    "evolved_response",
    "evolved_reasoning",
    "operator",
    "fault",
    "equality",
    "operators",
    "depth",
];
const WRITES: [&str; 7] = [
    "instruction",
    "operators",
    "depth",
    "finished",
    "question",
    "response",
    "reasoning",
];

/// Words that say nothing by themselves; for other languages only marks are known.
const STOP_WORDS: [&str; 48] = [
    "a", "about", "all", "an", "and", "any", "are", "as", "at", "be", "but", "by", "can", "did", "do", "does", "for",
    "from", "had", "has", "have", "he", "her", "his", "i", "if", "in", "is", "it", "its", "me", "my", "of", "on", "or",
    "our", "she", "so", "that", "the", "their", "they", "this", "to", "was", "we", "with", "you",
];

struct EvolutionGate {
    rounds: u64,
    sorry_words: u64,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let rounds = config
        .whole("rounds")?
        .ok_or_else(|| "'rounds' is missing; give as many as the repeat has times".to_owned())?;
    let sorry_words = config.whole("sorry_words")?.unwrap_or(80);
    let mut block = Block::each(config.name(), NAME, EvolutionGate { rounds, sorry_words })
        .reading(READS.map(str::to_owned).to_vec())
        .writing(WRITES.map(str::to_owned).to_vec());
    block.overwrites = true;
    Ok(block)
}

fn fault(row: &Row, sorry_words: u64) -> Option<(DropReason, String)> {
    if let Some(fault) = row.columns.get("fault").filter(|fault| !fault.is_null()) {
        let reason = fault
            .get("reason")
            .cloned()
            .and_then(|reason| serde_json::from_value(reason).ok());
        let message = fault.get("message").and_then(Value::as_str).unwrap_or_default();
        return Some((reason.unwrap_or(DropReason::Filter), message.to_owned()));
    }
    if row.text("equality") == "EQUAL" {
        return Some((
            DropReason::Filter,
            "the judge found it equal to the one it came from".to_owned(),
        ));
    }
    if row.text("equality") == "ASTRAY" {
        return Some((DropReason::Filter, "the judge found that it left the skill".to_owned()));
    }
    let answer = row.text("evolved_response");
    if let Some(fault) = text_fault(answer, row.finish, "answer") {
        return Some(fault);
    }
    let said = words(answer);
    let says_sorry = |words: &[String]| words.iter().any(|word| word == "sorry");
    let is_refusal = (said.len() as u64) < sorry_words && says_sorry(&said);
    // A skill of apologies is no skill of refusals.
    if is_refusal && !row.origin.seeds.iter().any(|(_, answer)| says_sorry(&words(answer))) {
        return Some((DropReason::Refused, "the answer is short and says sorry".to_owned()));
    }
    let is_empty_talk = said.iter().all(|word| STOP_WORDS.contains(&word.as_str()));
    is_empty_talk.then(|| (DropReason::Empty, "the answer has stop words only".to_owned()))
}

impl EachRow for EvolutionGate {
    fn apply(&self, row: Row) -> Applied {
        let round = row.columns.get(ROUND).and_then(Value::as_u64).unwrap_or(self.rounds);
        let operator = row.text("operator").to_owned();
        let mut ended = row.clone();
        ended.lineage = row.lineage.child(0);
        let mut going_on = row;
        going_on.lineage = going_on.lineage.child(1);
        going_on.set("finished", false);
        for column in ["question", "response", "reasoning"] {
            going_on.set(column, Value::Null);
        }
        let mut applied = Applied::default();
        match fault(&ended, self.sorry_words) {
            Some((reason, message)) => {
                let message = format!("round {round}, {operator}: {message}");
                applied.rejected.push(Rejected::new(ended, reason, message));
            }
            None => {
                let mut operators = match ended.columns.get("operators") {
                    Some(Value::Array(operators)) => operators.clone(),
                    _ => Vec::new(),
                };
                operators.push(operator.into());
                let depth = ended.columns.get("depth").and_then(Value::as_u64).unwrap_or(0) + 1;
                let [evolved, response, reasoning] =
                    ["evolved", "evolved_response", "evolved_reasoning"].map(|column| ended.text(column).to_owned());
                for row in [&mut ended, &mut going_on] {
                    row.set("instruction", evolved.as_str());
                    row.set("operators", operators.clone());
                    row.set("depth", depth);
                }
                ended.set("question", evolved);
                ended.set("response", response);
                ended.set("reasoning", reasoning);
                ended.set("finished", true);
                applied.rows.push(ended);
            }
        }
        if round < self.rounds {
            applied.rows.push(going_on);
        }
        applied
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::blocks::tests::apply;
    use serde_json::json;

    fn gate(round: u64, answer: &str, equality: Value, fault: Value) -> Applied {
        let columns = json!({"instruction": "Old?", "evolved": "New?", "evolved_response": answer, "evolved_reasoning": "r",
            "operator": "deepen", "fault": fault, "equality": equality, "operators": ["constrain"], "depth": 1, "round": round});
        apply(NAME, json!({"rounds": 3}), columns)
    }

    #[test]
    fn a_success_becomes_a_sample_and_goes_on() {
        let applied = gate(1, "Because of frost.", json!("DIFFERENT"), json!(null));
        assert!(applied.rejected.is_empty());
        let [sample, next] = applied.rows.as_slice() else {
            panic!()
        };
        assert_eq!(
            (sample.text("question"), sample.text("response")),
            ("New?", "Because of frost.")
        );
        assert_eq!(
            (&sample.columns["finished"], &next.columns["finished"]),
            (&json!(true), &json!(false))
        );
        for row in [sample, next] {
            assert_eq!(row.text("instruction"), "New?");
            assert_eq!(
                (&row.columns["operators"], &row.columns["depth"]),
                (&json!(["constrain", "deepen"]), &json!(2))
            );
        }
        assert_eq!(
            (sample.lineage.to_string(), next.lineage.to_string()),
            ("0.0".to_owned(), "0.1".to_owned())
        );
        assert_eq!(next.columns["question"], json!(null));
        assert_eq!(gate(3, "Because of frost.", json!(null), json!(null)).rows.len(), 1);
    }

    #[test]
    fn a_failure_leaves_a_drop_and_the_old_one_goes_on() {
        let sorry = "I am sorry that I cannot say much about this.";
        // Fewer than 80 words in all.
        let sorry_of = |words: usize| format!("sorry {}", (1..words).map(|at| format!("w{at} ")).collect::<String>());
        let long_sorry = sorry_of(80);
        for (answer, equality, earlier, reason) in [
            ("Because of frost.", json!("EQUAL"), json!(null), DropReason::Filter),
            ("Because of frost.", json!("ASTRAY"), json!(null), DropReason::Filter),
            (&sorry_of(79), json!(null), json!(null), DropReason::Refused),
            (sorry, json!(null), json!(null), DropReason::Refused),
            ("It is on the, and so.", json!(null), json!(null), DropReason::Empty),
            ("…", json!(null), json!(null), DropReason::Empty),
            (
                "Fine.",
                json!(null),
                json!({"reason": "truncated", "message": "cut"}),
                DropReason::Truncated,
            ),
        ] {
            let applied = gate(2, answer, equality, earlier);
            assert_eq!(applied.rejected[0].reason, reason, "{answer}");
            assert!(applied.rejected[0].message.starts_with("round 2, deepen: "));
            let [next] = applied.rows.as_slice() else { panic!() };
            assert_eq!((next.text("instruction"), &next.columns["depth"]), ("Old?", &json!(1)));
            assert_eq!(next.lineage.to_string(), "0.1");
        }
        assert_eq!(gate(1, &long_sorry, json!(null), json!(null)).rejected.len(), 0);
        let last = gate(3, sorry, json!(null), json!(null));
        assert_eq!((last.rows.len(), last.rejected.len()), (0, 1));
    }
}
