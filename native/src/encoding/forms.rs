//! One event in each form in which events are told, as `transforms/sinks/json_text.py` has them.

use crate::encoding::instants::{self, rfc3339};
use crate::encoding::numbers::{self, double, integer};
use crate::encoding::sheet::{BETWEEN, Sheet};
use crate::views::{Events, Texts, Unfit};

const _: () = assert!(
    BETWEEN >= 2 * numbers::ROOM + br#"","meterValue":,"meterTimeInMillis":,"uniqueId":""#.len(),
    "between two strings there are two numbers and the text around them"
);
const _: () = assert!(
    BETWEEN >= instants::ROOM + numbers::ROOM + br#"","time":"","data":{"value":,"_"#.len(),
    "or a time and a number"
);

/// How an event is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The default schema.
    Meter,
    /// CloudEvents 1.0 in JSON (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md>).
    CloudEvents,
}

impl Form {
    /// The form of this name.
    pub fn named(name: &str) -> Option<Form> {
        match name {
            "meter" => Some(Form::Meter),
            "cloudevents" => Some(Form::CloudEvents),
            _ => None,
        }
    }

    /// Append an event.
    ///
    /// # Errors
    /// The value is not finite, a dimension is null, or the form cannot say the time.
    #[inline(always)]
    pub fn write(self, events: &Events<'_>, row: usize, sheet: &mut Sheet) -> Result<(), Unfit> {
        if !events.values.double(row).is_finite() {
            return Err(Unfit("meterValue has a value that is not finite".into()));
        }
        sheet.room(BETWEEN);
        match self {
            Form::Meter => meter(events, row, sheet),
            Form::CloudEvents => cloud(events, row, sheet),
        }
    }
}

#[inline(always)]
fn meter(events: &Events<'_>, row: usize, sheet: &mut Sheet) -> Result<(), Unfit> {
    sheet.put(br#"{"customerId":""#);
    text(&events.customers, row, sheet);
    sheet.put(br#"","meterApiName":""#);
    text(&events.meters, row, sheet);
    sheet.put(br#"","meterValue":"#);
    double(events.values.double(row), sheet);
    sheet.put(br#","meterTimeInMillis":"#);
    integer(events.times.integer(row), sheet);
    sheet.put(br#","uniqueId":""#);
    text(&events.ids, row, sheet);
    sheet.put(b"\"");
    let (first, stop) = events.dimensions.entries(row);
    if first < stop {
        sheet.put(br#","dimensions":{"#);
        entries(events, first..stop, sheet, |_| false)?;
        sheet.cut(1);
        sheet.put(b"}");
    }
    sheet.put(b"}");
    Ok(())
}

#[inline(always)]
fn cloud(events: &Events<'_>, row: usize, sheet: &mut Sheet) -> Result<(), Unfit> {
    sheet.put(br#"{"specversion":"1.0","id":""#);
    text(&events.ids, row, sheet);
    sheet.put(br#"","source":"meterbeam","type":""#);
    text(&events.meters, row, sheet);
    sheet.put(br#"","subject":""#);
    text(&events.customers, row, sheet);
    sheet.put(br#"","time":""#);
    let outside = || Unfit("meterTimeInMillis has a time outside of the years 1970 to 9999".into());
    rfc3339(events.times.integer(row), sheet).ok_or_else(outside)?;
    sheet.put(br#"","data":{"value":"#);
    double(events.values.double(row), sheet);
    sheet.put(b",");
    let (first, stop) = events.dimensions.entries(row);
    entries(events, first..stop, sheet, is_value)?;
    sheet.cut(1);
    sheet.put(b"}}");
    Ok(())
}

/// Whether a name would be taken for that of the value once its underscores are gone.
fn is_value(name: &[u8]) -> bool {
    name.strip_suffix(b"value").is_some_and(|before| before.iter().all(|&byte| byte == b'_'))
}

/// Append dimensions, each with a comma behind it, and an underscore before the names that are `marked`.
#[inline(always)]
fn entries(
    events: &Events<'_>,
    range: std::ops::Range<usize>,
    sheet: &mut Sheet,
    marked: impl Fn(&[u8]) -> bool,
) -> Result<(), Unfit> {
    let maps = &events.dimensions;
    for entry in range {
        if maps.items.is_null(entry) {
            return Err(Unfit("a value of dimensions is null".into()));
        }
        let (start, stop) = maps.keys.range(entry, entry + 1);
        sheet.put(b"\"");
        if marked(&maps.keys.data()[start..stop]) {
            sheet.put(b"_");
        }
        sheet.escaped(maps.keys.data(), start, stop);
        sheet.put(b"\":\"");
        text(&maps.items, entry, sheet);
        sheet.put(b"\",");
    }
    Ok(())
}

#[inline(always)]
fn text(texts: &Texts<'_>, row: usize, sheet: &mut Sheet) {
    let (start, stop) = texts.range(row, row + 1);
    sheet.escaped(texts.data(), start, stop);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_value_are_told() {
        for (name, expected) in [("value", true), ("__value", true), ("Value", false), ("a_value", false), ("", false)]
        {
            assert_eq!(is_value(name.as_bytes()), expected, "{name}");
        }
    }

    #[test]
    fn forms_have_names() {
        assert_eq!(Form::named("meter"), Some(Form::Meter));
        assert_eq!(Form::named("cloudevents"), Some(Form::CloudEvents));
        assert_eq!(Form::named("other"), None);
    }
}
