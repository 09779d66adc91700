// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IMessenger} from "../../src/messaging/IMessenger.sol";
import {Message} from "../../src/messaging/Messages.sol";
import {Delivery, OnL1, OnL2} from "../support/Delivery.sol";
import {Puppet} from "../support/Recipients.sol";

/// @notice Attack: a message aimed at a messenger makes it call itself, and pass for the sender of what it does.
abstract contract SelfTargetTest is Delivery {
    function test_no_message_to_the_other_messenger_can_be_sent() public {
        address other = address(messenger()) == address(L2) ? address(rollup) : address(L2);
        vm.expectRevert(IMessenger.RecipientIsMessenger.selector);
        messenger().sendMessage(other, 0, 0, time + 1, address(this), "");
    }

    function test_no_message_to_the_messenger_is_delivered() public {
        bytes memory send = abi.encodeCall(IMessenger.sendMessage, (address(this), 0, 0, time + 100, address(this), ""));
        Message memory m = message(address(messenger()), send);
        bytes memory claim = prove(m);
        refuse(claim, abi.encodeWithSelector(IMessenger.RecipientIsMessenger.selector));
    }

    function test_what_a_recipient_sends_comes_from_the_recipient() public {
        Puppet puppet = new Puppet();
        bytes memory send = abi.encodeCall(IMessenger.sendMessage, (address(this), 0, 0, time + 100, address(this), ""));
        bytes memory act = abi.encodeCall(Puppet.act, (address(messenger()), 0.5 ether, send));
        bytes memory claim = prove(message(address(puppet), act));
        vm.recordLogs();
        assert(call(claim));
        vm.assertEq(uint256(messenger().messageCount()), 1, "sent within a delivery");
        Message memory sent = abi.decode(vm.getRecordedLogs()[0].data, (Message));
        vm.assertEq(sent.sender, address(puppet), "sender");
        vm.assertEq(sent.value, 0.5 ether, "value");
    }

    receive() external payable {}
}

contract SelfTargetOnL1Test is SelfTargetTest, OnL1 {}

contract SelfTargetOnL2Test is SelfTargetTest, OnL2 {}
