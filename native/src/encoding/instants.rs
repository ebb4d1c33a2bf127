//! Times as RFC 3339 has them (<https://www.rfc-editor.org/rfc/rfc3339>): `2026-11-20T13:00:00.250Z`.

use crate::calendar::{DAY, date};
use crate::encoding::sheet::Sheet;

/// Room that the text of a time needs.
pub const ROOM: usize = 24;

/// The first millisecond behind the year 9999, which such a text cannot say.
const END: i64 = 253_402_300_800_000;

/// Append the time so many milliseconds after the start of 1970 in UTC; nothing, and `None`, outside of 1970 to 9999. There
/// must be `ROOM`.
#[inline]
pub fn rfc3339(millis: i64, sheet: &mut Sheet) -> Option<()> {
    if !(0..END).contains(&millis) {
        return None;
    }
    let (year, month, day) = date(millis / DAY);
    let (seconds, rest) = (millis % DAY / 1000, millis % 1000);
    let mut text: [u8; ROOM] = *b"0000-00-00T00:00:00.000Z";
    for (at, digits, number) in [
        (0, 4, year),
        (5, 2, month),
        (8, 2, day),
        (11, 2, seconds / 3600),
        (14, 2, seconds / 60 % 60),
        (17, 2, seconds % 60),
        (20, 3, rest),
    ] {
        let mut number = number;
        for digit in text[at..at + digits].iter_mut().rev() {
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
        }
    }
    sheet.put(&text);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(millis: i64) -> Option<String> {
        let mut sheet = Sheet::new(64);
        rfc3339(millis, &mut sheet)?;
        Some(String::from_utf8(sheet.into_bytes()).unwrap())
    }

    #[test]
    fn times_are_those_of_the_calendar() {
        for (millis, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (1_795_190_400_250, "2026-11-20T16:00:00.250Z"),
            (END - 1, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(text(millis).as_deref(), Some(expected));
        }
    }

    #[test]
    fn other_times_have_no_text() {
        for millis in [i64::MIN, -1, END, i64::MAX] {
            assert_eq!(text(millis), None);
        }
    }
}
