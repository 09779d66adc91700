// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Blockhash} from "@openzeppelin/contracts/utils/Blockhash.sol";
import {Memory} from "@openzeppelin/contracts/utils/Memory.sol";
import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {TrieProof} from "@openzeppelin/contracts/utils/cryptography/TrieProof.sol";
import {SszInput} from "./SszInput.sol";
import {MessageTree} from "./messaging/MessageTree.sol";
import {Message, Messages} from "./messaging/Messages.sol";
import {Messenger} from "./messaging/Messenger.sol";

/// @notice A native rollup: an L2 whose every block L1 checks with its own state transition function, by EXECUTE.
/// Immutable and without owner. It holds the L2's head and recent state roots, the messages to L2 and the ETH behind
/// all ETH that is usable on L2: its balance is the escrow.
/// @dev The rules of a block are L1's, at whatever fork; here are only the rules of this chain: which block is next,
/// how it is anchored to L1, when and by whom it is posted.
contract NativeRollup is EIP712, Messenger {
    using MessageTree for MessageTree.Tree;

    /// @notice What is chosen once, at deployment.
    /// @param l2ChainId The chain id of L2, not L1's.
    /// @param gasLimit The gas limit of every L2 block.
    /// @param timestampWindow Seconds that an L2 block may lag behind the L1 block it is posted in.
    /// @param sequencer Who alone may advance the chain; zero lets anyone.
    /// @param sequencerTimeout Seconds without advance after which anyone may.
    /// @param genesisHash The hash of L2's block 0.
    /// @param genesisStateRoot Its state root.
    /// @param genesisTimestamp Its timestamp.
    /// @param l2Messenger The messenger in L2's genesis.
    struct Config {
        uint64 l2ChainId;
        uint64 gasLimit;
        uint64 timestampWindow;
        address sequencer;
        uint64 sequencerTimeout;
        bytes32 genesisHash;
        bytes32 genesisStateRoot;
        uint64 genesisTimestamp;
        address l2Messenger;
    }

    /// @notice A block to advance to.
    /// @param anchorBlock The number of the L1 block whose hash the L2 block commits to.
    /// @param messageCount The number of messages whose tree it commits to.
    /// @param input The input of EXECUTE: schema id and SSZ of the `StatelessInput`.
    struct BlockInput {
        uint64 anchorBlock;
        uint64 messageCount;
        bytes input;
    }

    /// @dev The last block: two slots.
    /// @param blockHash Its hash.
    /// @param number Its number.
    /// @param timestamp Its timestamp.
    /// @param anchorBlock The L1 block it is anchored to.
    /// @param messageCount The messages it is anchored to.
    struct Head {
        bytes32 blockHash;
        uint64 number;
        uint64 timestamp;
        uint64 anchorBlock;
        uint64 messageCount;
    }

    /// @dev The state after an L2 block: two slots.
    struct State {
        bytes32 root;
        uint64 number;
        uint64 timestamp;
    }

    /// @notice The head went on by a block. Its input is in this transaction; its hash tells which bytes it is.
    /// @param number The L2 block's number.
    /// @param blockHash Its hash.
    /// @param stateRoot The state root after it.
    /// @param inputHash `keccak256` of the input given to EXECUTE.
    event Advanced(uint64 indexed number, bytes32 indexed blockHash, bytes32 stateRoot, bytes32 inputHash);

    /// @notice A value of the configuration that no chain can run with.
    error InvalidConfig(string field);
    /// @notice Only the sequencer may advance until it has been silent for its timeout.
    error SequencerOnly(address caller, uint256 openAfter);
    /// @notice There is no block to advance to.
    error NoBlocks();
    /// @notice The input is of another chain.
    error WrongChainId(uint64 got, uint64 expected);
    /// @notice The block's parent is not the head.
    error WrongParent(bytes32 got, bytes32 expected);
    /// @notice The block's number is not the head's plus one.
    error WrongNumber(uint64 got, uint64 expected);
    /// @notice The block's gas limit is not the chain's.
    error WrongGasLimit(uint64 got, uint64 expected);
    /// @notice The block is not later than its parent.
    error TimestampNotAfterParent(uint64 got, uint64 parent);
    /// @notice The block is later than L1.
    error TimestampInFuture(uint64 got, uint256 l1Timestamp);
    /// @notice The block is older than the window allows.
    error TimestampTooOld(uint64 got, uint256 oldest);
    /// @notice The block is anchored before its parent.
    error AnchorWentBack(uint64 got, uint64 last);
    /// @notice L1 does not know the hash of this block, or no longer.
    error AnchorUnknown(uint64 anchorBlock);
    /// @notice The block leaves out messages that its parent knew.
    error MessageCountWentBack(uint64 got, uint64 last);
    /// @notice The block commits to another anchor.
    error WrongAnchor(bytes32 got, bytes32 expected);
    /// @notice EXECUTE halted: what it was given is not a block that it can judge, or costs more gas than it got.
    error ExecuteFailed();
    /// @notice EXECUTE's answer is too short. There is none where there is no EXECUTE.
    error ExecuteAnswerTooShort(uint256 length);
    /// @notice EXECUTE says that the block is not valid.
    error ExecuteRefused();
    /// @notice EXECUTE answers for another chain.
    error ExecuteAnsweredForChain(uint64 got, uint64 expected);
    /// @notice The state after this block is not in the ring: not advanced to, not the last of its call, or too old.
    error StateUnknown(uint64 number);
    /// @notice The proof leads to something that is not an account.
    error MalformedAccount();
    /// @notice The proof leads to a value that does not say that the message was sent.
    error MessageNotSent(bytes32 hash);

    /// @notice The EXECUTE precompile (EIP-8079).
    address public constant EXECUTE = address(0x0101);
    /// @notice How many states are kept, each after the last block of a call to `advance`.
    uint256 public constant STATES = 8191;
    /// @notice The slot of `sent` in the L2 messenger.
    uint256 public constant L2_SENT_SLOT = 4;

    /// @dev Bytes of EXECUTE's answer that are read: root, success, chain id, schema id. It may grow at its end.
    uint256 private constant MIN_ANSWER_SIZE = 43;
    /// @dev Fields of an account, and the place of the storage root among them.
    uint256 private constant ACCOUNT_FIELDS = 4;
    uint256 private constant ACCOUNT_STORAGE_ROOT = 2;
    /// @dev RLP of 1, which is how a trie holds a slot that says `true`.
    bytes private constant RLP_ONE = hex"01";
    bytes32 private constant PRECONFIRMED_HEADER_TYPEHASH =
        keccak256("PreconfirmedHeader(uint64 number,bytes32 parentHash,bytes32 blockHash)");

    /// @notice L1's chain id at deployment, as L2's genesis holds it.
    uint256 public immutable l1ChainId = block.chainid;
    /// @notice See `Config`.
    uint64 public immutable l2ChainId;
    /// @notice See `Config`.
    uint64 public immutable gasLimit;
    /// @notice See `Config`.
    uint64 public immutable timestampWindow;
    /// @notice See `Config`.
    address public immutable sequencer;
    /// @notice See `Config`.
    uint64 public immutable sequencerTimeout;
    /// @notice See `Config`.
    bytes32 public immutable genesisHash;
    /// @notice See `Config`.
    bytes32 public immutable genesisStateRoot;
    /// @notice See `Config`.
    uint64 public immutable genesisTimestamp;
    /// @notice See `Config`.
    address public immutable l2Messenger;

    /// @notice The L1 timestamp of the last advance, or of the deployment.
    /// @dev Shares the slot of the message count.
    uint64 public lastAdvance;
    Head private _head;
    /// @dev At `number % STATES`.
    mapping(uint256 slot => State state) private _states;
    MessageTree.Tree private _messages;

    /// @notice The ETH sent along is the escrow behind what L2's genesis gives out.
    constructor(Config memory config_) payable EIP712("Bough", "1") {
        require(config_.l2ChainId != 0 && config_.l2ChainId != block.chainid, InvalidConfig("l2ChainId"));
        require(config_.gasLimit != 0, InvalidConfig("gasLimit"));
        require(config_.timestampWindow != 0, InvalidConfig("timestampWindow"));
        require(config_.genesisHash != bytes32(0), InvalidConfig("genesisHash"));
        require(config_.genesisStateRoot != bytes32(0), InvalidConfig("genesisStateRoot"));
        require(config_.genesisTimestamp <= block.timestamp, InvalidConfig("genesisTimestamp"));
        require(config_.l2Messenger != address(0), InvalidConfig("l2Messenger"));

        l2ChainId = config_.l2ChainId;
        gasLimit = config_.gasLimit;
        timestampWindow = config_.timestampWindow;
        sequencer = config_.sequencer;
        sequencerTimeout = config_.sequencerTimeout;
        genesisHash = config_.genesisHash;
        genesisStateRoot = config_.genesisStateRoot;
        genesisTimestamp = config_.genesisTimestamp;
        l2Messenger = config_.l2Messenger;

        lastAdvance = uint64(block.timestamp);
        _head = Head({
            blockHash: config_.genesisHash,
            number: 0,
            timestamp: config_.genesisTimestamp,
            anchorBlock: 0,
            messageCount: 0
        });
        _states[0] = State({root: config_.genesisStateRoot, number: 0, timestamp: config_.genesisTimestamp});
    }

    /// @notice Advances the chain by `blocks`, one on top of the other. All are taken or none.
    /// @dev Each costs its own EXECUTE; only the state after the last enters the ring.
    function advance(BlockInput[] calldata blocks) external {
        _checkCaller();
        require(blocks.length != 0, NoBlocks());

        Head memory current = _head;
        bytes32 stateRoot;
        for (uint256 i = 0; i < blocks.length; ++i) {
            stateRoot = _advanceBlock(current, blocks[i]);
        }

        _head = current;
        _states[current.number % STATES] =
            State({root: stateRoot, number: current.number, timestamp: current.timestamp});
        lastAdvance = uint64(block.timestamp);
    }

    /// @notice Delivers a message that was sent on L2 in block `blockNumber` or before, and pays the caller its fee.
    /// @param m The message.
    /// @param blockNumber The L2 block whose state proves it; one that `stateAt` knows.
    /// @param accountProof The nodes from the state root to the L2 messenger, as `eth_getProof` gives them.
    /// @param storageProof The nodes from its storage root to `sent[hash]`.
    function claim(Message calldata m, uint64 blockNumber, bytes[] calldata accountProof, bytes[] calldata storageProof)
        external
    {
        Message memory message = m;
        bytes32 hash = _hashReceived(message);
        (bytes32 stateRoot,) = stateAt(blockNumber);
        _checkSent(hash, stateRoot, accountProof, storageProof);
        _deliver(message, hash);
    }

    /// @notice All of the configuration.
    function config() external view returns (Config memory) {
        return Config({
            l2ChainId: l2ChainId,
            gasLimit: gasLimit,
            timestampWindow: timestampWindow,
            sequencer: sequencer,
            sequencerTimeout: sequencerTimeout,
            genesisHash: genesisHash,
            genesisStateRoot: genesisStateRoot,
            genesisTimestamp: genesisTimestamp,
            l2Messenger: l2Messenger
        });
    }

    /// @notice The last L2 block that L1 has executed.
    function head() external view returns (bytes32 blockHash, uint64 number, uint64 timestamp) {
        return (_head.blockHash, _head.number, _head.timestamp);
    }

    /// @notice What the head is anchored to: the L1 block and the number of messages. The next block is not to be
    /// anchored before either.
    function anchored() external view returns (uint64 blockNumber, uint64 count) {
        return (_head.anchorBlock, _head.messageCount);
    }

    /// @notice The state root after L2 block `number`, and the block's timestamp. Reverts if it is not kept.
    function stateAt(uint64 number) public view returns (bytes32 root, uint64 timestamp) {
        State storage state = _states[number % STATES];
        // Block 0 is entered at deployment, so an empty entry passes for no block.
        require(state.number == number && state.root != bytes32(0), StateUnknown(number));
        return (state.root, state.timestamp);
    }

    /// @notice The root of the tree of all messages sent so far.
    function messageRoot() external view returns (bytes32) {
        return messageRootAt(messageCount());
    }

    /// @notice The root after the first `count` messages. The last 65536 roots are kept.
    function messageRootAt(uint64 count) public view returns (bytes32) {
        return _messages.rootAt(count, messageCount());
    }

    /// @notice What a sequencer signs to promise that block `number` will be `blockHash`, on top of `parentHash`.
    /// @dev EIP-712: `PreconfirmedHeader(uint64 number,bytes32 parentHash,bytes32 blockHash)` in the domain
    /// `{name: "Bough", version: "1", chainId: L1's, verifyingContract: this}`.
    function preconfirmationDigest(uint64 number, bytes32 parentHash, bytes32 blockHash)
        external
        view
        returns (bytes32)
    {
        return _hashTypedDataV4(keccak256(abi.encode(PRECONFIRMED_HEADER_TYPEHASH, number, parentHash, blockHash)));
    }

    /// @dev The policy: the sequencer, or anyone once it has been silent for too long.
    function _checkCaller() private view {
        if (sequencer == address(0) || msg.sender == sequencer) return;
        uint256 openAfter = uint256(lastAdvance) + sequencerTimeout;
        require(block.timestamp > openAfter, SequencerOnly(msg.sender, openAfter));
    }

    /// @dev Makes `b`, a valid child of `current`, the new `current`, and gives the state root after it.
    /// The cheap checks come before EXECUTE, so that whoever posts the same block second pays little. Nothing is kept
    /// before EXECUTE has accepted the very bytes that the fields were read from.
    function _advanceBlock(Head memory current, BlockInput calldata b) private returns (bytes32 stateRoot) {
        // (1) The fields this contract binds, at their places in the SSZ.
        SszInput.Fields memory fields = SszInput.read(b.input);
        // (2) The next block of this chain, and in time.
        _checkSuccessor(current, fields);
        // (3) Anchored to an L1 block and to a root of the message tree, neither older than its parent's.
        _checkAnchor(current, b, fields.parentBeaconBlockRoot);
        // (4) L1 says that it is valid.
        bytes32 inputHash = _execute(b.input);
        // (5) It is the head.
        current.blockHash = fields.blockHash;
        current.number = fields.blockNumber;
        current.timestamp = fields.timestamp;
        current.anchorBlock = b.anchorBlock;
        current.messageCount = b.messageCount;
        // (6) Followers find its input by its hash.
        emit Advanced(fields.blockNumber, fields.blockHash, fields.stateRoot, inputHash);
        return fields.stateRoot;
    }

    /// @dev That the block is of this chain, follows `current`, and is inside the window behind L1's time.
    function _checkSuccessor(Head memory current, SszInput.Fields memory fields) private view {
        require(fields.chainId == l2ChainId, WrongChainId(fields.chainId, l2ChainId));
        require(fields.parentHash == current.blockHash, WrongParent(fields.parentHash, current.blockHash));
        require(fields.blockNumber == current.number + 1, WrongNumber(fields.blockNumber, current.number + 1));
        require(fields.gasLimit == gasLimit, WrongGasLimit(fields.gasLimit, gasLimit));
        uint64 time = fields.timestamp;
        require(time > current.timestamp, TimestampNotAfterParent(time, current.timestamp));
        require(time <= block.timestamp, TimestampInFuture(time, block.timestamp));
        uint256 oldest = block.timestamp > timestampWindow ? block.timestamp - timestampWindow : 0;
        require(time >= oldest, TimestampTooOld(time, oldest));
    }

    /// @dev That `anchor` is `keccak256(l1BlockHash || messageRoot)` of what `b` names. A message sent after the block
    /// was built changes nothing: every root since the last anchored one is good.
    function _checkAnchor(Head memory current, BlockInput calldata b, bytes32 anchor) private view {
        require(b.anchorBlock >= current.anchorBlock, AnchorWentBack(b.anchorBlock, current.anchorBlock));
        require(b.messageCount >= current.messageCount, MessageCountWentBack(b.messageCount, current.messageCount));
        // BLOCKHASH for 256 blocks, EIP-2935 for 8191; zero when neither knows it.
        bytes32 l1BlockHash = Blockhash.blockHash(b.anchorBlock);
        require(l1BlockHash != bytes32(0), AnchorUnknown(b.anchorBlock));
        bytes32 expected = Hashes.efficientKeccak256(l1BlockHash, messageRootAt(b.messageCount));
        require(anchor == expected, WrongAnchor(anchor, expected));
    }

    /// @dev Has L1 execute the block in `input`, and gives the hash of `input`.
    function _execute(bytes calldata input) private view returns (bytes32 inputHash) {
        bool success;
        uint256 size;
        bytes32 verdict;
        address execute = EXECUTE;
        assembly ("memory-safe") {
            // The input is copied to free memory that stays free: the next block uses it again. Only the first 64
            // bytes of the answer are copied, to scratch space.
            let free := mload(0x40)
            calldatacopy(free, input.offset, input.length)
            inputHash := keccak256(free, input.length)
            success := staticcall(gas(), execute, free, input.length, 0x00, 0x40)
            size := returndatasize()
            verdict := mload(0x20)
        }
        require(success, ExecuteFailed());
        // SOUNDNESS: a call to an address without code succeeds, with no answer.
        require(size >= MIN_ANSWER_SIZE, ExecuteAnswerTooShort(size));
        require(verdict[0] == 0x01, ExecuteRefused());
        uint64 chainId = SszInput.littleEndian(bytes8(verdict << 8));
        require(chainId == l2ChainId, ExecuteAnsweredForChain(chainId, l2ChainId));
    }

    /// @dev That `sent[hash]` of the L2 messenger is 1 in the state with root `stateRoot`.
    function _checkSent(bytes32 hash, bytes32 stateRoot, bytes[] memory accountProof, bytes[] memory storageProof)
        private
        view
    {
        bytes memory accountKey = abi.encodePacked(keccak256(abi.encodePacked(l2Messenger)));
        Memory.Slice[] memory account = RLP.decodeList(TrieProof.traverse(stateRoot, accountKey, accountProof));
        require(account.length == ACCOUNT_FIELDS, MalformedAccount());
        bytes32 storageRoot = RLP.readBytes32(account[ACCOUNT_STORAGE_ROOT]);

        bytes32 slot = Hashes.efficientKeccak256(hash, bytes32(L2_SENT_SLOT));
        bytes memory slotKey = abi.encodePacked(keccak256(abi.encodePacked(slot)));
        bytes memory sent = TrieProof.traverse(storageRoot, slotKey, storageProof);
        require(keccak256(sent) == keccak256(RLP_ONE), MessageNotSent(hash));
    }

    /// @inheritdoc Messenger
    function _otherMessenger() internal view override returns (address) {
        return l2Messenger;
    }

    /// @inheritdoc Messenger
    function _hashSent(Message memory m) internal view override returns (bytes32) {
        return Messages.hash(m, Messages.L1_TO_L2, l1ChainId, address(this), l2ChainId);
    }

    /// @inheritdoc Messenger
    function _hashReceived(Message memory m) internal view override returns (bytes32) {
        return Messages.hash(m, Messages.L2_TO_L1, l1ChainId, address(this), l2ChainId);
    }

    /// @inheritdoc Messenger
    function _record(uint64 nonce, bytes32 hash) internal override {
        _messages.append(nonce, hash);
    }
}
