// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {MESSAGE_TREE_DEPTH, MessageTree} from "./messaging/MessageTree.sol";
import {Message, Messages} from "./messaging/Messages.sol";
import {Messenger} from "./messaging/Messenger.sol";

/// @notice The messenger of L2, in its genesis at 0xB006000000000000000000000000000000000001. It holds all L2 ETH that
/// is not in use: a message from L1 releases what it brings, a message to L1 brings back what it takes.
/// @dev Genesis writes its code, its balance and two slots, `l1ChainId` and `rollup`: there is no constructor.
contract L2Messenger is Messenger {
    /// @notice The anchor of the block at this timestamp is not known, or no longer.
    error AnchorUnknown(uint256 timestamp);
    /// @notice The anchor there is another.
    error WrongAnchor(bytes32 got, bytes32 expected);
    /// @notice The proof leads to another root.
    error WrongMessageRoot(bytes32 got, bytes32 expected);

    /// @notice The EIP-4788 contract: on this chain it holds anchors, `keccak256(l1BlockHash || messageRoot)`.
    address public constant BEACON_ROOTS = 0x000F3df6D732807Ef1319fB7B8bB8522d0Beac02;
    /// @notice Wei that exist on L2 from the start: what genesis gives to this contract and, backed by the escrow of
    /// the rollup's constructor, to others.
    uint256 public constant PREMINT = type(uint128).max;

    /// @notice L1's chain id, written by genesis.
    uint256 public l1ChainId;
    /// @notice The rollup's contract on L1, written by genesis.
    address public rollup;
    /// @notice Whether the message with this hash was sent from here. The rollup proves this slot on L1.
    mapping(bytes32 hash => bool) public sent;

    /// @notice Delivers a message that was sent on L1, and pays the caller its fee.
    /// @param m The message.
    /// @param anchorTimestamp The timestamp of an L2 block that knows of the message, this one or one of the last 8191.
    /// @param l1BlockHash The L1 block hash in that block's anchor.
    /// @param messageRoot The root in that block's anchor.
    /// @param proof The siblings of the message's leaf, from the leaves up.
    function claim(
        Message calldata m,
        uint256 anchorTimestamp,
        bytes32 l1BlockHash,
        bytes32 messageRoot,
        bytes32[MESSAGE_TREE_DEPTH] calldata proof
    ) external {
        Message memory message = m;
        bytes32 hash = _hashReceived(message);
        bytes32 anchor = anchorAt(anchorTimestamp);
        bytes32 claimed = Hashes.efficientKeccak256(l1BlockHash, messageRoot);
        require(claimed == anchor, WrongAnchor(claimed, anchor));
        bytes32 root = MessageTree.rootOf(hash, message.nonce, proof);
        require(root == messageRoot, WrongMessageRoot(root, messageRoot));
        _deliver(message, hash);
    }

    /// @notice Wei of the pre-mint that are not here: at most what is in escrow on L1.
    function circulating() external view returns (uint256) {
        uint256 held = address(this).balance;
        // ETH can be forced on any account, so that there can be more here than at the start.
        return held < PREMINT ? PREMINT - held : 0;
    }

    /// @notice The anchor of the L2 block at `timestamp`.
    function anchorAt(uint256 timestamp) public view returns (bytes32) {
        (bool success, bytes memory anchor) = BEACON_ROOTS.staticcall(abi.encode(timestamp));
        require(success && anchor.length == 32, AnchorUnknown(timestamp));
        return bytes32(anchor);
    }

    /// @notice This chain's id.
    function l2ChainId() public view returns (uint256) {
        return block.chainid;
    }

    /// @inheritdoc Messenger
    function _otherMessenger() internal view override returns (address) {
        return rollup;
    }

    /// @inheritdoc Messenger
    function _hashSent(Message memory m) internal view override returns (bytes32) {
        return Messages.hash(m, Messages.L2_TO_L1, l1ChainId, rollup, block.chainid);
    }

    /// @inheritdoc Messenger
    function _hashReceived(Message memory m) internal view override returns (bytes32) {
        return Messages.hash(m, Messages.L1_TO_L2, l1ChainId, rollup, block.chainid);
    }

    /// @inheritdoc Messenger
    function _record(uint64, bytes32 hash) internal override {
        sent[hash] = true;
    }
}
