//! Why a call fails, as JSON-RPC says it.

use std::{net::SocketAddr, time::Duration};

use alloy_eips::eip2718::Eip2718Error;
use alloy_primitives::{B256, Bytes, U256};
use alloy_rpc_types_eth::pubsub::SubscriptionKind;
use bough_chain::{CallError, ChainError, PoolError};
use bough_stf::{BlockError, StateError, TransactionError};
use revm::context_interface::result::{HaltReason, InvalidTransaction};
use revm_inspectors::tracing::DebugInspectorError;
use thiserror::Error;

use crate::{call_request::RequestError, envelope::RpcError, revert::revert_reason};

/// Codes of JSON-RPC 2.0.
const PARSE_ERROR: i32 = -32700;
const INVALID_REQUEST: i32 = -32600;
const METHOD_NOT_FOUND: i32 = -32601;
const INVALID_PARAMS: i32 = -32602;
const INTERNAL_ERROR: i32 = -32603;
/// Geth's code for everything without one of its own.
const SERVER_ERROR: i32 = -32000;
/// Geth's codes for what took too long, and for what is too large to be answered.
const TIMED_OUT: i32 = -32002;
const RESPONSE_TOO_LARGE: i32 = -32003;
/// Too many ask, or one holds too much (EIP-1474). Clients ask again after it, so nothing has it that
/// would be refused again.
const LIMIT_EXCEEDED: i32 = -32005;
/// Geth's code for a revert, which carries its data.
const EXECUTION_REVERTED: i32 = 3;

/// The server could not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// Another process listens there.
    #[error("{address} is already in use")]
    AddressInUse {
        /// The address asked for.
        address: SocketAddr,
    },
    /// The system refused the address for another reason.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The system gave no threads.
    #[error("no threads for RPC: {0}")]
    Threads(std::io::Error),
}

/// A call failed. Its text is the error's message, its kind the error's code.
#[derive(Debug, Error)]
pub enum MethodError {
    /// A body that is not JSON.
    #[error("parse error")]
    Parse,
    /// JSON that is no request.
    #[error("invalid request")]
    InvalidRequest,
    /// A batch without calls.
    #[error("empty batch")]
    EmptyBatch,
    /// A method that is not there, or whose namespace is not served.
    #[error("the method {name} does not exist/is not available")]
    MethodNotFound {
        /// Its name, cut where it is long.
        name: String,
    },
    /// The method panicked; that is a fault of this server.
    #[error("internal error: the call crashed")]
    Panicked,
    /// A result could not be written as JSON.
    #[error("internal error: the result cannot be encoded")]
    Encode,
    /// An error of another's method.
    #[error("{}", .0.message)]
    Other(RpcError),

    /// A request by a name that is not this server's.
    #[error("invalid host {got:?}: it is not among those allowed (--http.vhosts)")]
    Host {
        /// What the request calls this server.
        got: String,
    },
    /// A request from a web page that may not ask.
    #[error("invalid origin {got:?}: it is not among those allowed (--http.corsdomain)")]
    Origin {
        /// Where the page is from.
        got: String,
    },
    /// HTTP other than POST.
    #[error("method not allowed: calls are POSTed")]
    HttpMethod,
    /// A body that does not say that it is JSON.
    #[error("invalid content type, only application/json is supported")]
    ContentType,
    /// An upgrade to something that is not served.
    #[error("invalid upgrade, only WebSocket is supported")]
    Upgrade,
    /// The body ended too early.
    #[error("the request's body was cut")]
    BodyCut,
    /// The body took too long to arrive.
    #[error("the request's body took longer than {limit:?}")]
    BodyTime {
        /// Longest time.
        limit: Duration,
    },
    /// The body or message is too large.
    #[error("request too large: the limit is {limit} bytes")]
    RequestTooLarge {
        /// Most bytes.
        limit: usize,
    },
    /// Too many large bodies at a time.
    #[error("too many large requests at a time, try again")]
    RequestsFull,
    /// Too many calls in a batch.
    #[error("batch too large: the limit is {limit} calls")]
    BatchTooLarge {
        /// Most calls.
        limit: usize,
    },
    /// Parameters too large for their method.
    #[error("params of {got} bytes, the limit of this method is {limit}")]
    ParamsTooLarge {
        /// Bytes of the parameters.
        got: usize,
        /// Most bytes.
        limit: usize,
    },
    /// More parameters than any method has.
    #[error("too many arguments, want at most {limit}")]
    TooManyArguments {
        /// Most parameters.
        limit: usize,
    },
    /// Too many calls wait already.
    #[error("too many {name} wait for their turn: the limit is {limit}, try again")]
    QueueFull {
        /// Their kind.
        name: &'static str,
        /// Most that may wait.
        limit: usize,
    },
    /// No thread was free for too long.
    #[error("none of the {threads} threads for {name} was free within {patience:?}, try again")]
    NoThread {
        /// The kind of work.
        name: &'static str,
        /// How many threads there are.
        threads: usize,
        /// How long it waited.
        patience: Duration,
    },
    /// The work took too long.
    #[error("execution aborted (timeout = {limit:?})")]
    TimeLimit {
        /// Longest time.
        limit: Duration,
    },
    /// A tracer would keep too much.
    #[error("the trace needs more memory than the limit of {limit} bytes")]
    MemoryLimit {
        /// Most bytes.
        limit: usize,
    },
    /// Whoever asked is not there any more.
    #[error("execution aborted: the caller has left")]
    CallerGone,
    /// The answer is too large.
    #[error("response too large: the limit is {limit} bytes")]
    ResponseTooLarge {
        /// Most bytes.
        limit: usize,
    },
    /// The answers of a batch are too large together.
    #[error("response too large: the limit of a batch is {limit} bytes")]
    BatchAnswerTooLarge {
        /// Most bytes.
        limit: usize,
    },
    /// Too many large answers at a time.
    #[error("too many large responses at a time, try again")]
    ResponsesFull,
    /// Too many subscriptions, of the connection or of all.
    #[error("too many subscriptions, the limit is {limit}")]
    TooManySubscriptions {
        /// Most subscriptions.
        limit: usize,
    },
    /// Too many accounts and slots in the overrides of a call.
    #[error("overrides of {got} accounts and slots, the limit is {limit}")]
    TooManyOverrides {
        /// Accounts and slots.
        got: usize,
        /// The most there may be.
        limit: usize,
    },
    /// Too many addresses or topics in a filter.
    #[error("a filter of {got} addresses or topics, the limit is {limit}")]
    FilterTooWide {
        /// Addresses, or topics for one position.
        got: usize,
        /// The most there may be.
        limit: usize,
    },

    /// Parameters by name; every method here takes them by position.
    #[error("non-array args")]
    ParamsNotArray,
    /// A parameter that must be there is not.
    #[error("missing value for required argument {index}")]
    MissingArgument {
        /// Its position, from 0.
        index: usize,
    },
    /// A parameter does not decode.
    #[error("invalid argument {index}: {}", without_position(source))]
    InvalidArgument {
        /// Its position, from 0.
        index: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A range of blocks that ends before it begins.
    #[error("invalid block range params")]
    BlockRangeReversed,
    /// A range of blocks that ends after the head.
    #[error("block range extends beyond current head block")]
    BlockRangeBeyondHead,
    /// A range of more blocks than one call may search, in geth's words: indexers read the number and
    /// ask for less.
    #[error("exceed maximum block range: {limit}, asked for {blocks}")]
    BlockRangeTooWide {
        /// Blocks in the range.
        blocks: u64,
        /// Most blocks in a range.
        limit: u64,
    },
    /// More logs match than one answer may carry, in words by which indexers ask for fewer blocks.
    #[error("query returned more than {fit} results")]
    TooManyLogs {
        /// Logs that fit in an answer.
        fit: usize,
    },
    /// Reward percentiles outside 0 to 100, or not ascending, or too many.
    #[error("invalid reward percentile: want at most 100 ascending numbers from 0 to 100")]
    RewardPercentiles,
    /// A transaction request that contradicts itself, or that no transaction can express.
    #[error("{0}")]
    Request(#[from] RequestError),
    /// Bytes that are no transaction.
    #[error("cannot decode the transaction: {0}")]
    DecodeTransaction(Eip2718Error),
    /// A blob sidecar that does not belong to its transaction.
    #[error("blob sidecar does not match the transaction's versioned hashes")]
    SidecarMismatch,
    /// A tracer that is unknown here.
    #[error("tracer not found")]
    Tracer,
    /// A tracer's configuration that does not decode.
    #[error("invalid tracer configuration")]
    TracerConfig,
    /// A request for no storage slot at all.
    #[error("empty request")]
    NoSlots,
    /// More storage slots than one call may ask for.
    #[error("too many slots: {slots}, the limit is {limit}")]
    TooManySlots {
        /// Slots asked for.
        slots: usize,
        /// Most slots in a call.
        limit: usize,
    },
    /// The server keeps as many filters as it may.
    #[error("too many filters, the limit is {limit}")]
    TooManyFilters {
        /// Most filters at a time.
        limit: usize,
    },
    /// A subscription that is not served, or with options of another.
    #[error("no {kind} subscription with these options")]
    Subscription {
        /// The kind asked for.
        kind: SubscriptionKind,
    },

    /// A state or header was asked for of a block that is not known.
    #[error("header not found")]
    HeaderNotFound,
    /// A block that is not known.
    #[error("block {hash} not found")]
    BlockNotFound {
        /// The hash asked for.
        hash: B256,
    },
    /// A canonical block was required and this one is not.
    #[error("hash {hash} is not currently canonical")]
    NotCanonical {
        /// The hash asked for.
        hash: B256,
    },
    /// A transaction that is in no block.
    #[error("transaction not found")]
    TransactionNotFound,
    /// The first block has no parent to execute on.
    #[error("genesis is not traceable")]
    GenesisNotTraceable,
    /// Nor is anything read to execute it.
    #[error("genesis has no execution witness")]
    GenesisHasNoWitness,
    /// A filter that does not exist, or that nobody asked for too long.
    #[error("filter not found")]
    FilterNotFound,

    /// The call's code reverted.
    #[error("execution reverted{}", reason_suffix(output))]
    Reverted {
        /// The revert's data.
        output: Bytes,
    },
    /// The call's code halted.
    #[error("{}", halt_message(reason))]
    Halted {
        /// The halt.
        reason: HaltReason,
    },
    /// The call cannot be run at all.
    #[error("{}", invalid_message(.0))]
    Invalid(TransactionError),
    /// The sender cannot pay the value.
    #[error("insufficient funds for transfer: balance {balance}, value {value}")]
    InsufficientFunds {
        /// The sender's balance, wei.
        balance: U256,
        /// The value, wei.
        value: U256,
    },
    /// Even the most gas the call may have is not enough.
    #[error("gas required exceeds allowance ({allowance})")]
    GasAllowance {
        /// Most gas the call may have.
        allowance: u64,
    },
    /// The pool refused the transaction.
    #[error("{0}")]
    Pool(#[from] PoolError),
    /// A block could not be run again.
    #[error("{0}")]
    Execution(#[from] BlockError),
    /// State could not be read.
    #[error("{0}")]
    State(#[from] StateError),
    /// The chain failed.
    #[error("{0}")]
    Chain(#[from] ChainError),
}

impl MethodError {
    /// The JSON-RPC error code.
    pub const fn code(&self) -> i32 {
        match self {
            Self::Parse => PARSE_ERROR,
            Self::InvalidRequest
            | Self::EmptyBatch
            | Self::RequestTooLarge { .. }
            | Self::BatchTooLarge { .. } => INVALID_REQUEST,
            Self::MethodNotFound { .. } => METHOD_NOT_FOUND,
            Self::Panicked | Self::Encode => INTERNAL_ERROR,
            Self::Other(error) => error.code,
            Self::ParamsNotArray
            | Self::MissingArgument { .. }
            | Self::InvalidArgument { .. }
            | Self::TooManyArguments { .. }
            | Self::BlockRangeReversed
            | Self::BlockRangeBeyondHead
            | Self::RewardPercentiles
            | Self::NoSlots
            | Self::Subscription { .. } => INVALID_PARAMS,
            error if error.asks_too_much() => INVALID_PARAMS,
            Self::Reverted { .. } => EXECUTION_REVERTED,
            Self::TimeLimit { .. } => TIMED_OUT,
            Self::MemoryLimit { .. }
            | Self::ResponseTooLarge { .. }
            | Self::BatchAnswerTooLarge { .. } => RESPONSE_TOO_LARGE,
            error if error.is_busy() => LIMIT_EXCEEDED,
            _ => SERVER_ERROR,
        }
    }

    /// Whether it is this server's limit that the call exceeds.
    pub(crate) const fn is_limit(&self) -> bool {
        self.asks_too_much()
            || self.is_busy()
            || matches!(
                self,
                Self::BodyTime { .. }
                    | Self::RequestTooLarge { .. }
                    | Self::BatchTooLarge { .. }
                    | Self::BatchAnswerTooLarge { .. }
                    | Self::TooManyLogs { .. }
                    | Self::TimeLimit { .. }
                    | Self::MemoryLimit { .. }
                    | Self::ResponseTooLarge { .. }
                    | Self::CallerGone
            )
    }

    /// Whether the parameters ask for more than one call may.
    const fn asks_too_much(&self) -> bool {
        matches!(
            self,
            Self::ParamsTooLarge { .. }
                | Self::FilterTooWide { .. }
                | Self::TooManyOverrides { .. }
                | Self::BlockRangeTooWide { .. }
                | Self::TooManySlots { .. }
        )
    }

    /// Whether the same may be answered later.
    const fn is_busy(&self) -> bool {
        matches!(
            self,
            Self::RequestsFull
                | Self::QueueFull { .. }
                | Self::NoThread { .. }
                | Self::ResponsesFull
                | Self::TooManySubscriptions { .. }
                | Self::TooManyFilters { .. }
        )
    }

    /// That there is no method of this name.
    pub(crate) fn method_not_found(name: &str) -> Self {
        const LONGEST: usize = 64;
        Self::MethodNotFound { name: name.chars().take(LONGEST).collect() }
    }
}

impl From<MethodError> for RpcError {
    fn from(error: MethodError) -> Self {
        if let MethodError::Other(error) = error {
            return error;
        }
        let data = match &error {
            MethodError::Reverted { output } => Some(output.to_string().into()),
            _ => None,
        };
        Self { code: error.code(), message: error.to_string(), data }
    }
}

impl From<CallError> for MethodError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Chain(error) => Self::Chain(error),
            CallError::Invalid(error) => Self::Invalid(error),
            CallError::Reverted { output } => Self::Reverted { output },
            CallError::Halted { reason } => Self::Halted { reason },
            CallError::GasAllowance { allowance } => Self::GasAllowance { allowance },
            CallError::InsufficientFunds { balance, value } => {
                Self::InsufficientFunds { balance, value }
            }
        }
    }
}

impl From<DebugInspectorError<StateError>> for MethodError {
    fn from(error: DebugInspectorError<StateError>) -> Self {
        match error {
            DebugInspectorError::Database(error) => Self::State(error),
            DebugInspectorError::InvalidTracerConfig => Self::TracerConfig,
            _ => Self::Tracer,
        }
    }
}

impl From<DebugInspectorError> for MethodError {
    fn from(error: DebugInspectorError) -> Self {
        match error {
            DebugInspectorError::InvalidTracerConfig => Self::TracerConfig,
            _ => Self::Tracer,
        }
    }
}

/// What is wrong with a value, without where in its text.
fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message).to_owned()
}

fn reason_suffix(output: &[u8]) -> String {
    revert_reason(output).map(|reason| format!(": {reason}")).unwrap_or_default()
}

/// Why a call cannot be run, in geth's words where libraries look for them.
fn invalid_message(error: &TransactionError) -> String {
    match error {
        TransactionError::Evm(InvalidTransaction::CallGasCostMoreThanGasLimit {
            gas_limit,
            initial_gas,
        }) => format!("intrinsic gas too low: have {gas_limit}, want {initial_gas}"),
        TransactionError::Evm(InvalidTransaction::GasFloorMoreThanGasLimit {
            gas_limit,
            gas_floor,
        }) => format!(
            "insufficient gas for floor data gas cost: gas {gas_limit}, minimum needed {gas_floor}"
        ),
        other => other.to_string(),
    }
}

/// The halt in geth's words, which libraries look for.
fn halt_message(reason: &HaltReason) -> String {
    match reason {
        HaltReason::OutOfGas(_) => "out of gas".to_owned(),
        HaltReason::OpcodeNotFound | HaltReason::NotActivated => "invalid opcode".to_owned(),
        HaltReason::InvalidFEOpcode => "invalid opcode: INVALID".to_owned(),
        HaltReason::StackOverflow => "stack limit reached 1024".to_owned(),
        HaltReason::OutOfOffset => "return data out of bounds".to_owned(),
        HaltReason::CreateCollision => "contract address collision".to_owned(),
        HaltReason::NonceOverflow => "nonce uint64 overflow".to_owned(),
        HaltReason::CreateContractSizeLimit => "max code size exceeded".to_owned(),
        HaltReason::CreateContractStartingWithEF => {
            "invalid code: must not begin with 0xef".to_owned()
        }
        HaltReason::CreateInitCodeSizeLimit => "max initcode size exceeded".to_owned(),
        HaltReason::StateChangeDuringStaticCall | HaltReason::CallNotAllowedInsideStatic => {
            "write protection".to_owned()
        }
        HaltReason::OutOfFunds => "insufficient balance for transfer".to_owned(),
        HaltReason::CallTooDeep => "max call depth exceeded".to_owned(),
        other => other.to_string(),
    }
}
