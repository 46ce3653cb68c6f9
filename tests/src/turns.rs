//! Counts the round trips of a connection: what its client asks the server to answer.

use std::collections::HashMap;

/// The answers asked for, by the name of the application that asked.
pub(crate) type Turns = HashMap<String, u64>;

/// The requests of one connection, message by message.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    bytes: Vec<u8>,
    /// Set by the first message that is no question about encryption.
    application: Option<String>,
}

impl Requests {
    /// Notes what the client sends. A message may come in pieces.
    pub(crate) fn note(&mut self, bytes: &[u8], turns: &mut Turns) {
        self.bytes.extend_from_slice(bytes);
        while let Some((kind, message)) = self.next() {
            match (&self.application, kind) {
                (None, _) => self.application = application(&message),
                // Sync, and a query without preparation.
                (Some(application), b'S' | b'Q') => {
                    *turns.entry(application.clone()).or_default() += 1;
                }
                _ => {}
            }
        }
    }

    /// The next whole message: its kind, and what follows its length. The first ones have no kind.
    fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        let start = usize::from(self.application.is_some());
        let length = self.bytes.get(start..start + 4)?.try_into().map(u32::from_be_bytes).ok()?;
        let end = start + length as usize;
        if self.bytes.len() < end {
            return None;
        }
        let message: Vec<u8> = self.bytes.drain(..end).collect();
        Some((message[0], message[start + 4..].to_vec()))
    }
}

/// The name in the message that begins a session; `None` when it is another one.
fn application(message: &[u8]) -> Option<String> {
    let (version, settings) = message.split_at_checked(4)?;
    if version != 196_608_u32.to_be_bytes() {
        return None;
    }
    let texts: Vec<_> = settings.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
    let named = texts.chunks(2).find(|pair| pair[0] == "application_name");
    Some(named.and_then(|pair| pair.get(1)).map_or_else(String::new, ToString::to_string))
}
