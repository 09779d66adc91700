//! Seeded mutation.

use crate::{
    dice::Dice,
    plant::{RLP, plant},
};

/// Values that lengths, offsets and counts break at.
const EDGES: [u32; 10] = [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x3ff, 0x400, 0x7fff_ffff, u32::MAX];
/// Most changes made to one input, and the longest piece that is moved, bytes.
const MOST_CHANGES: usize = 6;
const LONGEST_PIECE: usize = 200;

/// Changes inputs, the same way in every run that begins with the same seed.
#[derive(Debug, Clone)]
pub struct Mutator(Dice);

impl Mutator {
    /// The changes of a seed.
    pub const fn new(seed: u64) -> Self {
        Self(Dice::new(seed))
    }

    /// One of the corpus, with values planted where it is an input of EXECUTE, or changed in a few
    /// places whatever it is.
    pub fn mutate(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = self.pick(corpus);
        if !self.0.one_in(3)
            && let Some(planted) = plant(&mut self.0, &bytes)
        {
            return planted;
        }
        for _ in 0..=self.0.below(MOST_CHANGES) {
            self.change(&mut bytes, corpus);
        }
        bytes
    }

    fn pick(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        corpus.get(self.0.below(corpus.len())).cloned().unwrap_or_default()
    }

    fn change(&mut self, bytes: &mut Vec<u8>, corpus: &[Vec<u8>]) {
        let at = self.0.below(bytes.len());
        let end = at.saturating_add(self.0.below(LONGEST_PIECE)).min(bytes.len());
        match self.0.below(11) {
            0..=2 => {
                let bit = self.0.below(8);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << bit;
                }
            }
            3 => {
                let with = self.0.byte();
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = with;
                }
            }
            4 => {
                let edge = EDGES.get(self.0.below(EDGES.len())).copied().unwrap_or(0);
                put(bytes, at, &edge.to_le_bytes());
            }
            // An offset or a length a little off.
            5 => {
                let by = u32::from(self.0.byte() % 64);
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
                let to = self.0.below(bytes.len().saturating_add(1));
                bytes.splice(to..to, piece);
            }
            8 => {
                let other = self.pick(corpus);
                let from = self.0.below(other.len());
                let to = from.saturating_add(self.0.below(LONGEST_PIECE)).min(other.len());
                let piece = other.get(from..to).unwrap_or_default();
                put(bytes, at, piece);
            }
            9 => put(bytes, at, RLP.get(self.0.below(RLP.len())).copied().unwrap_or_default()),
            _ => {
                let piece: Vec<u8> = (at..end).map(|_| self.0.byte()).collect();
                bytes.splice(at..at, piece);
            }
        }
    }
}

/// An input of EXECUTE with values planted at which the rules branch, at most `most` bytes; `None`
/// where the bytes are no input, and half the time otherwise, so that other mutations have their
/// turn.
pub fn planted(bytes: &[u8], most: usize, seed: u64) -> Option<Vec<u8>> {
    let mut dice = Dice::new(seed);
    if dice.one_in(2) {
        return None;
    }
    plant(&mut dice, bytes).filter(|planted| planted.len() <= most)
}

/// Writes over what stands at a place, as far as there is something.
fn put(bytes: &mut [u8], at: usize, piece: &[u8]) {
    let to = bytes.get_mut(at..).unwrap_or_default();
    to.iter_mut().zip(piece).for_each(|(to, from)| *to = *from);
}
