// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice A call, with ETH, from an account on one chain to an account on the other.
/// @param nonce The number of the message among those of its direction, from 0. L1 to L2 it is the index of the leaf.
/// @param sender Who called `sendMessage` on the sending chain.
/// @param recipient Who is called on the executing chain.
/// @param value Wei given to the recipient with the call.
/// @param fee Wei given on the executing chain to whoever delivers the message.
/// @param gasLimit Gas that the recipient's call gets, exactly (EVM adds its 2300 when value is not zero).
/// @param deadline The last Unix timestamp (seconds) of the executing chain at which the message may be delivered.
/// @param refundTo An account of the sending chain: whom a refund of an undelivered message pays, in a later version.
/// @param data Calldata of the recipient's call.
struct Message {
    uint64 nonce;
    address sender;
    address recipient;
    uint256 value;
    uint256 fee;
    uint64 gasLimit;
    uint64 deadline;
    address refundTo;
    bytes data;
}

/// @notice The hash of a message, in each direction.
/// @dev `keccak256(abi.encode(tag, l1ChainId, rollup, l2ChainId, nonce, sender, recipient, value, fee, gasLimit,
/// deadline, refundTo, keccak256(data)))`: thirteen words. It commits to both chains and to the rollup's contract,
/// so a message of one rollup is never a message of another.
library Messages {
    /// @dev Tag of a message from L1 to L2.
    bytes32 internal constant L1_TO_L2 = keccak256("Bough.Message.L1ToL2");
    /// @dev Tag of a message from L2 to L1.
    bytes32 internal constant L2_TO_L1 = keccak256("Bough.Message.L2ToL1");

    /// @notice The hash of `m` under `tag`, between L1 chain `l1ChainId` with contract `rollup` and L2 chain `l2ChainId`.
    function hash(Message memory m, bytes32 tag, uint256 l1ChainId, address rollup, uint256 l2ChainId)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(
            abi.encode(
                tag,
                l1ChainId,
                rollup,
                l2ChainId,
                m.nonce,
                m.sender,
                m.recipient,
                m.value,
                m.fee,
                m.gasLimit,
                m.deadline,
                m.refundTo,
                keccak256(m.data)
            )
        );
    }
}
