//! What a program that does not compile is told by const evaluation: a sentence that names what is wrong.

/// A sentence under construction. What does not fit is cut off.
#[derive(Debug)]
pub(crate) struct Message {
    bytes: [u8; Self::MAX],
    len: usize,
}

impl Message {
    const MAX: usize = 4096;

    /// Nothing yet.
    pub(crate) const fn new() -> Self {
        Self { bytes: [0; Self::MAX], len: 0 }
    }

    /// The sentence so far and `part`.
    pub(crate) const fn and(mut self, part: &str) -> Self {
        let (part, mut at) = (part.as_bytes(), 0);
        while at < part.len() && self.len < Self::MAX {
            self.bytes[self.len] = part[at];
            self.len += 1;
            at += 1;
        }
        self
    }

    /// The sentence so far and all `parts`.
    pub(crate) const fn and_all(mut self, parts: &[&str]) -> Self {
        let mut at = 0;
        while at < parts.len() {
            self = self.and(parts[at]);
            at += 1;
        }
        self
    }

    /// The sentence.
    pub(crate) const fn text(&self) -> &str {
        let (mut bytes, _) = self.bytes.split_at(self.len);
        loop {
            match core::str::from_utf8(bytes) {
                Ok(text) => return text,
                // Only a character that was cut off can be wrong.
                Err(error) => (bytes, _) = bytes.split_at(error.valid_up_to()),
            }
        }
    }

    /// Refuses the program with the sentence.
    #[track_caller]
    pub(crate) const fn fail(&self) -> ! {
        panic!("{}", self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::Message;

    #[test]
    fn parts_are_joined() {
        let message = Message::new().and_all(&["`", "größe", "` is"]).and(" known");
        assert_eq!(message.text(), "`größe` is known");
    }

    #[test]
    fn what_does_not_fit_is_cut_between_two_characters() {
        let long = "ß".repeat(Message::MAX);
        let message = Message::new().and("x").and(&long);
        assert_eq!(message.text().chars().count(), Message::MAX / 2);
        assert!(message.text().ends_with('ß'));
    }
}
