//! Streams of JSON objects, one after the other.

use crate::scan::{Skipper, byte};

/// Brackets that may be open; what nests deeper is looked at slowly.
const DEPTH: usize = 1024;

/// Where the objects start and end that stand one after the other from `at` on, up to the first place with none that is
/// valid JSON. Between two there may be blanks and record separators.
pub fn whole_objects(text: &[u8], mut at: usize) -> (Vec<i64>, Vec<i64>) {
    let (mut starts, mut ends) = (Vec::new(), Vec::new());
    let mut skipper = Skipper::new(DEPTH);
    loop {
        while matches!(byte(text, at), b' ' | b'\t' | b'\n' | b'\r' | 0x1e) {
            at += 1;
        }
        if byte(text, at) != b'{' {
            return (starts, ends);
        }
        let Ok(end) = skipper.skip(text, at, 0) else { return (starts, ends) };
        starts.push(at as i64);
        ends.push(end as i64);
        at = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_end_where_the_next_ones_begin() {
        let text = b" {\"a\":\"}{\"}{}\n\x1e{\"b\":\n[{}]}{\"c\":";
        assert_eq!(whole_objects(text, 0), (vec![1, 11, 15], vec![11, 13, 26]));
        assert_eq!(whole_objects(text, 11), (vec![11, 15], vec![13, 26]));
    }

    #[test]
    fn what_is_no_object_ends_them() {
        for text in ["[{}]", "{}, {}", "{} 5 {}", "{}{]", "{}{\"a\":1,}", "{}\"", "{}\0{}"] {
            assert_eq!(whole_objects(text.as_bytes(), 0).0.len(), usize::from(text.starts_with('{')), "{text}");
        }
        assert_eq!(whole_objects(b"{}", 9), (vec![], vec![]));
    }
}
