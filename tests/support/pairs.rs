//! What the loopback teacher says when it is to be sensible.

/// Writes a plausible pair about the words of a prompt; `nth` makes each one differ from the others in most of its words.
pub fn question_and_answer(prompt: &str, nth: usize) -> String {
    const ASKED: [&str; 8] = [
        "What should a beginner know about",
        "Why does it help to think early of",
        "How would you explain to a colleague",
        "When is it wise to look again at",
        "Which mistake is often made with",
        "Who ought to be told about",
        "Where would you start a review of",
        "What changes most from day to day in",
    ];
    const SAID: [&str; 8] = [
        "Begin with the plainest case, then add one condition at a time.",
        "Because a small delay there costs far more than a short check.",
        "Picture a full kettle: heat comes slowly and leaves slowly.",
        "Look twice whenever weather, people or plans have moved.",
        "Most people skip the second reading and trust their memory.",
        "Everyone who must act on it, in writing, before noon.",
        "Open the oldest note first, since later ones lean upon it.",
        "Quantities drift, names stay, and habits return by themselves.",
    ];
    let mut words: Vec<&str> = prompt
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| word.chars().count() > 4)
        .collect();
    words.dedup();
    // A fixed mixing of the counter: the same prompt and number always give the same text.
    let mixed = |salt: usize| nth.wrapping_mul(2_654_435_761).wrapping_add(salt.wrapping_mul(40_503)) >> 3;
    let word = |salt: usize| {
        if words.is_empty() {
            "this"
        } else {
            words[mixed(salt) % words.len()]
        }
    };
    let (asked, said) = (ASKED[nth % 8], SAID[(nth / 8 + nth) % 8]);
    format!(
        "[Question]\n{asked} {} and {} in case {}?\n[Answer]\n{said} In case {} this means {}, then {} and {}.",
        word(1),
        word(2),
        nth + 1,
        nth + 1,
        word(3),
        word(4),
        word(5)
    )
}
