// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IMessenger} from "../src/messaging/IMessenger.sol";
import {Message, Messages} from "../src/messaging/Messages.sol";
import {Fixture} from "./support/Fixture.sol";

/// @notice Sending, from either chain.
contract SendTest is Fixture {
    IMessenger[2] private _messengers;

    function setUp() public override {
        super.setUp();
        _messengers = [IMessenger(rollup), IMessenger(L2)];
        vm.deal(address(this), 100 ether);
    }

    function test_the_event_carries_the_message_and_its_hash() public {
        for (uint256 i = 0; i < 2; ++i) {
            Message memory m = Message({
                nonce: 0,
                sender: address(this),
                recipient: address(0xB0B),
                value: 2 ether,
                fee: 1 ether,
                gasLimit: 100_000,
                deadline: time + 1,
                refundTo: address(0xCAFE),
                data: "hello"
            });
            bytes32 tag = i == 0 ? keccak256("Bough.Message.L1ToL2") : keccak256("Bough.Message.L2ToL1");
            // The L2 messenger takes its chain's id from the chain.
            uint256 l2ChainId = i == 0 ? L2_CHAIN_ID : L1_CHAIN_ID;
            bytes32 hash = Messages.hash(m, tag, L1_CHAIN_ID, address(rollup), l2ChainId);
            vm.expectEmit();
            emit IMessenger.MessageSent(0, hash, m);
            uint64 nonce = _messengers[i].sendMessage{value: 3 ether}(
                address(0xB0B), 1 ether, 100_000, time + 1, address(0xCAFE), "hello"
            );
            vm.assertEq(uint256(nonce), 0, "nonce");
            vm.assertEq(uint256(_messengers[i].messageCount()), 1, "count");
            if (i == 1) vm.assertTrue(L2.sent(hash), "sent");
        }
        vm.assertEq(address(rollup).balance, ESCROW + 3 ether, "escrow");
    }

    function test_a_fee_above_the_value_is_refused() public {
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IMessenger.FeeAboveValue.selector, 2, 1));
            _messengers[i].sendMessage{value: 1}(address(1), 2, 0, time + 1, address(this), "");
        }
    }

    function test_nobody_to_refund_is_refused() public {
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(IMessenger.NoRefundAddress.selector);
            _messengers[i].sendMessage(address(1), 0, 0, time + 1, address(0), "");
        }
    }

    function test_a_past_deadline_is_refused() public {
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IMessenger.DeadlinePassed.selector, time, time));
            _messengers[i].sendMessage(address(1), 0, 0, time, address(this), "");
        }
    }

    function test_too_much_data_is_refused() public {
        bytes memory most = new bytes(32 * 1024);
        bytes memory more = new bytes(32 * 1024 + 1);
        for (uint256 i = 0; i < 2; ++i) {
            _messengers[i].sendMessage(address(1), 0, 0, time + 1, address(this), most);
            vm.expectRevert(abi.encodeWithSelector(IMessenger.DataTooLong.selector, 32 * 1024 + 1, 32 * 1024));
            _messengers[i].sendMessage(address(1), 0, 0, time + 1, address(this), more);
        }
    }

    function test_circulating_is_what_has_left_the_l2_messenger() public {
        vm.assertEq(L2.circulating(), 0, "at genesis");
        vm.deal(address(L2), L2.PREMINT() - 5 ether);
        vm.assertEq(L2.circulating(), 5 ether, "released");
        L2.sendMessage{value: 2 ether}(address(1), 0, 0, time + 1, address(this), "");
        vm.assertEq(L2.circulating(), 3 ether, "brought back");
        vm.deal(address(L2), L2.PREMINT() + 1);
        vm.assertEq(L2.circulating(), 0, "forced on it");
    }
}
