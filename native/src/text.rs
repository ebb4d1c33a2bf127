//! The characters of JSON strings: escapes undone.

/// Append the characters of a string to UTF-8 bytes. `raw` stands between the quotes and was found valid.
pub fn unescape(raw: &[u8], into: &mut Vec<u8>) {
    let mut rest = raw;
    while let Some(at) = rest.iter().position(|&byte| byte == b'\\') {
        into.extend_from_slice(&rest[..at]);
        let escape = rest[at + 1];
        rest = &rest[at + 2..];
        match escape {
            b'b' => into.push(0x08),
            b'f' => into.push(0x0c),
            b'n' => into.push(b'\n'),
            b'r' => into.push(b'\r'),
            b't' => into.push(b'\t'),
            b'u' => {
                let (character, used) = unicode(rest);
                let mut buffer = [0; 4];
                into.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
                rest = &rest[used..];
            }
            itself => into.push(itself),
        }
    }
    into.extend_from_slice(rest);
}

/// The character of the escape whose hex digits stand first in `rest`, and how many bytes of it that takes.
fn unicode(rest: &[u8]) -> (char, usize) {
    let first = hex(&rest[..4]);
    if !(0xd800..0xdc00).contains(&first) {
        return (char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 4);
    }
    let second = hex(&rest[6..10]);
    let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
    (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 10)
}

fn hex(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |value, &digit| value << 4 | char::from(digit).to_digit(16).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unescaped(raw: &str) -> String {
        let mut into = Vec::new();
        unescape(raw.as_bytes(), &mut into);
        String::from_utf8(into).unwrap()
    }

    #[test]
    fn every_escape_is_undone() {
        assert_eq!(unescaped(r#"a\"\\\/\b\f\n\r\tz"#), "a\"\\/\u{8}\u{c}\n\r\tz");
        assert_eq!(unescaped(r"\u0041\u00e9\uD83D\ude00\u0000"), "A\u{e9}\u{1f600}\0");
    }
}
