// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IMessenger} from "../../src/messaging/IMessenger.sol";
import {Message} from "../../src/messaging/Messages.sol";
import {Delivery, OnL1, OnL2} from "../support/Delivery.sol";
import {Puppet, Recorder} from "../support/Recipients.sol";

/// @notice Attack: a recipient claims within its own delivery, itself or another message, to be paid twice or to change
/// the sender that is read.
abstract contract ReentrancyTest is Delivery {
    function test_no_message_is_delivered_within_its_own_delivery() public {
        Puppet puppet = new Puppet();
        // The message cannot hold its own proof: the puppet reads it from a contract that gets it later.
        Courier courier = new Courier();
        bytes memory act = abi.encodeCall(Puppet.act, (address(courier), 0, ""));
        Message memory m = message(address(puppet), act);
        m.gasLimit = 2_000_000;
        bytes memory claim = prove(m);
        courier.carry(address(messenger()), claim);
        _refuseDelivery(
            claim, m, abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector)
        );
    }

    function test_no_message_is_delivered_within_another_delivery() public {
        Message memory inner = message(address(new Recorder()), "");
        bytes memory claimInner = prove(inner);
        Message memory outer =
            message(address(new Puppet()), abi.encodeCall(Puppet.act, (address(messenger()), 0, claimInner)));
        outer.gasLimit = 2_000_000;
        bytes memory claim = prove(outer);
        _refuseDelivery(
            claim, outer, abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector)
        );
        assert(call(claimInner));
    }

    function _refuseDelivery(bytes memory claim, Message memory m, bytes memory reason) private {
        refuse(claim, abi.encodeWithSelector(IMessenger.DeliveryFailed.selector, m.nonce, reason));
    }

    receive() external payable {}
}

/// @dev Passes a call on.
contract Courier {
    address private _target;
    bytes private _input;

    function carry(address target, bytes calldata input) external {
        (_target, _input) = (target, input);
    }

    fallback() external payable {
        (bool success, bytes memory result) = _target.call(_input);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(result, 0x20), mload(result))
            }
        }
    }
}

contract ReentrancyOnL1Test is ReentrancyTest, OnL1 {}

contract ReentrancyOnL2Test is ReentrancyTest, OnL2 {}
