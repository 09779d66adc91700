//! One hostile thing to do.

use std::fmt;

use bough_execute::{Execute, L1Block};
use bough_stf::{ExtraPrecompiles, ForkSchedule};

use crate::{Call, Forge, ForgeError, Forged, TIMESTAMP};

/// What a case is held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Work that EXECUTE adds: at least 100 million charged gas a second.
    Added,
    /// Opcodes and precompiles: no slower than in an L1 transaction.
    Work,
}

/// One call of EXECUTE.
#[derive(Debug, Clone)]
pub struct Input {
    /// What it is given.
    pub bytes: Vec<u8>,
    /// Its gas; the least that gets the same answer where there is none.
    pub gas: Option<u64>,
    /// The L1 block it is in.
    pub l1: L1Block,
    /// L1's forks.
    pub schedule: ForkSchedule,
}

impl Input {
    /// A call for the least gas, in an L1 block of the same time and fork as a forged block.
    pub fn new(forged: &Forged) -> Result<Self, ForgeError> {
        Ok(Self::of_bytes(forged.bytes()?, ForkSchedule::always(forged.fork)))
    }

    /// The same for any bytes.
    pub fn of_bytes(bytes: Vec<u8>, schedule: ForkSchedule) -> Self {
        Self { bytes, gas: None, l1: L1Block { number: 1, timestamp: TIMESTAMP }, schedule }
    }

    /// EXECUTE as that L1 has it.
    pub fn execute(&self) -> Execute {
        Execute::new(self.schedule.clone())
    }
}

/// Transactions of an L1 block.
#[derive(Debug, Clone)]
pub struct Work {
    /// The chain.
    pub forge: Forge,
    /// The transactions.
    pub calls: Vec<Call>,
    /// The chain's own precompiles.
    pub extra: ExtraPrecompiles,
}

/// What a case does: calls EXECUTE, runs L1 transactions, or both to be compared.
#[derive(Debug, Clone, Default)]
pub struct Prepared {
    /// The call of EXECUTE.
    pub input: Option<Input>,
    /// The L1 transactions.
    pub on_l1: Option<Work>,
}

impl Prepared {
    /// Only a call.
    pub const fn call(input: Input) -> Self {
        Self { input: Some(input), on_l1: None }
    }

    /// A block that EXECUTE checks, and its transactions on L1.
    pub fn both(forge: Forge, calls: Vec<Call>) -> Result<Self, ForgeError> {
        let input = Input::new(&forge.block(&calls)?)?;
        let extra = ExtraPrecompiles::none();
        Ok(Self { input: Some(input), on_l1: Some(Work { forge, calls, extra }) })
    }
}

type Make = dyn Fn() -> Result<Prepared, ForgeError> + Send + Sync;

/// A hostile input by name, made when it is needed.
pub struct Case {
    /// Its name.
    pub name: String,
    /// What it is held to.
    pub group: Group,
    make: Box<Make>,
}

impl Case {
    /// Work that EXECUTE adds.
    pub fn added(
        name: impl Into<String>,
        make: impl Fn() -> Result<Prepared, ForgeError> + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), group: Group::Added, make: Box::new(make) }
    }

    /// Work that an L1 transaction can do as well.
    pub fn work(
        name: impl Into<String>,
        make: impl Fn() -> Result<Prepared, ForgeError> + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), group: Group::Work, make: Box::new(make) }
    }

    /// Makes it.
    ///
    /// # Errors
    /// When a block of it cannot be forged.
    pub fn prepare(&self) -> Result<Prepared, ForgeError> {
        (self.make)()
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").field("name", &self.name).field("group", &self.group).finish()
    }
}
