//! Seeded mutation.

/// Values that lengths, offsets and counts break at.
const EDGES: [u32; 10] = [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x3ff, 0x400, 0x7fff_ffff, u32::MAX];
/// Most changes made to one input, and the longest piece that is moved, bytes.
const MOST_CHANGES: usize = 6;
const LONGEST_PIECE: usize = 200;

/// Changes inputs, the same way in every run that begins with the same seed.
#[derive(Debug, Clone)]
pub struct Mutator(u64);

impl Mutator {
    /// The changes of a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number (splitmix64).
    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % bound).unwrap_or(0)
    }

    fn byte(&mut self) -> u8 {
        let [byte, ..] = self.next().to_le_bytes();
        byte
    }

    /// One of the corpus, changed in a few places.
    pub fn mutate(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = self.pick(corpus);
        for _ in 0..=self.below(MOST_CHANGES) {
            self.change(&mut bytes, corpus);
        }
        bytes
    }

    fn pick(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        corpus.get(self.below(corpus.len())).cloned().unwrap_or_default()
    }

    fn change(&mut self, bytes: &mut Vec<u8>, corpus: &[Vec<u8>]) {
        let at = self.below(bytes.len());
        let end = at.saturating_add(self.below(LONGEST_PIECE)).min(bytes.len());
        match self.below(10) {
            0..=2 => {
                let bit = self.below(8);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << bit;
                }
            }
            3 => {
                let with = self.byte();
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = with;
                }
            }
            4 => {
                let edge = EDGES.get(self.below(EDGES.len())).copied().unwrap_or(0);
                put(bytes, at, &edge.to_le_bytes());
            }
            // An offset or a length a little off.
            5 => {
                let by = u32::from(self.byte() % 64);
                let read = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>()).copied();
                if let Some(old) = read {
                    let moved = u32::from_le_bytes(old).wrapping_add(by).wrapping_sub(32);
                    put(bytes, at, &moved.to_le_bytes());
                }
            }
            6 => {
                bytes.drain(at..end);
            }
            7 => {
                let piece = bytes.get(at..end).unwrap_or_default().to_vec();
                let to = self.below(bytes.len().saturating_add(1));
                bytes.splice(to..to, piece);
            }
            8 => {
                let other = self.pick(corpus);
                let from = self.below(other.len());
                let to = from.saturating_add(self.below(LONGEST_PIECE)).min(other.len());
                let piece = other.get(from..to).unwrap_or_default();
                put(bytes, at, piece);
            }
            _ => {
                let piece: Vec<u8> = (at..end).map(|_| self.byte()).collect();
                bytes.splice(at..at, piece);
            }
        }
    }
}

/// Writes over what stands at a place, as far as there is something.
fn put(bytes: &mut [u8], at: usize, piece: &[u8]) {
    let to = bytes.get_mut(at..).unwrap_or_default();
    to.iter_mut().zip(piece).for_each(|(to, from)| *to = *from);
}
