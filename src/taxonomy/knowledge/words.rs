//! Counts words in any script.

/// Counts words: runs between white space, each CJK character alone, and four letters of a script that puts no spaces between words
/// (Thai, Lao, Khmer, Burmese) as one.
pub fn count(text: &str) -> usize {
    let mut counter = Counter::default();
    text.chars().for_each(|c| counter.take(c));
    counter.words()
}

#[derive(Default)]
struct Counter {
    whole: usize,
    unspaced: usize,
    in_word: bool,
}

impl Counter {
    fn take(&mut self, c: char) {
        match script(c) {
            Script::Space => self.in_word = false,
            Script::Cjk => {
                self.whole += 1;
                self.in_word = false;
            }
            Script::Unspaced => {
                self.unspaced += 1;
                self.in_word = false;
            }
            Script::Punctuation => {}
            Script::Other => {
                self.whole += usize::from(!self.in_word);
                self.in_word = true;
            }
        }
    }

    fn words(&self) -> usize {
        self.whole + self.unspaced.div_ceil(4)
    }
}

enum Script {
    Space,
    Cjk,
    Unspaced,
    Punctuation,
    Other,
}

fn script(c: char) -> Script {
    match u32::from(c) {
        _ if c.is_whitespace() => Script::Space,
        _ if c.is_ascii_punctuation() => Script::Punctuation,
        // Punctuation of CJK texts is no word.
        0x3000..=0x3004 | 0x3008..=0x3020 | 0x3030 | 0xFF00..=0xFF0F | 0xFF1A..=0xFF20 | 0xFF3B..=0xFF40 => {
            Script::Punctuation
        }
        // Kana, Bopomofo, ideographs with their extensions, half-width Kana. Hangul is written with spaces.
        0x3005..=0x3007
        | 0x3021..=0x302F
        | 0x3031..=0x312F
        | 0x31A0..=0x31FF
        | 0x3400..=0x4DBF
        | 0x4E00..=0x9FFF
        | 0xF900..=0xFAFF
        | 0xFF66..=0xFF9D
        | 0x20000..=0x3FFFF => Script::Cjk,
        // Thai and Lao, Burmese, Khmer.
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF => Script::Unspaced,
        _ => Script::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_words_of_several_scripts() {
        assert_eq!(count(""), 0);
        assert_eq!(count("Wet ground gives off heat."), 5);
        assert_eq!(count("don't — stop"), 3);
        assert_eq!(count("- | **"), 0);
        assert_eq!(count("霜が降りる。"), 5);
        assert_eq!(count("서리가 내린다"), 2);
        assert_eq!(count("GPT模型3个"), 5);
        assert_eq!(count("น้ำค้างแข็ง"), 3);
        assert_eq!(count("мороз ночью"), 2);
    }
}
