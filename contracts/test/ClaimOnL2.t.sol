// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {L2Messenger} from "../src/L2Messenger.sol";
import {MESSAGE_TREE_DEPTH} from "../src/messaging/MessageTree.sol";
import {Message} from "../src/messaging/Messages.sol";
import {OnL2} from "./support/Delivery.sol";
import {NaiveTree} from "./support/NaiveTree.sol";
import {Recorder} from "./support/Recipients.sol";
import {Vm} from "./support/Vm.sol";

/// @notice What the L2 messenger takes for a proof that a message was sent on L1: the third of five that were sent to
/// the rollup.
contract ClaimOnL2Test is OnL2 {
    bytes32 private constant L1_HASH = keccak256("an L1 block");

    Message private _message;
    bytes32 private _root;
    bytes32[MESSAGE_TREE_DEPTH] private _proof;

    function setUp() public override {
        super.setUp();
        address recipient = address(new Recorder());
        vm.deal(address(this), 10 ether);
        vm.recordLogs();
        for (uint256 i = 0; i < 5; ++i) {
            rollup.sendMessage{value: 1 ether}(recipient, 1000 + i, 300_000, time + 1 days, address(this), "data");
        }
        Vm.Log[] memory logs = vm.getRecordedLogs();
        bytes32[] memory leaves = new bytes32[](5);
        for (uint256 i = 0; i < 5; ++i) {
            leaves[i] = logs[i].topics[2];
        }
        _message = abi.decode(logs[2].data, (Message));
        (_root, _proof) = NaiveTree.build(leaves, 2);
        vm.assertEq(_root, rollup.messageRoot(), "root");
        vm.store(BEACON_ROOTS, bytes32(uint256(time)), anchor(L1_HASH, _root));
        vm.chainId(L2_CHAIN_ID);
    }

    function test_a_message_among_others_is_delivered() public {
        L2.claim(_message, time, L1_HASH, _root, _proof);
        vm.assertTrue(L2.isClaimed(2), "claimed");
        vm.assertEq(L2.circulating(), 1 ether, "circulating");
    }

    function test_an_unknown_anchor_is_refused() public {
        vm.expectRevert(abi.encodeWithSelector(L2Messenger.AnchorUnknown.selector, time + 1));
        L2.claim(_message, time + 1, L1_HASH, _root, _proof);
    }

    function test_no_anchors_at_all_are_refused() public {
        vm.etch(BEACON_ROOTS, "");
        vm.expectRevert(abi.encodeWithSelector(L2Messenger.AnchorUnknown.selector, time));
        L2.claim(_message, time, L1_HASH, _root, _proof);
    }

    function test_another_l1_block_is_refused() public {
        bytes32 other = keccak256("other");
        vm.expectRevert(
            abi.encodeWithSelector(L2Messenger.WrongAnchor.selector, anchor(other, _root), anchor(L1_HASH, _root))
        );
        L2.claim(_message, time, other, _root, _proof);
    }

    function test_another_root_is_refused() public {
        bytes32 other = keccak256("other");
        vm.expectRevert(
            abi.encodeWithSelector(L2Messenger.WrongAnchor.selector, anchor(L1_HASH, other), anchor(L1_HASH, _root))
        );
        L2.claim(_message, time, L1_HASH, other, _proof);
    }

    function testFuzz_a_tampered_proof_is_refused(uint256 level, uint256 change) public {
        vm.assume(change != 0);
        level = bound(level, 0, MESSAGE_TREE_DEPTH - 1);
        _proof[level] = bytes32(uint256(_proof[level]) ^ change);
        vm.expectPartialRevert(L2Messenger.WrongMessageRoot.selector);
        L2.claim(_message, time, L1_HASH, _root, _proof);
    }

    function test_another_message_is_refused() public {
        _message.recipient = address(this);
        vm.expectPartialRevert(L2Messenger.WrongMessageRoot.selector);
        L2.claim(_message, time, L1_HASH, _root, _proof);
    }

    function test_a_message_with_other_data_is_refused() public {
        _message.data = "Data";
        vm.expectPartialRevert(L2Messenger.WrongMessageRoot.selector);
        L2.claim(_message, time, L1_HASH, _root, _proof);
    }

    function test_a_message_of_another_rollup_is_refused() public {
        vm.store(address(L2), bytes32(uint256(3)), bytes32(uint256(1)));
        vm.expectPartialRevert(L2Messenger.WrongMessageRoot.selector);
        L2.claim(_message, time, L1_HASH, _root, _proof);
    }

    function test_a_message_of_another_l1_or_l2_is_refused() public {
        vm.chainId(L2_CHAIN_ID + 1);
        vm.expectPartialRevert(L2Messenger.WrongMessageRoot.selector);
        L2.claim(_message, time, L1_HASH, _root, _proof);
        vm.chainId(L2_CHAIN_ID);
        vm.store(address(L2), bytes32(uint256(2)), bytes32(uint256(1)));
        vm.expectPartialRevert(L2Messenger.WrongMessageRoot.selector);
        L2.claim(_message, time, L1_HASH, _root, _proof);
    }

    receive() external payable {}
}
