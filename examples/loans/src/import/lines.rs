//! The lines of a file, plain or gzip, of bounded length.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use indicatif::ProgressBar;

use crate::parse::BadLine;

/// The longest line that is read, in bytes without the line end. Those of the log are shorter than 150.
pub(super) const MAX_LINE: usize = 64 * 1024;

/// What a gzip file begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A file, read line by line.
pub(super) struct Lines {
    input: Box<dyn BufRead + Send>,
    buffer: Vec<u8>,
    number: u64,
    /// Whether the rest of an overlong line still stands before the next one.
    inside: bool,
}

impl Lines {
    /// Opens a file and looks at its first bytes: what it is called does not matter.
    pub(super) fn open(path: &Path, progress: &ProgressBar) -> io::Result<Self> {
        let file = File::open(path)?;
        let meta = file.metadata()?;
        if meta.is_dir() {
            return Err(io::Error::from(io::ErrorKind::IsADirectory));
        }
        if meta.is_file() {
            progress.set_length(meta.len());
        }
        Self::of(progress.wrap_read(file))
    }

    fn of(mut raw: impl Read + Send + 'static) -> io::Result<Self> {
        let mut first = Vec::new();
        raw.by_ref().take(GZIP.len() as u64).read_to_end(&mut first)?;
        let gzip = first == GZIP;
        // Chained in front again rather than sought: the file may be a pipe.
        let whole = BufReader::with_capacity(64 * 1024, Cursor::new(first).chain(raw));
        let input: Box<dyn BufRead + Send> = if gzip {
            // Several members one after another, as `cat a.gz b.gz` makes them, are one log.
            Box::new(BufReader::with_capacity(64 * 1024, MultiGzDecoder::new(whole)))
        } else {
            Box::new(whole)
        };
        Ok(Self { input, buffer: Vec::new(), number: 0, inside: false })
    }

    /// How many lines were read.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    /// The next line, without its line end; `None` at the end of the file.
    pub(super) fn next(&mut self) -> io::Result<Option<Result<&[u8], BadLine>>> {
        if self.inside {
            self.input.skip_until(b'\n')?;
            self.inside = false;
        }
        self.buffer.clear();
        // One byte more than the longest line with the longest line end, to tell it from a longer one.
        let limit = MAX_LINE as u64 + 3;
        self.input.by_ref().take(limit).read_until(b'\n', &mut self.buffer)?;
        if self.buffer.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        let ended = self.buffer.last() == Some(&b'\n');
        let line = self.buffer.strip_suffix(b"\n").unwrap_or(&self.buffer);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() > MAX_LINE {
            self.inside = !ended;
            return Ok(Some(Err(BadLine::TooLong { limit: MAX_LINE })));
        }
        Ok(Some(Ok(line)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(file: Vec<u8>) -> Vec<Result<Vec<u8>, usize>> {
        let mut lines = Lines::of(Cursor::new(file)).unwrap();
        let mut all = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            all.push(line.map(<[u8]>::to_vec).map_err(|_| all.len()));
        }
        assert_eq!(lines.number(), all.len() as u64);
        all
    }

    #[test]
    fn line_ends_are_not_part_of_lines() {
        let all = lines(b"one\ntwo\r\n\nlast".to_vec());
        assert_eq!(all, [&b"one"[..], b"two", b"", b"last"].map(|line| Ok(line.to_vec())));
        assert!(lines(Vec::new()).is_empty());
        assert_eq!(lines(vec![GZIP[0]]), [Ok(vec![GZIP[0]])], "half a magic number is text");
    }

    #[test]
    fn the_longest_line_is_read_and_a_longer_one_is_passed_over() {
        for end in ["\n", "\r\n"] {
            for length in [MAX_LINE, MAX_LINE + 1, MAX_LINE + 2, MAX_LINE + 3, 5 * MAX_LINE] {
                let file = format!("a{end}{}{end}b{end}", "x".repeat(length));
                let middle = if length == MAX_LINE { Ok(vec![b'x'; length]) } else { Err(1) };
                let wanted = [Ok(b"a".to_vec()), middle, Ok(b"b".to_vec())];
                assert!(lines(file.into_bytes()) == wanted, "{length} bytes and {end:?}");
            }
        }
    }
}
