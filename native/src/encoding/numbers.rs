//! The text of numbers, by the rule at the head of `transforms/sinks/json_text.py`.

use crate::encoding::sheet::Sheet;
use crate::number::unsigned;

/// Room that the text of any number needs, and what is copied beyond it.
pub const ROOM: usize = 48;

/// From here on not every whole number is a double.
const EXACT: f64 = 9_007_199_254_740_992.0;

const PAIRS: [u8; 200] = pairs();

const fn pairs() -> [u8; 200] {
    let mut pairs = [b'0'; 200];
    let mut number = 0;
    while number < 100 {
        pairs[2 * number] = b'0' + (number / 10) as u8;
        pairs[2 * number + 1] = b'0' + (number % 10) as u8;
        number += 1;
    }
    pairs
}

/// Append an integer; there must be `ROOM`.
#[inline]
pub fn integer(value: i64, sheet: &mut Sheet) {
    // Digits are made from the last to the first; twenty bytes from the first on are then copied at once.
    let mut digits = [0; 40];
    let (mut first, mut rest) = (20, value.unsigned_abs());
    while rest >= 100 {
        let pair = (rest % 100) as usize * 2;
        rest /= 100;
        first -= 2;
        digits[first..first + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
    }
    if rest >= 10 {
        let pair = rest as usize * 2;
        first -= 2;
        digits[first..first + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
    } else {
        first -= 1;
        digits[first] = b'0' + rest as u8;
    }
    if value < 0 {
        first -= 1;
        digits[first] = b'-';
    }
    if let Some(text) = digits[first..].first_chunk::<20>() {
        sheet.put_first(text, 20 - first);
    }
}

/// Append a finite double; there must be `ROOM`.
#[inline]
pub fn double(value: f64, sheet: &mut Sheet) {
    if value.abs() < EXACT && value as i64 as f64 == value {
        return integer(value as i64, sheet);
    }
    let mut buffer = ryu::Buffer::new();
    let shortest = buffer.format_finite(value).as_bytes();
    // Here that is plain already.
    if (1e-5..1e10).contains(&value.abs()) { sheet.put_all(shortest) } else { laid_out(shortest, sheet) }
}

/// Append the number whose shortest digits these are, in any notation.
fn laid_out(shortest: &[u8], sheet: &mut Sheet) {
    let (negative, digits) = unsigned(shortest);
    let (mantissa, exponent) = match digits.iter().position(|&byte| byte == b'e') {
        Some(at) => (&digits[..at], signed(&digits[at + 1..])),
        None => (digits, 0),
    };
    let point = mantissa.iter().position(|&byte| byte == b'.').unwrap_or(mantissa.len());
    let power = exponent + point as i32 - 1;
    let (mut figures, mut count) = ([0; 24], 0);
    for &digit in mantissa.iter().filter(|&&byte| byte != b'.') {
        figures[count] = digit;
        count += 1;
    }
    while figures[count - 1] == b'0' {
        count -= 1;
    }
    if negative {
        sheet.put(b"-");
    }
    if power == -6 {
        sheet.put(b"0.00000");
        return sheet.put_all(&figures[..count]);
    }
    sheet.put(&[figures[0]]);
    if count > 1 {
        sheet.put(b".");
        sheet.put_all(&figures[1..count]);
    }
    sheet.put(if power < 0 { b"e-" } else { b"e+" });
    integer(i64::from(power.unsigned_abs()), sheet);
}

fn signed(digits: &[u8]) -> i32 {
    let (negative, digits) = unsigned(digits);
    let value = digits.iter().fold(0, |value, &digit| value * 10 + i32::from(digit - b'0'));
    if negative { -value } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Sheet)) -> String {
        let mut sheet = Sheet::new(ROOM);
        write(&mut sheet);
        String::from_utf8(sheet.into_bytes()).unwrap()
    }

    #[test]
    fn integers_are_their_digits() {
        let powers = (0..19).map(|power| 10_i64.pow(power));
        let near = powers.flat_map(|power| [power - 1, power, power + 1]);
        for value in near.chain([i64::MAX, i64::MIN + 1, i64::MIN, 1_700_000_000_000]) {
            for value in [value, value.wrapping_neg()] {
                assert_eq!(written(|sheet| integer(value, sheet)), value.to_string());
            }
        }
    }

    #[test]
    fn doubles_are_laid_out_by_the_rule() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (5.0, "5"),
            (-5.0, "-5"),
            (123.5, "123.5"),
            (0.1, "0.1"),
            (-0.000_012_5, "-0.0000125"),
            (1e-5, "0.00001"),
            (9.75e-6, "0.00000975"),
            (-1e-6, "-0.000001"),
            (9.999_999e-7, "9.999999e-7"),
            (1e-7, "1e-7"),
            (9_999_999_999.5, "9999999999.5"),
            (1e10, "10000000000"),
            (10_000_000_000.5, "1.00000000005e+10"),
            (-123_456_789_012.25, "-1.2345678901225e+11"),
            (9_007_199_254_740_991.0, "9007199254740991"),
            (9_007_199_254_740_992.0, "9.007199254740992e+15"),
            (-9_007_199_254_740_992.0, "-9.007199254740992e+15"),
            (1e16, "1e+16"),
            (1.5e300, "1.5e+300"),
            (5e-324, "5e-324"),
            (f64::MIN, "-1.7976931348623157e+308"),
            (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
        ] {
            assert_eq!(written(|sheet| double(value, sheet)), text);
        }
    }

    #[test]
    fn doubles_read_back() {
        let mut bits = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..if cfg!(miri) { 100 } else { 20_000 } {
            bits ^= bits << 13;
            bits ^= bits >> 7;
            bits ^= bits << 17;
            for value in [f64::from_bits(bits), (bits >> 20) as f64 / 1000.0, (bits >> 32) as f64 * 1e-14] {
                if value.is_finite() {
                    let text = written(|sheet| double(value, sheet));
                    assert_eq!(text.parse::<f64>().unwrap(), value, "{text}");
                }
            }
        }
    }
}
