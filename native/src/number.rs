//! JSON numbers as doubles and integers.

/// Powers of ten that are doubles.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// The double nearest to a JSON number, infinite where none is near.
///
/// Up to fifteen digits and a power of ten that is a double give one rounding, so no more work is due (W. D. Clinger,
/// How to read floating point numbers accurately, 1990); all else is left to the standard library, which is exact.
#[inline]
pub fn double(number: &[u8]) -> f64 {
    short(number).unwrap_or_else(|| exactly(number))
}

/// Whether a number has a minus, and what stands behind it.
#[inline(always)]
pub fn unsigned(number: &[u8]) -> (bool, &[u8]) {
    match number {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    }
}

#[inline]
fn short(number: &[u8]) -> Option<f64> {
    let (negative, digits) = unsigned(number);
    if digits.len() > 16 {
        return None;
    }
    let (mut value, mut point) = (0_u64, None);
    for (at, &byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => value = value * 10 + u64::from(byte - b'0'),
            b'.' => point = Some(at),
            _ => return None,
        }
    }
    if digits.len() == 16 && point.is_none() {
        return None;
    }
    let fraction = point.map_or(0, |at| digits.len() - at - 1);
    let result = value as f64 / POWERS[fraction];
    Some(if negative { -result } else { result })
}

#[cold]
fn exactly(number: &[u8]) -> f64 {
    std::str::from_utf8(number).ok().and_then(|text| text.parse().ok()).unwrap_or(f64::INFINITY)
}

/// Why a number is no 64-bit integer.
#[derive(Debug, PartialEq, Eq)]
pub enum NoInteger {
    /// It has a fraction.
    Fraction,
    /// It is too large.
    Range,
}

/// The value of a JSON number that is whole: exact where it is digits only, else that of the nearest double.
///
/// # Errors
/// The double has a fraction, or the value does not fit.
#[inline]
pub fn integer(number: &[u8], digits_only: bool) -> Result<i64, NoInteger> {
    if digits_only {
        return digits(number).ok_or(NoInteger::Range);
    }
    let value = double(number);
    if value.is_finite() && value.fract() != 0.0 {
        return Err(NoInteger::Fraction);
    }
    // 2^63 is a double, and the first that does not fit.
    const END: f64 = 9_223_372_036_854_775_808.0;
    if (-END..END).contains(&value) { Ok(value as i64) } else { Err(NoInteger::Range) }
}

#[inline]
fn digits(number: &[u8]) -> Option<i64> {
    let (negative, digits) = unsigned(number);
    if digits.len() > 18 {
        return std::str::from_utf8(number).ok()?.parse().ok();
    }
    let value = digits.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_the_nearest() {
        for text in [
            "0",
            "-0",
            "5",
            "0.1",
            "-7.25",
            "123456789012345",
            "1234567890123456",
            "0.1234567890123456",
            "1e400",
            "9007199254740993",
            "1.7976931348623157e308",
            "4.9e-324",
            "1e-400",
            "0.30000000000000004",
            "100000000.0000001",
        ] {
            let expected: f64 = text.parse().unwrap();
            assert_eq!(double(text.as_bytes()).to_bits(), expected.to_bits(), "{text}");
        }
    }

    #[test]
    fn integers_are_whole_and_fit() {
        assert_eq!(integer(b"-9223372036854775808", true), Ok(i64::MIN));
        assert_eq!(integer(b"-999999999999999999", true), Ok(-999_999_999_999_999_999));
        assert_eq!(integer(b"9223372036854775808", true), Err(NoInteger::Range));
        assert_eq!(integer(b"1.7e12", false), Ok(1_700_000_000_000));
        assert_eq!(integer(b"5.5", false), Err(NoInteger::Fraction));
        assert_eq!(integer(b"9.3e18", false), Err(NoInteger::Range));
        assert_eq!(integer(b"1e400", false), Err(NoInteger::Range));
        assert_eq!(integer(b"-0.0", false), Ok(0));
    }
}
