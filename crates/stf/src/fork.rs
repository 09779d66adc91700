//! Forks and the schedule that says when each begins.

use alloy_eips::eip7840::BlobParams;
use revm::primitives::hardfork::SpecId;
use thiserror::Error;

/// A protocol fork, in activation order.
///
/// The discriminants are the `ProtocolFork` numbers of the stateless schemas (execution-specs
/// `amsterdam/stateless.py` at c1200883).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Fork {
    Frontier = 0x01,
    Homestead = 0x02,
    DaoFork = 0x03,
    TangerineWhistle = 0x04,
    SpuriousDragon = 0x05,
    Byzantium = 0x06,
    StPetersburg = 0x07,
    Istanbul = 0x08,
    MuirGlacier = 0x09,
    Berlin = 0x0a,
    London = 0x0b,
    ArrowGlacier = 0x0c,
    GrayGlacier = 0x0d,
    Paris = 0x0e,
    Shanghai = 0x0f,
    Cancun = 0x10,
    Prague = 0x11,
    Osaka = 0x12,
    Bpo1 = 0x13,
    Bpo2 = 0x14,
    Amsterdam = 0x15,
}

impl Fork {
    /// Every fork, oldest first.
    pub const ALL: [Self; 21] = [
        Self::Frontier,
        Self::Homestead,
        Self::DaoFork,
        Self::TangerineWhistle,
        Self::SpuriousDragon,
        Self::Byzantium,
        Self::StPetersburg,
        Self::Istanbul,
        Self::MuirGlacier,
        Self::Berlin,
        Self::London,
        Self::ArrowGlacier,
        Self::GrayGlacier,
        Self::Paris,
        Self::Shanghai,
        Self::Cancun,
        Self::Prague,
        Self::Osaka,
        Self::Bpo1,
        Self::Bpo2,
        Self::Amsterdam,
    ];

    /// The fork's number in stateless schemas, one byte.
    pub const fn protocol_number(self) -> u8 {
        self as u8
    }

    /// The fork with a stateless schema's number, if there is one.
    pub fn from_protocol_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|fork| fork.protocol_number() == number)
    }

    /// The fork's lower-case name, as configuration spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Frontier => "frontier",
            Self::Homestead => "homestead",
            Self::DaoFork => "daofork",
            Self::TangerineWhistle => "tangerine",
            Self::SpuriousDragon => "spuriousdragon",
            Self::Byzantium => "byzantium",
            Self::StPetersburg => "petersburg",
            Self::Istanbul => "istanbul",
            Self::MuirGlacier => "muirglacier",
            Self::Berlin => "berlin",
            Self::London => "london",
            Self::ArrowGlacier => "arrowglacier",
            Self::GrayGlacier => "grayglacier",
            Self::Paris => "paris",
            Self::Shanghai => "shanghai",
            Self::Cancun => "cancun",
            Self::Prague => "prague",
            Self::Osaka => "osaka",
            Self::Bpo1 => "bpo1",
            Self::Bpo2 => "bpo2",
            Self::Amsterdam => "amsterdam",
        }
    }

    /// The fork with a name of [`Fork::name`], in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fork| fork.name().eq_ignore_ascii_case(name))
    }

    /// revm's rule set for the fork.
    pub(crate) const fn spec_id(self) -> SpecId {
        match self {
            Self::Frontier => SpecId::FRONTIER,
            Self::Homestead | Self::DaoFork => SpecId::HOMESTEAD,
            Self::TangerineWhistle => SpecId::TANGERINE,
            Self::SpuriousDragon => SpecId::SPURIOUS_DRAGON,
            Self::Byzantium => SpecId::BYZANTIUM,
            Self::StPetersburg => SpecId::PETERSBURG,
            Self::Istanbul | Self::MuirGlacier => SpecId::ISTANBUL,
            Self::Berlin => SpecId::BERLIN,
            Self::London | Self::ArrowGlacier | Self::GrayGlacier => SpecId::LONDON,
            Self::Paris => SpecId::MERGE,
            Self::Shanghai => SpecId::SHANGHAI,
            Self::Cancun => SpecId::CANCUN,
            Self::Prague => SpecId::PRAGUE,
            Self::Osaka | Self::Bpo1 | Self::Bpo2 => SpecId::OSAKA,
            Self::Amsterdam => SpecId::AMSTERDAM,
        }
    }

    /// Blob parameters (EIP-7840), for forks that have blobs.
    pub const fn blob_params(self) -> Option<BlobParams> {
        match self {
            Self::Cancun => Some(BlobParams::cancun()),
            Self::Prague => Some(BlobParams::prague()),
            Self::Osaka => Some(BlobParams::osaka()),
            Self::Bpo1 => Some(BlobParams::bpo1()),
            Self::Bpo2 | Self::Amsterdam => Some(BlobParams::bpo2()),
            _ => None,
        }
    }

    /// Whether headers carry the EIP-7928 access list hash and the EIP-7843 slot number.
    pub fn has_block_access_list(self) -> bool {
        self >= Self::Amsterdam
    }

    /// Whether the growth of the state is paid in a gas of its own (EIP-8037).
    pub fn has_state_gas(self) -> bool {
        self >= Self::Amsterdam
    }

    /// Whether a touched account that is empty is removed (EIP-161).
    pub fn clears_empty_accounts(self) -> bool {
        self >= Self::SpuriousDragon
    }

    /// Whether headers carry a requests hash (EIP-7685).
    pub fn has_requests(self) -> bool {
        self >= Self::Prague
    }

    /// The most a transaction's gas limit may be: the execution cap of EIP-7825, which from EIP-8037
    /// on leaves room for state gas above it.
    pub fn max_gas_limit(self) -> Option<u64> {
        if self >= Self::Amsterdam {
            return Some(u64::from(u32::MAX));
        }
        self.transaction_gas_cap()
    }

    /// Most gas one transaction may execute with (EIP-7825), if the fork has a cap.
    pub fn transaction_gas_cap(self) -> Option<u64> {
        (self >= Self::Osaka).then_some(1 << 24)
    }
}

/// When each fork begins: at a block number before the merge, at a timestamp after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForkSchedule {
    activations: Vec<(Fork, Activation)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Activation {
    Block(u64),
    Time(u64),
}

/// A schedule that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ScheduleError {
    /// A name that is no fork's.
    #[error("unknown fork {0:?}")]
    UnknownFork(String),
    /// A fork that begins before its predecessor.
    #[error("{later:?} begins before {earlier:?}")]
    OutOfOrder {
        /// The fork that comes first in the protocol.
        earlier: Fork,
        /// The fork that was scheduled before it.
        later: Fork,
    },
    /// No fork is active from the start.
    #[error("no fork is active from genesis")]
    NoGenesisFork,
}

impl ForkSchedule {
    /// One fork from genesis on.
    pub fn always(fork: Fork) -> Self {
        Self { activations: vec![(fork, Activation::Time(0))] }
    }

    /// Post-merge forks, each with the timestamp (seconds) it begins at.
    ///
    /// # Errors
    /// When the forks or their times are not ascending, or none begins at time 0.
    pub fn by_time(forks: &[(Fork, u64)]) -> Result<Self, ScheduleError> {
        Self::new(&[], forks)
    }

    /// Pre-merge forks by block number and post-merge forks by timestamp (seconds).
    ///
    /// # Errors
    /// When the forks or their places are not ascending, or none is active from genesis.
    pub fn new(by_block: &[(Fork, u64)], by_time: &[(Fork, u64)]) -> Result<Self, ScheduleError> {
        for pair in by_block.windows(2).chain(by_time.windows(2)) {
            if let [(earlier, from), (later, to)] = pair
                && (earlier >= later || from > to)
            {
                return Err(ScheduleError::OutOfOrder { earlier: *earlier, later: *later });
            }
        }
        let starts_at_genesis =
            by_block.first().or(by_time.first()).is_some_and(|(_, place)| *place == 0);
        if !starts_at_genesis {
            return Err(ScheduleError::NoGenesisFork);
        }
        let blocks = by_block.iter().map(|(fork, at)| (*fork, Activation::Block(*at)));
        let times = by_time.iter().map(|(fork, at)| (*fork, Activation::Time(*at)));
        Ok(Self { activations: blocks.chain(times).collect() })
    }

    /// Whether a fork has its turn, at genesis or later.
    pub fn schedules(&self, fork: Fork) -> bool {
        self.activations.iter().any(|(scheduled, _)| *scheduled == fork)
    }

    /// The block that a fork begins with, if it begins at a number.
    #[cfg(feature = "pre-merge")]
    pub(crate) fn block_of(&self, fork: Fork) -> Option<u64> {
        self.activations.iter().find_map(|(scheduled, activation)| match activation {
            Activation::Block(at) if *scheduled == fork => Some(*at),
            _ => None,
        })
    }

    /// The last fork that is scheduled.
    pub fn last(&self) -> Fork {
        self.activations.last().map_or(Fork::Frontier, |(fork, _)| *fork)
    }

    /// The fork whose rules hold for the block with this number and timestamp (seconds).
    pub fn fork_at(&self, number: u64, timestamp: u64) -> Fork {
        self.activations
            .iter()
            .rev()
            .find(|(_, activation)| match activation {
                Activation::Block(at) => number >= *at,
                Activation::Time(at) => timestamp >= *at,
            })
            .or(self.activations.first())
            .map_or(Fork::Frontier, |(fork, _)| *fork)
    }
}

/// What a chain's rules depend on besides its blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainSpec {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// When each fork begins.
    pub forks: ForkSchedule,
}

impl ChainSpec {
    /// A chain that follows one fork from genesis.
    pub fn new(chain_id: u64, forks: ForkSchedule) -> Self {
        Self { chain_id, forks }
    }
}
