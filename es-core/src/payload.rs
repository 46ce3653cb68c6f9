//! The JSON text of an event, and the promise that what was written can be read.

use std::fmt;

use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use crate::error::{Cause, EncodeError};

/// How deep arrays and objects may nest. `serde_json` writes any depth but refuses to read 128.
const MAX_DEPTH: usize = 100;

/// JSON text that every store keeps as it was written and that can be read back.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload(Box<str>);

impl Payload {
    /// Encodes a value, and decodes the text once to be sure that it will be readable:
    /// one event that can be written but not read would stop every reader for ever.
    ///
    /// # Errors
    /// [`EncodeError`] when the value cannot be written as JSON, cannot be read back (a `NaN` in a plain `f64`, say),
    /// holds a NUL character, or nests more than 100 levels deep.
    pub fn encode<T: Serialize + DeserializeOwned>(value: &T) -> Result<Self, EncodeError> {
        Ok(Self::encode_and_read(value)?.0)
    }

    /// [`encode`](Self::encode), with the value as it will be read.
    pub(crate) fn encode_and_read<T: Serialize + DeserializeOwned>(
        value: &T,
    ) -> Result<(Self, T), EncodeError> {
        let text = serde_json::to_string(value).map_err(|e| EncodeError::Write(Cause::new(e)))?;
        inspect(&text)?;
        let read =
            serde_json::from_str(&text).map_err(|e| EncodeError::NotReadable(Cause::new(e)))?;
        Ok((Self(text.into()), read))
    }

    /// Takes JSON text from elsewhere (an import, a foreign writer), as it is.
    ///
    /// # Errors
    /// [`EncodeError`] when the text is not JSON, holds a NUL character, or nests more than 100 levels deep.
    pub fn from_json(text: impl Into<Box<str>>) -> Result<Self, EncodeError> {
        let text = text.into();
        inspect(&text)?;
        let readable = serde_json::from_str::<IgnoredAny>(&text).and_then(|_| {
            // What is ignored is not unescaped: half a surrogate pair would show only to those who read it.
            if text.contains("\\u") {
                serde_json::from_str::<Value>(&text).map(drop)
            } else {
                Ok(())
            }
        });
        readable.map_err(|e| EncodeError::NotReadable(Cause::new(e)))?;
        Ok(Self(text))
    }

    /// Text that a store has already accepted once; adapters only.
    #[doc(hidden)]
    pub fn trusted(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Decodes the text, without building a `serde_json::Value` on the way.
    ///
    /// # Errors
    /// What `serde_json` says of the text.
    #[inline]
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.0)
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One pass over the text: nesting, and `\u0000`, which PostgreSQL cannot hold in text.
pub(crate) fn inspect(json: &str) -> Result<(), EncodeError> {
    let bytes = json.as_bytes();
    if is_harmless(bytes) {
        return Ok(());
    }
    let (mut depth, mut in_string, mut at) = (0_usize, false, 0);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if in_string => {
                if bytes[at + 1..].starts_with(b"u0000") {
                    return Err(EncodeError::Nul { at });
                }
                at += 1; // whatever is escaped is not a quote that ends the string
            }
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(EncodeError::Depth { limit: MAX_DEPTH });
                }
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            0 => return Err(EncodeError::Nul { at }),
            _ => {}
        }
        at += 1;
    }
    Ok(())
}

/// Whether nothing can be wrong with a text, wherever its strings begin and end: almost every event is such. Without a
/// branch per byte, so that a large text costs little.
fn is_harmless(bytes: &[u8]) -> bool {
    let mut opened = 0;
    bytes.chunks(1024).all(|chunk| {
        let (mut opens, mut odd) = (0_u16, false);
        for &byte in chunk {
            opens += u16::from(matches!(byte, b'{' | b'['));
            odd |= matches!(byte, b'\\' | 0);
        }
        opened += usize::from(opens);
        !odd && opened <= MAX_DEPTH
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn text_is_kept_as_written() {
        let text = r#"{"b":1.10,"a":1E5,"big":9007199254740993}"#;
        assert_eq!(Payload::from_json(text).expect("valid").as_str(), text);
    }

    #[test]
    fn a_nul_is_refused_wherever_it_hides() {
        let refused = Payload::encode(&json!({ "name": "a\0b" })).unwrap_err();
        assert!(matches!(refused, EncodeError::Nul { .. }), "{refused}");
        assert!(Payload::encode(&json!({ "a\0": 1 })).is_err());
        assert!(Payload::from_json("\"a\0\"").is_err());
        // A backslash followed by `u0000` is six ordinary characters.
        assert!(Payload::encode(&json!({ "path": "C:\\u0000" })).is_ok());
        assert!(Payload::from_json(r#""\\\u0000""#).is_err());
    }

    #[test]
    fn nesting_beyond_what_can_be_read_is_refused() {
        let nested = |levels: usize| (1..levels).fold(json!([]), |inner, _| json!([inner]));
        assert!(Payload::encode(&nested(100)).is_ok());
        for levels in [101, 127, 128, 129] {
            let refused = Payload::encode(&nested(levels)).unwrap_err();
            assert!(matches!(refused, EncodeError::Depth { limit: 100 }), "{levels}: {refused}");
        }
        let hostile = "[".repeat(200_000);
        assert!(Payload::from_json(hostile).is_err());
        assert!(Payload::from_json(r#"["{[{[","]]"]"#).is_ok(), "brackets in text do not count");
        assert!(Payload::encode(&vec![json!([]); 5_000]).is_ok(), "nor do those side by side");
        let late = |deep: &str| format!("[{}{deep}]", "1,".repeat(5_000));
        assert!(inspect(&late(&format!("\"{}\"", "[".repeat(101)))).is_ok());
        assert!(matches!(inspect(&late(&"[".repeat(101))), Err(EncodeError::Depth { .. })));
        assert!(matches!(inspect(&late("\"\\u0000\"")), Err(EncodeError::Nul { .. })));
    }

    #[test]
    fn what_cannot_be_read_back_is_not_written() {
        let refused = Payload::encode(&f64::NAN).unwrap_err();
        assert!(matches!(refused, EncodeError::NotReadable(_)), "{refused}");
        assert!(Payload::from_json("{").is_err());
        assert!(Payload::from_json("\"a\\").is_err());
        assert!(Payload::from_json(r#"{"half":"\ud83e"}"#).is_err());
        assert!(Payload::from_json(r#"{"whole":"\ud83e\udd80"}"#).is_ok());
        assert!(Payload::encode(&Value::Null).is_ok());
    }
}
