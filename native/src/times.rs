//! Texts to times, as RFC 3339 has them (<https://www.rfc-editor.org/rfc/rfc3339#section-5.6>). The reference is
//! `transforms/mapping/times/rfc3339.py`, which says what is a time and what a zone.

use crate::calendar::{DAY, days, days_of};
use crate::views::Texts;

/// Of `YYYY-MM-DDThh:mm:ss`, which is where all begin.
const CLOCK_END: usize = 19;

const NONE: u8 = 0;
const UTC: u8 = 1;
const LOCAL: u8 = 2;

/// For each row milliseconds since 1970 as bytes in the machine's order, and whether it is a time: 0 no, 1 yes, 2 yes,
/// but on the clock of a zone that it does not say.
pub fn rfc3339(texts: &Texts<'_>, rows: usize) -> (Vec<u8>, Vec<u8>) {
    let (mut millis, mut zones) = (Vec::with_capacity(rows * 8), Vec::with_capacity(rows));
    for row in 0..rows {
        let (start, end) = texts.range(row, row + 1);
        let found = if texts.is_null(row) { None } else { time(&texts.data()[start..end]) };
        let (time, zone) = found.unwrap_or((0, NONE));
        millis.extend_from_slice(&time.to_ne_bytes());
        zones.push(zone);
    }
    (millis, zones)
}

/// Milliseconds since 1970 and the zone of a text; what a fraction has beyond milliseconds is cut off.
#[inline]
fn time(text: &[u8]) -> Option<(i64, u8)> {
    let (start, rest) = text.split_first_chunk::<CLOCK_END>()?;
    let (fraction, shift, zone) = zoned(rest)?;
    Some((clock(start)? + thousandths(fraction)? - shift, zone))
}

/// The part before a zone, the zone's milliseconds ahead of UTC, and which kind it is.
#[inline]
fn zoned(rest: &[u8]) -> Option<(&[u8], i64, u8)> {
    if let [fraction @ .., b'Z' | b'z'] = rest {
        return Some((fraction, 0, UTC));
    }
    let [fraction @ .., sign @ (b'+' | b'-'), a, b, b':', c, d] = rest else { return Some((rest, 0, LOCAL)) };
    let (hours, minutes) = (pair(*a, *b)?, pair(*c, *d)?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let shift = (hours * 60 + minutes) * 60_000;
    Some((fraction, if *sign == b'-' { -shift } else { shift }, UTC))
}

/// The milliseconds of a point and digits, or of nothing.
#[inline]
fn thousandths(fraction: &[u8]) -> Option<i64> {
    let digits = match fraction {
        [] => return Some(0),
        [b'.', digits @ ..] if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) => digits,
        _ => return None,
    };
    let place = |at: usize| digits.get(at).map_or(0, |digit| i64::from(digit - b'0'));
    Some(place(0) * 100 + place(1) * 10 + place(2))
}

/// Milliseconds since 1970 of `YYYY-MM-DDThh:mm:ss` in UTC, the years from 1 on.
#[inline]
fn clock(text: &[u8; CLOCK_END]) -> Option<i64> {
    let number = |at: usize| pair(text[at], text[at + 1]);
    let (year, month, day) = (number(0)? * 100 + number(2)?, number(5)?, number(8)?);
    let (hour, minute, second) = (number(11)?, number(14)?, number(17)?);
    let marks = text[4] == b'-'
        && text[7] == b'-'
        && matches!(text[10], b'T' | b't' | b' ')
        && text[13] == b':'
        && text[16] == b':';
    let exists = year > 0 && (1..=12).contains(&month) && day > 0 && day <= days_of(year, month);
    if !(marks && exists && hour < 24 && minute < 60 && second < 60) {
        return None;
    }
    Some(days(year, month, day) * DAY + (hour * 3600 + minute * 60 + second) * 1000)
}

#[inline]
fn pair(tens: u8, ones: u8) -> Option<i64> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then_some(i64::from(tens) * 10 + i64::from(ones))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", (0, UTC)),
            ("2000-02-29t00:00:00.5z", (951_782_400_500, UTC)),
            ("2100-03-01 00:00:00", (4_107_542_400_000, LOCAL)),
            ("2026-11-20T17:00:00.2509+01:00", (1_795_190_400_250, UTC)),
            ("2026-11-20T15:30:00.25-00:30", (1_795_190_400_250, UTC)),
            ("0001-01-01T00:00:00Z", (-62_135_596_800_000, UTC)),
            ("9999-12-31T23:59:59.99999999999Z", (253_402_300_799_999, UTC)),
        ] {
            assert_eq!(time(text.as_bytes()), Some(expected), "{text}");
        }
    }

    #[test]
    fn others_are_none() {
        for text in [
            "",
            "2026-11-20",
            "0000-01-01T00:00:00Z",
            "2023-02-29T00:00:00Z",
            "2023-13-01T00:00:00Z",
            "2023-01-01T24:00:00Z",
            "2023-01-01T23:59:60Z",
            "2023-01-01T23:59:59.Z",
            "2023-01-01T23:59:59,5Z",
            "2023-01-01T23:59:59.5xZ",
            "2023-01-01T23:59:59+24:00",
            "2023-01-01T23:59:59+0100",
            "2023-01-01_23:59:59Z",
            "2023-01-0/T23:59:59Z",
            "2023-01-01T23:59:59ZZ",
            "２２2023-01-01T23:59:59Z",
        ] {
            assert_eq!(time(text.as_bytes()), None, "{text}");
        }
    }
}
