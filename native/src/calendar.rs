//! The Gregorian calendar: dates and days since 1970.
//!
//! Years are counted from March here, so that the leap day is the last one of a year; see `days_from_civil` and its
//! inverse in <https://howardhinnant.github.io/date_algorithms.html>.

/// Milliseconds.
pub const DAY: i64 = 86_400_000;

/// Days of a month.
#[inline]
pub fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970 of a date from the year 1 on.
#[inline]
pub fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month > 2 { year } else { year - 1 };
    let from_march = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    365 * year + year / 4 - year / 100 + year / 400 + of_year - 719_468
}

/// Year, month and day of the month, so many days after the first of 1970 in the Gregorian calendar.
pub fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468; // since the first of March of the year 0
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_day_follows_the_one_before() {
        let mut expected = days(1, 1, 1);
        for year in 1..if cfg!(miri) { 9 } else { 10_000 } {
            for month in 1..=12 {
                for day in 1..=days_of(year, month) {
                    assert_eq!(days(year, month, day), expected);
                    expected += 1;
                }
            }
        }
    }

    #[test]
    fn dates_are_days_back() {
        let (first, end) = if cfg!(miri) { (0, 2_000) } else { (-719_162, 2_932_897) };
        for number in first..end {
            let (year, month, day) = date(number);
            assert_eq!(days(year, month, day), number);
        }
    }
}
