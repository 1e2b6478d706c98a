//! What each field is for, and a good example of it, for every kind of leaf.

/// What belongs into a field, with one that is good.
#[derive(Debug, Clone, Copy)]
pub(super) struct Meaning {
    pub help: &'static str,
    pub example: &'static str,
}

const fn meaning(help: &'static str, example: &'static str) -> Meaning {
    Meaning { help, example }
}

pub(super) const DOMAIN: Meaning = meaning(
    "The field of knowledge in a word or two, as a library would call it. The teacher is told.",
    "horticulture",
);
pub(super) const OUTLINE: Meaning = meaning(
    "One or two sentences on what the documents cover. The teacher reads them with every passage, so name the subject.",
    "How frost forms, what it does to garden plants, and how to protect them.",
);
pub(super) const TASK: Meaning = meaning(
    "What the teacher is to do, precisely: what comes in, what goes out, what to leave out.",
    "Turn a short note from a shop into a polite reply of two or three sentences. Promise nothing that is not in the note.",
);
pub(super) const TASK_WITH_CONTEXT: Meaning = meaning(
    "What the teacher is to do with a text, precisely: what comes in, what goes out, what to do when the text does not say.",
    "Answer a passenger from the text of a timetable. Use only this text, and say so when it does not hold the answer.",
);
pub(super) const CREATED_BY: Meaning = meaning(
    "Who wrote the seeds: a user name. Never a private address, since everybody can read this.",
    "gardens-team",
);
pub(super) const PASSAGE: Meaning = meaning(
    "A passage copied word for word from the documents. Take the passages of the examples from different parts, and let \
     each be long enough to answer three questions.",
    "Cold air is denser than warm air and flows downhill slowly. It collects in hollows and at the foot of slopes. Such a \
     place is called a frost pocket.",
);
pub(super) const CONTEXT: Meaning = meaning(
    "The text that this answer must rest on: a letter, a table, a timetable. Make each example's text another one.",
    "Bus 7 leaves the station at 6:40, 8:10 and 9:40. On Sundays the first bus leaves at 8:10.",
);
pub(super) const ASKED: Meaning = meaning(
    "A question that the passage alone answers, as a reader would ask it: one for a fact, one for a reason, one that \
     applies the text to a case.",
    "The forecast low is 4 °C on a clear, calm night. Are seedlings safe from frost?",
);
pub(super) const FACT: Meaning = meaning(
    "A full answer from the passage alone, in whole sentences, with the reason where there is one.",
    "No. Stations measure about two metres above the ground, and the air just above grass is often several degrees colder.",
);
pub(super) const QUESTION: Meaning = meaning(
    "What a person would ask or order, in their own words. Let the examples differ in subject, length and tone.",
    "How do I say this politely: no delivery today, comes Thursday?",
);
pub(super) const ANSWER: Meaning = meaning(
    "The answer you would want to read yourself, at its full length: samples are written in its manner.",
    "I am sorry, but your delivery cannot come today. It will reach you on Thursday. Thank you for your patience.",
);
pub(super) const WITH_CONTEXT: Meaning = meaning(
    "What a person would ask about the context, in their own words. Ask in one example what the context does not say.",
    "When must I leave the station to be at the hospital before 9:00 on Wednesday?",
);
pub(super) const UPON_CONTEXT: Meaning = meaning(
    "An answer that rests on the context alone and gives the reason found there.",
    "Leave at 8:10 at the latest. The next bus leaves at 9:40, which is too late.",
);
pub(super) const REPO: Meaning = meaning(
    "The git repository that holds the documents: an address that ends in .git, or a folder.",
    "https://github.com/gardens/frost.git",
);
pub(super) const COMMIT: Meaning = meaning(
    "The full 40-digit commit at which the documents are read, so that they stay the same.",
    "951999afdc59c46d325493568193b40bd5439c9e",
);
pub(super) const PATTERN: Meaning = meaning(
    "Which files of the repository to read; a star stands for any name.",
    "frost/*.md",
);
