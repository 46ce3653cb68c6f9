//! Names as they are stored: of events, and of the categories that streams belong to.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::error::Invalid;

/// The longest name that is accepted, in bytes.
pub(crate) const MAX_NAME: usize = 512;

/// The one rule for names: 1 to 512 bytes, no control characters; kept verbatim, never normalised. `const`, so that a
/// type's own name is judged when the program is compiled, and not at every event.
pub(crate) const fn fits(name: &str) -> bool {
    let bytes = name.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        // The control characters: U+0000 to U+001F, U+007F, and U+0080 to U+009F, which are C2 80 to C2 9F.
        let after_c2 = at > 0 && bytes[at - 1] == 0xC2;
        if bytes[at] < 0x20 || bytes[at] == 0x7F || (after_c2 && bytes[at] < 0xA0) {
            return false;
        }
        at += 1;
    }
    !bytes.is_empty() && bytes.len() <= MAX_NAME
}

/// What is wrong with a name that does not fit.
pub(crate) fn check(kind: &'static str, name: &str) -> Result<(), Invalid> {
    if fits(name) {
        return Ok(());
    }
    if name.is_empty() {
        return Err(Invalid::EmptyName { kind });
    }
    if name.len() > MAX_NAME {
        return Err(Invalid::LongName { kind, bytes: name.len(), limit: MAX_NAME });
    }
    Err(Invalid::ControlInName { kind, name: name.escape_debug().to_string() })
}

/// Text that costs nothing to copy: events carry two names each, and those of a log are few.
#[derive(Clone)]
enum Text {
    Static(&'static str),
    Shared(Arc<str>),
}

impl Text {
    #[inline]
    fn as_str(&self) -> &str {
        match self {
            Self::Static(text) => text,
            Self::Shared(text) => text,
        }
    }
}

impl From<Cow<'static, str>> for Text {
    fn from(text: Cow<'static, str>) -> Self {
        match text {
            Cow::Borrowed(text) => Self::Static(text),
            Cow::Owned(text) => Self::Shared(text.into()),
        }
    }
}

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        ///
        /// 1 to 512 bytes without control characters, kept verbatim: no trimming, no change of case. Copies share the text.
        #[derive(Clone)]
        pub struct $name(Text);

        impl $name {
            /// Checks and takes a name.
            ///
            /// # Errors
            /// [`Invalid`] when the name is empty, longer than 512 bytes or holds a control character.
            pub fn new(name: impl Into<Cow<'static, str>>) -> Result<Self, Invalid> {
                let name = name.into();
                check($kind, &name)?;
                Ok(Self(name.into()))
            }

            /// A name that [`fits`]: whoever calls it has asked, at best in const evaluation.
            pub(crate) const fn of_checked(name: &'static str) -> Self {
                Self(Text::Static(name))
            }

            /// The name as it is stored.
            #[inline]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.as_str() == other.as_str()
            }
        }

        impl Eq for $name {}

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> Ordering {
                self.as_str().cmp(other.as_str())
            }
        }

        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.as_str().hash(state);
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self.as_str(), f)
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.as_str() == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.as_str() == *other
            }
        }
    };
}

name_type! {
    /// The stored name of an event, such as `money-deposited`.
    EventName, "event name"
}
name_type! {
    /// The kind of thing a stream is about, such as `bank-account`: an aggregate's stored name.
    Category, "category"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_names_are_kept_verbatim() {
        for name in ["a/../b", "it's \"quoted\"", "100%", "_", "größe", "🦀", "trailing ", "ABC"]
        {
            assert_eq!(EventName::new(name.to_owned()).expect("accepted").as_str(), name);
        }
        assert!(Category::new("x".repeat(512)).is_ok());
    }

    #[test]
    fn the_rule_in_bytes_is_the_rule_in_characters() {
        for code in 0..=0x3000 {
            let Some(character) = char::from_u32(code) else { continue };
            for name in [format!("{character}"), format!("é{character}x"), format!("a{character}")]
            {
                assert_eq!(fits(&name), !character.is_control(), "{code:x}");
            }
        }
    }

    #[test]
    fn names_that_break_the_rule_are_refused_by_name() {
        assert_eq!(EventName::new("").unwrap_err().to_string(), "the event name is empty");
        assert_eq!(
            Category::new("x".repeat(513)).unwrap_err().to_string(),
            "the category is 513 bytes long, the limit is 512"
        );
        assert_eq!(
            EventName::new("nul\0").unwrap_err().to_string(),
            "the event name `nul\\0` holds a control character"
        );
    }
}
