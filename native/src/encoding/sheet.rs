//! Where text is written: bytes that grow, and strings with their escapes.

use crate::scan;

/// How many bytes are copied at a time; a copy may go this far beyond what is wanted.
const STEP: usize = 16;

/// Room that there is behind every string: what comes between two of them, numbers included, needs no other.
pub const BETWEEN: usize = 256;

/// Text that is being written. Whoever writes makes room first, and would panic without.
#[derive(Debug)]
pub struct Sheet {
    bytes: Vec<u8>,
    at: usize,
}

impl Sheet {
    /// An empty one with room for so many bytes.
    pub fn new(room: usize) -> Sheet {
        Sheet { bytes: vec![0; room], at: 0 }
    }

    /// How many bytes are written.
    #[inline(always)]
    pub fn written(&self) -> usize {
        self.at
    }

    /// What was written so far.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.at]
    }

    /// Begin anew.
    pub fn clear(&mut self) {
        self.at = 0;
    }

    /// What was written.
    pub fn into_bytes(mut self) -> Vec<u8> {
        self.bytes.truncate(self.at);
        self.bytes
    }

    /// Make room for so many bytes more.
    #[inline(always)]
    pub fn room(&mut self, bytes: usize) {
        if self.bytes.len() - self.at < bytes {
            self.grow(bytes);
        }
    }

    #[cold]
    fn grow(&mut self, bytes: usize) {
        self.bytes.resize((self.at + bytes).max(self.bytes.len() * 3 / 2), 0);
    }

    /// Append a text whose length is known when this is compiled, which costs a few moves.
    #[inline(always)]
    pub fn put<const N: usize>(&mut self, text: &[u8; N]) {
        self.put_first(text, N);
    }

    /// Append the first `len` of these bytes; there must be room for all of them.
    #[inline(always)]
    pub fn put_first<const N: usize>(&mut self, text: &[u8; N], len: usize) {
        self.bytes[self.at..self.at + N].copy_from_slice(text);
        self.at += len;
    }

    /// Append a text.
    #[inline]
    pub fn put_all(&mut self, text: &[u8]) {
        self.bytes[self.at..self.at + text.len()].copy_from_slice(text);
        self.at += text.len();
    }

    /// Take the last bytes back.
    #[inline(always)]
    pub fn cut(&mut self, bytes: usize) {
        self.at -= bytes;
    }

    /// Append `data[start..end]` as it stands between the quotes of a JSON string, and make room for it and `BETWEEN`.
    ///
    /// Sixteen bytes are copied while they are looked at, so short strings cost one copy and no call; what was copied
    /// from behind the end is overwritten by what comes next.
    #[inline]
    pub fn escaped(&mut self, data: &[u8], mut start: usize, end: usize) {
        self.room(end - start + BETWEEN);
        while start < end {
            let run = match data[start..].first_chunk::<STEP>() {
                Some(sixteen) => {
                    let run = scan::ordinary(sixteen, 0).min(end - start);
                    self.put_first(sixteen, run);
                    run
                }
                None => {
                    let run = scan::ordinary(&data[start..end], 0);
                    self.put_all(&data[start..start + run]);
                    run
                }
            };
            start += run;
            if run < STEP && start < end {
                self.escape(data[start], end - start);
                start += 1;
            }
        }
    }

    /// Append the escape of a byte; `rest` bytes of the string were not copied yet, with the byte itself.
    #[cold]
    fn escape(&mut self, byte: u8, rest: usize) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        self.room(6 + rest + BETWEEN);
        let short = match byte {
            b'"' | b'\\' => byte,
            0x08 => b'b',
            0x0c => b'f',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            control => {
                return self.put(&[
                    b'\\',
                    b'u',
                    b'0',
                    b'0',
                    HEX[usize::from(control >> 4)],
                    HEX[usize::from(control & 15)],
                ]);
            }
        };
        self.put(&[b'\\', short]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &[u8], start: usize, end: usize) -> Vec<u8> {
        let mut sheet = Sheet::new(0);
        sheet.escaped(text, start, end);
        sheet.into_bytes()
    }

    #[test]
    fn only_what_must_be_is_escaped() {
        let text = "\0\u{1}\u{8}\t\n\u{b}\u{c}\r\u{1f} !\"#/[\\]\u{7f}\u{80}é\u{1f600}".as_bytes();
        let expected = r##"\u0000\u0001\b\t\n\u000b\f\r\u001f !\"#/[\\]"##.to_owned() + "\u{7f}\u{80}é\u{1f600}";
        assert_eq!(escaped(text, 0, text.len()), expected.as_bytes());
    }

    #[test]
    fn every_range_is_that_range_wherever_escapes_lie() {
        const SIZE: usize = if cfg!(miri) { 20 } else { 40 };
        for special in (0..SIZE).step_by(if cfg!(miri) { 7 } else { 1 }) {
            let mut text = vec![b'x'; SIZE];
            text[special] = b'"';
            for start in 0..=SIZE {
                for end in start..=SIZE {
                    let plain = text[start..end].iter().flat_map(|&byte| match byte {
                        b'"' => vec![b'\\', b'"'],
                        _ => vec![byte],
                    });
                    assert_eq!(escaped(&text, start, end), plain.collect::<Vec<_>>());
                }
            }
        }
    }

    #[test]
    fn room_grows_where_all_is_escaped() {
        const ZEROS: usize = if cfg!(miri) { 200 } else { 5_000 };
        assert_eq!(escaped(&[0; ZEROS], 0, ZEROS), br"\u0000".repeat(ZEROS));
    }
}
