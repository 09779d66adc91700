// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IMessenger} from "../messaging/IMessenger.sol";

/// @notice A counter that anyone increments, from its own chain or from the other.
/// @dev The pattern to copy: ask the messenger who sent the message, and only when it is the messenger that calls.
contract Counter {
    /// @notice It was incremented.
    /// @param number The count since then.
    /// @param sender Who did it, on `crossChain ? the other chain : this one`.
    /// @param crossChain Whether it came by a message.
    event Incremented(uint256 number, address indexed sender, bool crossChain);

    /// @notice The messenger of this chain.
    IMessenger public immutable messenger;
    /// @notice The count.
    uint256 public number;
    /// @notice Who incremented last.
    address public lastSender;
    /// @notice Whether that came by a message.
    bool public lastCrossChain;

    /// @param messenger_ The rollup on L1, the predeploy on L2.
    constructor(IMessenger messenger_) {
        messenger = messenger_;
    }

    /// @notice Adds one.
    function increment() external payable {
        bool crossChain = msg.sender == address(messenger);
        address sender = crossChain ? messenger.messageSender() : msg.sender;
        ++number;
        lastSender = sender;
        lastCrossChain = crossChain;
        emit Incremented(number, sender, crossChain);
    }
}
