//! Where exactly a text stops being JSON; the rules are those of `transforms/formats/json/syntax.py`.

use crate::scan::{blanks, byte, literal, number, string};

/// Why and where a text is not the JSON that it should be.
#[derive(Debug, PartialEq, Eq)]
pub enum Fault {
    /// The byte there, or the end of the text, cannot stand there.
    Syntax(usize),
    /// The bracket there opens one level too many.
    TooDeep(usize),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Due {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    After,
}

/// The first fault of a text that should be one JSON value of at most `depth` levels.
pub fn find_fault(text: &[u8], depth: usize) -> Option<Fault> {
    let mut open: Vec<u8> = Vec::new();
    let (mut due, mut at) = (Due::Value, 0);
    loop {
        at = blanks(text, at);
        let fault = Some(Fault::Syntax(at));
        let found = byte(text, at);
        (due, at) = match due {
            Due::After if open.is_empty() => return if at == text.len() { None } else { fault },
            Due::After if found == b',' => (if open.last() == Some(&b'{') { Due::Key } else { Due::Value }, at + 1),
            Due::After if open.last().is_some_and(|bracket| found == bracket + 2) => {
                open.pop();
                (Due::After, at + 1)
            }
            Due::Colon if found == b':' => (Due::Value, at + 1),
            Due::KeyOrEnd if found == b'}' => {
                open.pop();
                (Due::After, at + 1)
            }
            Due::ValueOrEnd if found == b']' => {
                open.pop();
                (Due::After, at + 1)
            }
            Due::After | Due::Colon => return fault,
            Due::Key | Due::KeyOrEnd | Due::Value | Due::ValueOrEnd if found == b'"' => match string(text, at + 1) {
                Ok((end, _)) if matches!(due, Due::Key | Due::KeyOrEnd) => (Due::Colon, end + 1),
                Ok((end, _)) => (Due::After, end + 1),
                Err(inside) => return Some(Fault::Syntax(inside)),
            },
            Due::Key | Due::KeyOrEnd => return fault,
            Due::Value | Due::ValueOrEnd if matches!(found, b'{' | b'[') => {
                open.push(found);
                if open.len() > depth {
                    return Some(Fault::TooDeep(at));
                }
                (if found == b'{' { Due::KeyOrEnd } else { Due::ValueOrEnd }, at + 1)
            }
            Due::Value | Due::ValueOrEnd => match number(text, at).map(|(end, _)| end).or_else(|| literal(text, at)) {
                Some(end) => (Due::After, end),
                None => return fault,
            },
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_fault_is_told() {
        for (text, fault) in [
            ("", Fault::Syntax(0)),
            (" {\"a\":}", Fault::Syntax(6)),
            ("{\"a\":01}", Fault::Syntax(6)),
            ("{\"a\":1.}", Fault::Syntax(6)),
            ("{\"a\":1,}", Fault::Syntax(7)),
            ("{\"a\":tru}", Fault::Syntax(5)),
            ("{\"a\":\"x", Fault::Syntax(7)),
            ("{\"a\" 1}", Fault::Syntax(5)),
            ("{\"a\":1} {", Fault::Syntax(8)),
            ("[1 2]", Fault::Syntax(3)),
            ("[[[1]]]", Fault::TooDeep(2)),
            ("[1}", Fault::Syntax(2)),
            ("{1}", Fault::Syntax(1)),
            ("[1,]", Fault::Syntax(3)),
        ] {
            assert_eq!(find_fault(text.as_bytes(), 2), Some(fault), "{text}");
        }
        assert_eq!(find_fault(b" {\"a\":[1,null]} ", 2), None);
    }
}
