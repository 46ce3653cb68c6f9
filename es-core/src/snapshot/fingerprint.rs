//! A number for the shape of a state, computed when the program is compiled.

use std::fmt;

/// Stands for the shape of a state: snapshots with another one are passed over.
///
/// ```
/// use es_core::Fingerprint;
/// const BY_TEXT: Fingerprint = Fingerprint::of("account: owner, balance");
/// const WITH_PARTS: Fingerprint = BY_TEXT.and(Fingerprint::of("money: cents"));
/// assert_ne!(BY_TEXT, WITH_PARTS);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(u64);

// FNV-1a: simple enough for const evaluation, and the same on every machine and with every compiler.
const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

impl Fingerprint {
    /// The number `n`.
    pub const fn new(n: u64) -> Self {
        Self(n)
    }

    /// That of a text: a description of the shape, which is changed with it.
    pub const fn of(text: &str) -> Self {
        Self(hash(BASIS, text.as_bytes()))
    }

    /// That of this shape with `part` in it; the order counts.
    #[must_use]
    pub const fn and(self, part: Self) -> Self {
        Self(hash(self.0, &part.0.to_le_bytes()))
    }

    /// The number itself.
    pub const fn get(self) -> u64 {
        self.0
    }
}

pub(super) const fn hash(mut state: u64, bytes: &[u8]) -> u64 {
    let mut at = 0;
    while at < bytes.len() {
        state = (state ^ bytes[at] as u64).wrapping_mul(PRIME);
        at += 1;
    }
    state
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Fingerprint;

    #[test]
    fn it_is_that_of_the_published_algorithm() {
        assert_eq!(Fingerprint::of("").get(), 0xcbf2_9ce4_8422_2325);
        assert_eq!(Fingerprint::of("foobar").get(), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn the_order_of_parts_counts() {
        let [a, b] = ["a", "b"].map(Fingerprint::of);
        assert_ne!(a.and(b), b.and(a));
        assert_ne!(a.and(b), a);
    }

    #[test]
    fn it_is_shown_as_the_number_in_hexadecimal() {
        assert_eq!(format!("{:?}", Fingerprint::new(255)), "Fingerprint(00000000000000ff)");
    }
}
