// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IMessenger} from "../../src/messaging/IMessenger.sol";

/// @notice Records how it was called.
contract Recorder {
    uint256 public calls;
    uint256 public gasSeen;
    uint256 public value;
    address public caller;
    address public sender;
    bytes public data;

    fallback(bytes calldata input) external payable returns (bytes memory) {
        gasSeen = gasleft();
        ++calls;
        (value, caller, data) = (msg.value, msg.sender, input);
        sender = IMessenger(msg.sender).messageSender();
        return "";
    }
}

/// @notice Records the gas it has, first of all, and succeeds with whatever it has.
contract GasProbe {
    uint256 public gasSeen;
    uint256 public calls;

    fallback() external payable {
        uint256 left = gasleft();
        if (left > 50_000) (gasSeen, calls) = (left, calls + 1);
    }
}

/// @notice Fails with its reason until it is told not to.
contract Moody {
    error Mood(uint256 code);

    bool public well;

    function cheer() external {
        well = true;
    }

    fallback() external payable {
        require(well, Mood(42));
    }
}

/// @notice Returns or reverts with as many bytes as it is told to.
contract Bomb {
    fallback() external payable {
        (bool fail, uint256 size) = abi.decode(msg.data, (bool, uint256));
        assembly ("memory-safe") {
            let zeros := mload(0x40)
            if fail { revert(zeros, size) }
            return(zeros, size)
        }
    }
}

/// @notice When delivered to, does a call of its own with what it was given, and passes on how it ends.
contract Puppet {
    bytes public answer;

    receive() external payable {}

    function act(address target, uint256 value, bytes calldata input) external payable {
        (bool success, bytes memory result) = target.call{value: value}(input);
        answer = result;
        if (!success) {
            assembly ("memory-safe") {
                revert(add(result, 0x20), mload(result))
            }
        }
    }
}

/// @notice Claims, and when it is paid its fee asks the messenger who the sender is.
contract CuriousClaimer {
    bool public sawSender;
    uint256 public paid;

    function claim(address messenger, bytes calldata input) external {
        (bool success, bytes memory result) = messenger.call(input);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(result, 0x20), mload(result))
            }
        }
    }

    receive() external payable {
        paid = msg.value;
        try IMessenger(msg.sender).messageSender() {
            sawSender = true;
        } catch {}
    }
}
