// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {IMessenger} from "./IMessenger.sol";
import {Message} from "./Messages.sol";

/// @notice Sending and delivering, the same on both chains. How a message is kept here and proved there is what the
/// two messengers add.
/// @dev A messenger calls whom a message names with the data it names: it must hold no tokens and no approvals.
abstract contract Messenger is IMessenger, ReentrancyGuardTransient {
    using BitMaps for BitMaps.BitMap;

    /// @notice The most bytes of data in a message: 32 KiB.
    /// @dev Whoever delivers a message puts its data in a transaction. From L1 to L2 that transaction is then part of
    /// the input of `advance`, which common L1 pools refuse above 128 KiB: a quarter of it leaves room for the
    /// witness and other transactions, so no message can be too large to settle.
    uint256 public constant MAX_DATA = 32 * 1024;

    /// @notice Gas kept for the CALL itself beyond the recipient's: cold account, value and EIP-7702 delegation.
    uint256 public constant CALL_RESERVE = 40_000;
    /// @notice The same for value to an account that does not exist: EIP-8037 charges 120 bytes of 1530 for it.
    uint256 public constant NEW_ACCOUNT_RESERVE = 250_000;
    /// @dev The most bytes of a recipient's returned data that are copied, so that it cannot make its claimer pay for more.
    uint256 internal constant MAX_REASON = 256;

    /// @dev Nonces of the other chain's messages delivered here.
    BitMaps.BitMap private _claimed;
    /// @dev The next message's nonce.
    uint64 private _messageCount;
    /// @dev The sender of the message being delivered, or zero.
    address private transient _sender;

    /// @inheritdoc IMessenger
    function sendMessage(
        address recipient,
        uint256 fee,
        uint64 gasLimit,
        uint64 deadline,
        address refundTo,
        bytes calldata data
    ) external payable returns (uint64 nonce) {
        require(fee <= msg.value, FeeAboveValue(fee, msg.value));
        require(recipient != _otherMessenger(), RecipientIsMessenger());
        require(refundTo != address(0), NoRefundAddress());
        // The clocks of the two chains are close, so this one's tells that a message is dead on arrival.
        require(block.timestamp < deadline, DeadlinePassed(deadline, block.timestamp));
        require(data.length <= MAX_DATA, DataTooLong(data.length, MAX_DATA));

        nonce = _messageCount;
        Message memory m = Message({
            nonce: nonce,
            sender: msg.sender,
            recipient: recipient,
            value: msg.value - fee,
            fee: fee,
            gasLimit: gasLimit,
            deadline: deadline,
            refundTo: refundTo,
            data: data
        });
        bytes32 hash = _hashSent(m);
        _messageCount = nonce + 1;
        _record(nonce, hash);
        emit MessageSent(nonce, hash, m);
    }

    /// @inheritdoc IMessenger
    function messageSender() external view returns (address) {
        address sender = _sender;
        require(sender != address(0), NotDelivering());
        return sender;
    }

    /// @inheritdoc IMessenger
    function messageCount() public view returns (uint64) {
        return _messageCount;
    }

    /// @inheritdoc IMessenger
    function isClaimed(uint64 nonce) external view returns (bool) {
        return _claimed.get(nonce);
    }

    /// @dev Delivers `m`, proved to be sent on the other chain with hash `hash`, and pays the claimer.
    /// A delivery happens once, before its deadline, with all of its gas, or not at all: if the recipient's call fails,
    /// everything is undone. There is no delivery within a delivery.
    function _deliver(Message memory m, bytes32 hash) internal nonReentrant {
        require(!_claimed.get(m.nonce), AlreadyClaimed(m.nonce));
        require(block.timestamp <= m.deadline, DeadlinePassed(m.deadline, block.timestamp));
        // SOUNDNESS: a messenger that called itself would pass for the sender of whatever it does.
        require(m.recipient != address(this), RecipientIsMessenger());

        _claimed.set(m.nonce);
        _sender = m.sender;
        (bool delivered, bytes memory reason) = _callWithExactGas(m);
        require(delivered, DeliveryFailed(m.nonce, reason));
        // Before anyone is paid: the claimer is not the message.
        _sender = address(0);

        if (m.fee != 0) Address.sendValue(payable(msg.sender), m.fee);
        emit MessageClaimed(m.nonce, hash, msg.sender);
    }

    /// @dev Calls the recipient with `gasLimit` gas, never less: a recipient that does less when it has less gas, and
    /// succeeds, would otherwise let its claimer choose what the message does.
    /// EIP-150 keeps a 64th of the gas left AFTER the CALL's own cost is paid, which the reserve covers.
    /// State gas (EIP-8037) is taken from the transaction's reservoir first and from the gas limit when that is empty.
    function _callWithExactGas(Message memory m) private returns (bool success, bytes memory reason) {
        (address recipient, uint256 value, uint256 gasLimit, bytes memory data) =
            (m.recipient, m.value, m.gasLimit, m.data);
        uint256 required = gasLimit + (value != 0 && recipient.codehash == 0 ? NEW_ACCOUNT_RESERVE : CALL_RESERVE);
        uint256 available = gasleft() * 63 / 64;
        require(available >= required, InsufficientGas(available, required));

        assembly ("memory-safe") {
            success := call(gasLimit, recipient, value, add(data, 0x20), mload(data), 0, 0)
            reason := mload(0x40)
            let size := returndatasize()
            if or(success, gt(size, MAX_REASON)) { size := mul(iszero(success), MAX_REASON) }
            mstore(reason, size)
            returndatacopy(add(reason, 0x20), 0, size)
            mstore(0x40, add(reason, add(0x20, MAX_REASON)))
        }
    }

    /// @dev The messenger of the other chain.
    function _otherMessenger() internal view virtual returns (address);

    /// @dev The hash of a message sent from here.
    function _hashSent(Message memory m) internal view virtual returns (bytes32);

    /// @dev The hash of a message sent from the other chain.
    function _hashReceived(Message memory m) internal view virtual returns (bytes32);

    /// @dev Keeps a message sent from here for the other chain to prove.
    function _record(uint64 nonce, bytes32 hash) internal virtual;
}
