// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Message} from "./Messages.sol";

/// @notice What both messengers have in common: the rollup on L1, and the predeploy on L2.
interface IMessenger {
    /// @notice A message was sent. It can be delivered on the other chain once this block is known there.
    /// @param nonce Its number in this direction.
    /// @param hash Its hash (see `Messages`).
    /// @param message All of it.
    event MessageSent(uint64 indexed nonce, bytes32 indexed hash, Message message);

    /// @notice A message of the other chain was delivered here.
    /// @param nonce Its number in its direction.
    /// @param hash Its hash (see `Messages`).
    /// @param claimer Who delivered it and was paid its fee.
    event MessageClaimed(uint64 indexed nonce, bytes32 indexed hash, address claimer);

    /// @notice The fee does not fit in the ETH sent along.
    error FeeAboveValue(uint256 fee, uint256 sent);
    /// @notice The recipient is the messenger of the executing chain: it would be called as if by itself.
    error RecipientIsMessenger();
    /// @notice A message names an account to refund.
    error NoRefundAddress();
    /// @notice The deadline has passed.
    error DeadlinePassed(uint64 deadline, uint256 timestamp);
    /// @notice The data is longer than `MAX_DATA`.
    error DataTooLong(uint256 length, uint256 limit);
    /// @notice The message has been delivered before.
    error AlreadyClaimed(uint64 nonce);
    /// @notice The claimer left too little gas for the recipient to get all of the message's gas limit.
    error InsufficientGas(uint256 available, uint256 required);
    /// @notice The recipient's call failed: nothing has changed, and the message can be claimed again.
    /// @param reason The first 256 bytes at most of what the recipient returned.
    error DeliveryFailed(uint64 nonce, bytes reason);
    /// @notice No delivery is under way.
    error NotDelivering();

    /// @notice Sends a message with `msg.value - fee` to `recipient` on the other chain.
    /// @param recipient Who is called there; not the other side's messenger.
    /// @param fee Part of `msg.value` that pays whoever delivers the message.
    /// @param gasLimit Gas of the recipient's call. More than a transaction can carry there is never delivered.
    /// @param deadline The last Unix timestamp (seconds) there at which it may be delivered; in the future here.
    /// @param refundTo Whom a refund pays on this chain, in a later version; not zero.
    /// @param data Calldata of the recipient's call, at most `MAX_DATA` bytes.
    /// @return nonce The message's number in this direction.
    function sendMessage(
        address recipient,
        uint256 fee,
        uint64 gasLimit,
        uint64 deadline,
        address refundTo,
        bytes calldata data
    ) external payable returns (uint64 nonce);

    /// @notice The sender, on the other chain, of the message being delivered now. Reverts outside of a delivery.
    /// @dev A recipient must check that it is this messenger that calls it before it asks: anybody called within a
    /// delivery reads the same answer.
    function messageSender() external view returns (address);

    /// @notice How many messages have been sent from here: the next one's nonce.
    function messageCount() external view returns (uint64);

    /// @notice Whether message `nonce` of the other chain has been delivered here.
    function isClaimed(uint64 nonce) external view returns (bool);
}
