// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {NativeRollup} from "../../src/NativeRollup.sol";
import {MessageTree} from "../../src/messaging/MessageTree.sol";
import {SszInput} from "../../src/SszInput.sol";
import {Fixture} from "../support/Fixture.sol";

/// @notice Attack: a message sent just before `advance` changes the live root, so that the block that is posted
/// commits to an older one.
contract RootRaceTest is Fixture {
    function test_messages_sent_after_the_block_was_built_do_not_kill_it() public {
        _send();
        NativeRollup.BlockInput memory b = blockOf(goodFields());
        for (uint256 i = 0; i < 5; ++i) {
            _send();
        }
        vm.prank(SEQUENCER);
        rollup.advance(only(b));
        (, uint64 count) = rollup.anchored();
        vm.assertEq(uint256(count), 1, "count");
    }

    function test_the_live_root_may_be_used_in_its_own_l1_block() public {
        _send();
        NativeRollup.BlockInput memory b = blockOf(goodFields());
        vm.prank(SEQUENCER);
        rollup.advance(only(b));
    }

    function test_the_root_of_messages_not_yet_sent_is_unknown() public {
        NativeRollup.BlockInput memory b = blockOf(goodFields());
        b.messageCount = 1;
        vm.expectRevert(abi.encodeWithSelector(MessageTree.RootUnknown.selector, 1, 0));
        vm.prank(SEQUENCER);
        rollup.advance(only(b));
    }

    function test_messages_that_the_parent_knew_cannot_be_left_out() public {
        SszInput.Fields memory early = goodFields();
        _send();
        advanceTo(keccak256("state"));
        (early.parentHash, early.blockNumber,) = rollup.head();
        early.blockNumber += 1;
        setTime(time + 1);
        early.timestamp = time;
        NativeRollup.BlockInput memory b = blockOf(early);
        b.messageCount = 0;
        vm.expectRevert(abi.encodeWithSelector(NativeRollup.MessageCountWentBack.selector, 0, 1));
        vm.prank(SEQUENCER);
        rollup.advance(only(b));
    }

    /// @dev 65536 messages are needed to push a root out; the block can then be built anew.
    function test_a_root_is_gone_after_65536_messages() public {
        bytes32 slotOfCount = bytes32(uint256(3));
        vm.store(address(rollup), slotOfCount, bytes32(uint256(65_535)));
        vm.assertEq(rollup.messageRootAt(0), MessageTree.EMPTY_ROOT, "root of none");
        vm.store(address(rollup), slotOfCount, bytes32(uint256(65_536)));
        vm.expectRevert(abi.encodeWithSelector(MessageTree.RootUnknown.selector, 0, 65_536));
        rollup.messageRootAt(0);
    }

    function _send() private {
        rollup.sendMessage(address(1), 0, 0, time + 100, address(this), "");
    }
}
