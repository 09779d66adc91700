// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Counter} from "../src/examples/Counter.sol";
import {IMessenger} from "../src/messaging/IMessenger.sol";
import {Message} from "../src/messaging/Messages.sol";
import {Delivery, OnL1, OnL2} from "./support/Delivery.sol";
import {CuriousClaimer, Moody, Recorder} from "./support/Recipients.sol";

/// @notice What a delivery does, and when there is none.
abstract contract DeliveryTest is Delivery {
    function test_calls_the_recipient_with_value_data_and_sender() public {
        Recorder recorder = new Recorder();
        Message memory m = message(address(recorder), "hello");
        bytes memory claim = prove(m);
        vm.expectEmit();
        emit IMessenger.MessageClaimed(m.nonce, hashOf(m), address(this));
        assert(call(claim));

        vm.assertEq(recorder.value(), 1 ether, "value");
        vm.assertEq(recorder.data(), bytes("hello"), "data");
        vm.assertEq(recorder.caller(), address(messenger()), "caller");
        vm.assertEq(recorder.sender(), SENDER, "sender");
        vm.assertTrue(messenger().isClaimed(m.nonce), "claimed");
        vm.assertTrue(!messenger().isClaimed(m.nonce + 1), "the next one is not");
    }

    function test_sender_is_unknown_outside_of_a_delivery() public {
        vm.expectRevert(IMessenger.NotDelivering.selector);
        messenger().messageSender();
    }

    function test_pays_the_fee_to_the_claimer_who_is_not_the_message() public {
        CuriousClaimer claimer = new CuriousClaimer();
        claimer.claim(address(messenger()), prove(message(address(new Recorder()), "")));
        vm.assertEq(claimer.paid(), 0.1 ether, "fee");
        vm.assertTrue(!claimer.sawSender(), "the claimer passed for the sender");
    }

    function test_is_made_once() public {
        Message memory m = message(address(new Recorder()), "");
        bytes memory claim = prove(m);
        assert(call(claim));
        refuse(claim, abi.encodeWithSelector(IMessenger.AlreadyClaimed.selector, m.nonce));
    }

    function test_stays_claimable_and_pays_nothing_when_the_recipient_fails() public {
        Moody moody = new Moody();
        Message memory m = message(address(moody), "");
        bytes memory claim = prove(m);
        uint256 held = address(messenger()).balance;

        bytes memory reason = abi.encodeWithSelector(Moody.Mood.selector, 42);
        refuse(claim, abi.encodeWithSelector(IMessenger.DeliveryFailed.selector, m.nonce, reason));
        vm.assertTrue(!messenger().isClaimed(m.nonce), "claimed");
        vm.assertEq(address(messenger()).balance, held, "paid");

        moody.cheer();
        assert(call(claim));
        vm.assertEq(address(moody).balance, 1 ether, "value");
    }

    function test_is_made_at_the_deadline_and_refused_after() public {
        Message memory m = message(address(new Recorder()), "");
        Message memory late = message(address(new Recorder()), "");
        bytes memory claim = prove(m);
        bytes memory claimLate = prove(late);
        setTime(m.deadline);
        assert(call(claim));
        setTime(late.deadline + 1);
        refuse(claimLate, abi.encodeWithSelector(IMessenger.DeadlinePassed.selector, late.deadline, time));
    }

    function test_pays_an_account_that_does_not_exist_yet() public {
        Message memory m = message(address(0xdead0001), "");
        m.gasLimit = 0;
        assert(call(prove(m)));
        vm.assertEq(m.recipient.balance, 1 ether, "value");
    }

    function test_fails_when_there_is_not_enough_eth() public {
        Message memory m = message(address(new Recorder()), "");
        m.value = address(messenger()).balance + 1;
        bytes memory claim = prove(m);
        refuse(claim, abi.encodeWithSelector(IMessenger.DeliveryFailed.selector, m.nonce, ""));
    }

    function test_counter_knows_who_increments() public {
        Counter counter = new Counter(messenger());
        counter.increment();
        vm.assertEq(counter.lastSender(), address(this), "sender here");
        vm.assertTrue(!counter.lastCrossChain(), "from here");
        assert(call(prove(message(address(counter), abi.encodeCall(Counter.increment, ())))));
        vm.assertEq(counter.number(), 2, "number");
        vm.assertEq(counter.lastSender(), SENDER, "sender there");
        vm.assertTrue(counter.lastCrossChain(), "from there");
    }

    /// @dev Any change of a proved message is another message.
    function testFuzz_a_changed_message_is_refused(uint256 field, uint256 by) public {
        Message memory m = message(address(new Recorder()), "data");
        bytes memory claim = prove(m);
        by = bound(by, 1, 1000);
        // The words of the message stand behind the selector and the first head, whichever the messenger.
        uint256 start;
        assembly ("memory-safe") {
            start := mload(add(claim, 0x24))
        }
        uint256 position = 4 + start + 32 * bound(field, 0, 7);
        assembly ("memory-safe") {
            let at := add(add(claim, 0x20), position)
            mstore(at, add(mload(at), by))
        }
        vm.assertTrue(!call(claim), "a changed message was delivered");
    }

    receive() external payable {}
}

contract DeliveryOnL1Test is DeliveryTest, OnL1 {}

contract DeliveryOnL2Test is DeliveryTest, OnL2 {}
