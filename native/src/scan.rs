//! Where the parts of a JSON text end: strings, numbers, literals, whole values. Strict RFC 8259.

/// The text is not what it should be here, or too deep, or odd; who asked has it looked at closer.
#[derive(Debug, PartialEq, Eq)]
pub struct Doubt;

/// The byte at `at`; 0, which may stand nowhere outside a string, behind the end.
#[inline(always)]
pub fn byte(text: &[u8], at: usize) -> u8 {
    text.get(at).copied().unwrap_or(0)
}

/// The first position from `at` on that is no blank.
#[inline(always)]
pub fn blanks(text: &[u8], mut at: usize) -> usize {
    while matches!(byte(text, at), b' ' | b'\t' | b'\n' | b'\r') {
        at += 1;
    }
    at
}

/// The inside of a string whose opening quote stands before `at`: where its closing quote is, and whether it has escapes.
///
/// # Errors
/// The position of what cannot stand there: a control character, the backslash of a bad escape, or the text's end.
#[inline]
pub fn string(text: &[u8], at: usize) -> Result<(usize, bool), usize> {
    let end = ordinary(text, at);
    if byte(text, end) == b'"' {
        return Ok((end, false));
    }
    with_escapes(text, end)
}

fn with_escapes(text: &[u8], mut at: usize) -> Result<(usize, bool), usize> {
    loop {
        match text.get(at) {
            Some(b'"') => return Ok((at, true)),
            Some(b'\\') => at = ordinary(text, at + escape(&text[at..]).ok_or(at)?),
            _ => return Err(at),
        }
    }
}

/// The length of the escape that the text begins with.
fn escape(text: &[u8]) -> Option<usize> {
    match text.get(1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(2),
        b'u' => match unit(text.get(2..6)?)? {
            0xd800..0xdc00 => {
                let low = text.get(6..12).filter(|low| low.starts_with(b"\\u"))?;
                matches!(unit(&low[2..])?, 0xdc00..0xe000).then_some(12)
            }
            0xdc00..0xe000 => None,
            _ => Some(6),
        },
        _ => None,
    }
}

fn unit(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |value, &digit| Some(value << 4 | char::from(digit).to_digit(16)?))
}

/// The first position from `at` on of a quote, a backslash or a control character, or the text's end.
#[inline]
pub(crate) fn ordinary(text: &[u8], mut at: usize) -> usize {
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2", not(miri), not(feature = "portable")))]
    {
        at = simd::ordinary(text, at);
    }
    #[cfg(not(all(target_arch = "x86_64", target_feature = "sse2", not(miri), not(feature = "portable"))))]
    {
        at = words::ordinary(text, at);
    }
    while at < text.len() && !special(text[at]) {
        at += 1;
    }
    at
}

#[inline(always)]
fn special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Sixteen bytes at a time.
#[cfg(all(target_arch = "x86_64", target_feature = "sse2", not(miri), not(feature = "portable")))]
mod simd {
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8,
    };

    /// A position from `at` on before which nothing is special: it is special itself, or near the end.
    #[inline(always)]
    pub fn ordinary(text: &[u8], mut at: usize) -> usize {
        while let Some(sixteen) = text.get(at..at + 16) {
            // SAFETY: sixteen is 16 bytes long, the load needs no alignment, and SSE2 is part of the target.
            let found = unsafe { special(_mm_loadu_si128(sixteen.as_ptr().cast::<__m128i>())) };
            if found != 0 {
                return at + found.trailing_zeros() as usize;
            }
            at += 16;
        }
        at
    }

    /// A bit for each byte that is special.
    #[inline(always)]
    fn special(bytes: __m128i) -> u32 {
        // SAFETY: only registers are touched, and SSE2 is part of the target.
        unsafe {
            let quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'"' as i8));
            let backslashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'\\' as i8));
            let controls = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
            _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quotes, backslashes), controls)) as u32
        }
    }
}

/// Eight bytes at a time, on any machine.
#[cfg(any(test, not(all(target_arch = "x86_64", target_feature = "sse2", not(miri), not(feature = "portable")))))]
mod words {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;

    /// A position from `at` on before which nothing is special: it is special itself, or near the end.
    #[inline(always)]
    pub fn ordinary(text: &[u8], mut at: usize) -> usize {
        while let Some(eight) = text.get(at..at + 8).and_then(|eight| eight.try_into().ok()) {
            let word = u64::from_le_bytes(eight);
            let quotes = zeros(word ^ (ONES * u64::from(b'"')));
            let backslashes = zeros(word ^ (ONES * u64::from(b'\\')));
            let controls = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
            let found = quotes | backslashes | controls;
            if found != 0 {
                return at + found.trailing_zeros() as usize / 8;
            }
            at += 8;
        }
        at
    }

    /// The high bit of each zero byte; above the lowest of them there may be false ones.
    #[inline(always)]
    fn zeros(word: u64) -> u64 {
        word.wrapping_sub(ONES) & !word & HIGHS
    }
}

/// The number at `at`, the longest that fits the grammar: where it ends, and whether it is digits only (and a sign).
#[inline]
pub fn number(text: &[u8], at: usize) -> Option<(usize, bool)> {
    let mut end = at + usize::from(byte(text, at) == b'-');
    match byte(text, end) {
        b'0' => end += 1,
        b'1'..=b'9' => end = digits(text, end),
        _ => return None,
    }
    let mut whole = true;
    if byte(text, end) == b'.' && byte(text, end + 1).is_ascii_digit() {
        whole = false;
        end = digits(text, end + 1);
    }
    if byte(text, end) | 0x20 == b'e' {
        let first = end + 1 + usize::from(matches!(byte(text, end + 1), b'+' | b'-'));
        if byte(text, first).is_ascii_digit() {
            whole = false;
            end = digits(text, first);
        }
    }
    Some((end, whole))
}

#[inline(always)]
fn digits(text: &[u8], mut at: usize) -> usize {
    while byte(text, at).is_ascii_digit() {
        at += 1;
    }
    at
}

/// The end of `true`, `false` or `null` at `at`.
#[inline]
pub fn literal(text: &[u8], at: usize) -> Option<usize> {
    let word: &[u8] = match byte(text, at) {
        b't' => b"true",
        b'f' => b"false",
        b'n' => b"null",
        _ => return None,
    };
    text[at..].starts_with(word).then_some(at + word.len())
}

/// The end of the scalar at `at`.
#[inline]
pub fn scalar(text: &[u8], at: usize) -> Result<usize, Doubt> {
    match byte(text, at) {
        b'"' => string(text, at + 1).map(|(end, _)| end + 1).map_err(|_| Doubt),
        b'-' | b'0'..=b'9' => number(text, at).map(|(end, _)| end).ok_or(Doubt),
        _ => literal(text, at).ok_or(Doubt),
    }
}

/// Passes over values of any kind.
#[derive(Debug)]
pub struct Skipper {
    depth: usize,
    open: Vec<u8>,
}

impl Skipper {
    /// One that takes so many levels of brackets.
    pub fn new(depth: usize) -> Skipper {
        Skipper { depth, open: Vec::new() }
    }

    /// How many levels of brackets are allowed.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// The end of the value at `at`, around which so many brackets are open.
    #[inline]
    pub fn skip(&mut self, text: &[u8], at: usize, level: usize) -> Result<usize, Doubt> {
        match byte(text, at) {
            b'{' | b'[' => self.nested(text, at, level),
            _ => scalar(text, at),
        }
    }

    fn nested(&mut self, text: &[u8], mut at: usize, level: usize) -> Result<usize, Doubt> {
        self.open.clear();
        loop {
            let bracket = byte(text, at);
            self.open.push(bracket);
            if level + self.open.len() > self.depth {
                return Err(Doubt);
            }
            at = blanks(text, at + 1);
            if byte(text, at) == bracket + 2 {
                at += 1;
                self.open.pop();
                match self.behind(text, at)? {
                    Next::Value(next) => at = next,
                    Next::End(end) => return Ok(end),
                }
            } else if bracket == b'{' {
                at = key(text, at)?;
            }
            while !matches!(byte(text, at), b'{' | b'[') {
                match self.behind(text, scalar(text, at)?)? {
                    Next::Value(next) => at = next,
                    Next::End(end) => return Ok(end),
                }
            }
        }
    }

    /// What comes behind a value that ends at `at`.
    #[inline]
    fn behind(&mut self, text: &[u8], mut at: usize) -> Result<Next, Doubt> {
        loop {
            let Some(&bracket) = self.open.last() else { return Ok(Next::End(at)) };
            at = blanks(text, at);
            if byte(text, at) == b',' {
                at = blanks(text, at + 1);
                return Ok(Next::Value(if bracket == b'{' { key(text, at)? } else { at }));
            }
            // In ASCII a closing bracket stands two behind its opening one.
            if byte(text, at) != bracket + 2 {
                return Err(Doubt);
            }
            self.open.pop();
            at += 1;
        }
    }
}

enum Next {
    Value(usize),
    End(usize),
}

/// The value behind the key at `at`.
#[inline]
fn key(text: &[u8], at: usize) -> Result<usize, Doubt> {
    if byte(text, at) != b'"' {
        return Err(Doubt);
    }
    let (end, _) = string(text, at + 1).map_err(|_| Doubt)?;
    colon(text, end + 1)
}

/// The value behind the colon that must come behind a key, which ends at `at`.
#[inline]
pub fn colon(text: &[u8], at: usize) -> Result<usize, Doubt> {
    let at = blanks(text, at);
    if byte(text, at) == b':' { Ok(blanks(text, at + 1)) } else { Err(Doubt) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skipped(text: &str) -> Option<usize> {
        Skipper::new(4).skip(text.as_bytes(), 0, 0).ok()
    }

    #[test]
    fn strings_end_at_their_quote() {
        assert_eq!(string(b"ab\"c", 0), Ok((2, false)));
        assert_eq!(string(br#"a\"b\u00e9\uD83D\uDE00" "#, 0), Ok((22, true)));
        for length in 0..70 {
            let text = format!("{}\"{}", "é".repeat(length), "x".repeat(40));
            assert_eq!(string(text.as_bytes(), 0), Ok((2 * length, false)));
        }
    }

    #[test]
    fn faults_of_strings_are_found() {
        for (text, at) in [
            ("abc", 3),
            ("a\u{1f}\"", 1),
            (r#"ab\x""#, 2),
            (r#"\u12g4""#, 0),
            (r#"a\ud800""#, 1),
            (r#"\ud800\u0041""#, 0),
            (r#"\udc00""#, 0),
            (r"ab\", 2),
            (r"ab\u00", 2),
        ] {
            assert_eq!(string(text.as_bytes(), 0), Err(at), "{text}");
        }
    }

    #[test]
    fn words_and_vectors_agree() {
        let mut text: Vec<u8> = (0..=255).flat_map(|byte| [byte, b'x']).collect();
        text.extend(vec![b'y'; 64]);
        for at in 0..text.len() {
            let by_words = words::ordinary(&text, at);
            let plain = (at..text.len()).find(|&here| special(text[here])).unwrap_or(text.len());
            assert!(by_words <= plain && text[by_words..plain].len() < 8, "{at}");
            assert_eq!(ordinary(&text, at), plain, "{at}");
        }
    }

    #[test]
    fn numbers_are_the_longest_that_fit() {
        for (text, end, whole) in [
            ("0", 1, true),
            ("-0 ", 2, true),
            ("01", 1, true),
            ("120", 3, true),
            ("1.", 1, true),
            ("1.50,", 4, false),
            ("1e", 1, true),
            ("1e+", 1, true),
            ("1E-7", 4, false),
            ("-2.5e+10]", 8, false),
        ] {
            assert_eq!(number(text.as_bytes(), 0), Some((end, whole)), "{text}");
        }
        for text in ["-", "+1", ".5", "", "x"] {
            assert_eq!(number(text.as_bytes(), 0), None, "{text}");
        }
    }

    #[test]
    fn values_are_passed_over() {
        for text in
            ["{}", "[]", r#"{"a":[1,{"b":null}],"c":"]"}"#, "[[[ ] ,\n[]]]", "true", "-1.5e3", r#"" ""#, "[{},{}]"]
        {
            assert_eq!(skipped(text), Some(text.len()), "{text}");
            assert_eq!(skipped(&format!("{text},")), Some(text.len()), "{text}");
        }
        for text in [
            "{",
            "[1,]",
            "[1 2]",
            "{\"a\"}",
            "{\"a\":1,}",
            "{a:1}",
            "[tru]",
            "[[[[[]]]]]",
            "[1}",
            "{]",
            "",
            "[,]",
            "[-]",
        ] {
            assert_eq!(skipped(text), None, "{text}");
        }
    }
}
