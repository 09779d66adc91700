//! What came out.

use std::{fmt, time::Duration};

use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::Group;

/// The least that work which EXECUTE adds may charge, million gas a second.
const LEAST_MGAS: f64 = 100.0;
/// How much slower than on L1 opcodes may look before it is called so: noise of the measurement.
const NOISE: f64 = 1.1;

/// What one case came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row {
    /// The case.
    pub name: String,
    /// What it is held to.
    pub group: Option<Group>,
    /// Bytes of input.
    pub bytes: usize,
    /// Gas charged.
    pub gas: u64,
    /// Gas charged for the bytes alone.
    pub bytes_gas: u64,
    /// Time taken on its core, of the fastest run.
    pub time: Duration,
    /// Gas and time of the L1 transactions.
    pub l1: Option<(u64, Duration)>,
    /// What EXECUTE answered.
    pub answer: String,
}

impl Row {
    /// Charged gas, millions a second.
    pub fn mgas(&self) -> f64 {
        mgas(self.gas, self.time)
    }

    /// The same on L1.
    pub fn l1_mgas(&self) -> Option<f64> {
        self.l1.map(|(gas, time)| mgas(gas, time))
    }

    /// Whether the case keeps to what it is held to. Opcodes may take as long as on L1 and, for the
    /// witness they are read from, what its bytes pay for. What pays nothing is paid for by the call
    /// itself: the cases that call in a loop show it.
    pub fn holds(&self) -> bool {
        match (self.group, self.l1) {
            _ if self.bytes == 0 && self.gas == 0 => true,
            (Some(Group::Work), Some((gas, time))) => {
                let paid = as_f64(self.bytes_gas.min(self.gas.saturating_sub(gas)));
                self.time.as_secs_f64() <= time.as_secs_f64() * NOISE + paid / (LEAST_MGAS * 1e6)
            }
            (Some(_), _) => self.mgas() >= LEAST_MGAS,
            (None, _) => true,
        }
    }
}

#[allow(clippy::cast_precision_loss)]
const fn as_f64(gas: u64) -> f64 {
    gas as f64
}

fn mgas(gas: u64, time: Duration) -> f64 {
    as_f64(gas) / time.as_secs_f64().max(f64::MIN_POSITIVE) / 1e6
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut row = serializer.serialize_struct("Row", 8)?;
        row.serialize_field("name", &self.name)?;
        row.serialize_field("bytes", &self.bytes)?;
        row.serialize_field("gas_charged", &self.gas)?;
        row.serialize_field("ms", &(self.time.as_secs_f64() * 1e3))?;
        row.serialize_field("mgas_per_second", &self.mgas())?;
        row.serialize_field("l1_mgas_per_second", &self.l1_mgas())?;
        row.serialize_field("holds", &self.holds())?;
        row.serialize_field("answer", &self.answer)?;
        row.end()
    }
}

/// All rows.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Table {
    /// One for each case.
    pub rows: Vec<Row>,
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| case | bytes | gas charged | ms | Mgas/s | L1 Mgas/s | answer |")?;
        writeln!(f, "|---|---:|---:|---:|---:|---:|---|")?;
        for row in &self.rows {
            let mark = if row.holds() { "" } else { " **below**" };
            let l1 = row.l1_mgas().map_or(String::new(), |l1| format!("{l1:.0}"));
            writeln!(
                f,
                "| {} | {} | {} | {:.3} | {:.0}{mark} | {l1} | {} |",
                row.name,
                row.bytes,
                row.gas,
                row.time.as_secs_f64() * 1e3,
                row.mgas(),
                row.answer.replace('|', "/"),
            )?;
        }
        Ok(())
    }
}
